package scenario

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]int64{
		"unlimited": 0, "1": 1, "1gbit": 1e9, "100mbit": 1e8, "2.5Gbit": 25e8, "1e9": 1e9, "1tbit": 1e12,
		"64 kbit": 64e3, ".5gbit": 5e8,
	} {
		if got, err := ParseRate(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	refuses(t, ParseRate, "rate", "", "0", "0gbit", "-1gbit", "+1gbit", "1.1tbit", "1e400", "nan", "inf", "0x10", "1gb", "fast", "1gbit/s", "1_000", "0.1bit")
}

func TestParseLoss(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "0%": 0, "0.01%": 1e-4, "1e-4": 1e-4, "100%": 1, "1": 1, "1e-3%": 1e-5} {
		if got, err := ParseLoss(text); err != nil || math.Abs(got-want) > 1e-15 {
			t.Errorf("%q: %g, %v, want %g", text, got, err, want)
		}
	}
	refuses(t, ParseLoss, "loss", "", "-0.1", "1.1", "101%", "nan", "inf%", "1e400", "%", "0.1 ‰", "1e-4x")
}

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "4100001": 4100001, "4100001B": 4100001, "128MiB": 128 << 20, "1MB": 1e6, "1M": 1e6, "1.1MB": 11e5,
		"2gib": 2 << 30, "1.5KiB": 1536, "1024TiB": 1 << 50,
	} {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	refuses(t, ParseSize, "size", "", "0", "-1", "0.1", "1025TiB", "1EiB", "nan", "inf", "1e300", "much", "1 MiB x", "1bit")
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Duration{"0": 0, "100ms": 100 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "2m": 2 * time.Minute} {
		if got, err := ParseTime(text); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	refuses(t, ParseTime, "time", "", "100", "-1s", "nans", "1e3s", "9999999999h", "soon")
}

func TestParseWindow(t *testing.T) {
	for text, want := range map[string]int64{"auto": 0, "4MiB": 4 << 20, "256kib": 256 << 10} {
		if got, err := ParseWindow(text); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", text, got, err, want)
		}
	}
	refuses(t, ParseWindow, "window", "", "0", "2GiB", "-1", "Auto ")
}

func TestQueue(t *testing.T) {
	const rtt = 100 * time.Millisecond
	for _, tt := range []struct {
		text string
		rate int64
		rtt  time.Duration
		want int64
	}{
		{"1bdp", 1e9, rtt, 0},
		{"1BDP", 1e9, rtt, 0},
		{"0.5bdp", 1e9, rtt, 6250000},
		{"2 bdp", 1e9, rtt, 25000000},
		{"2bdp", 0, rtt, 0},
		{"0.1bdp", 1e6, time.Millisecond, 1500},
		{"1000bdp", 1e12, rtt, 1 << 30},
		{"256KiB", 1e9, rtt, 256 << 10},
		{"256KiB", 0, rtt, 0},
	} {
		q, err := ParseQueue(tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
		} else if got := q.Of(tt.rate, tt.rtt); got != tt.want {
			t.Errorf("%q at %d bit/s and %v: %d, want %d", tt.text, tt.rate, tt.rtt, got, tt.want)
		}
	}
	refuses(t, ParseQueue, "queue", "", "0bdp", "-1bdp", "bdp", "1001bdp", "nanbdp", "1e400bdp", "2GiB", "0", "auto")
}

// refuses wants an error that names what was read and its text.
func refuses[T any](t *testing.T, parse func(string) (T, error), name string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if got, err := parse(text); err == nil {
			t.Errorf("%s %q is taken as %v", name, text, got)
		} else if !strings.Contains(err.Error(), name+" \"") {
			t.Errorf("%s %q: the error does not name it: %v", name, text, err)
		}
	}
}

func FuzzQuantities(f *testing.F) {
	for _, seed := range []string{"1gbit", "unlimited", "0.01%", "1e-4", "128MiB", "100ms", "auto", "2bdp", "1e308tib", "-0", "nan"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if n, err := ParseRate(text); err == nil && (n < 0 || n > MaxRate) {
			t.Errorf("rate %d", n)
		}
		if p, err := ParseLoss(text); err == nil && !(p >= 0 && p <= 1) {
			t.Errorf("loss %g", p)
		}
		if n, err := ParseSize(text); err == nil && (n < 1 || n > MaxSize) {
			t.Errorf("size %d", n)
		}
		if d, err := ParseTime(text); err == nil && d < 0 {
			t.Errorf("time %v", d)
		}
		if n, err := ParseWindow(text); err == nil && (n < 0 || n > math.MaxInt32) {
			t.Errorf("window %d", n)
		}
		if q, err := ParseQueue(text); err == nil {
			if n := q.Of(1e9, time.Second); n < 0 || n > maxQueue {
				t.Errorf("queue %d", n)
			}
		}
	})
}
