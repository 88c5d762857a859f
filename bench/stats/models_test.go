package stats

import (
	"math"
	"testing"
	"time"

	"bbftp/bench/trial"
)

func TestModels(t *testing.T) {
	const ms = time.Millisecond
	inf := math.Inf(1)
	for _, tt := range []struct {
		name      string
		got, want float64
	}{
		{"link 1 Gbit/s", LinkLimit(1e9), 965.333333e6},
		{"link 100 Mbit/s", LinkLimit(1e8), 96.5333333e6},
		{"link unlimited", LinkLimit(0), inf},

		{"window: 65535 bytes over 100 ms", WindowLimit(1, 65535, 100*ms), 5.2428e6},
		{"window: 4 × 256 KiB over 100 ms", WindowLimit(4, 256<<10, 100*ms), 83.88608e6},
		{"window of the kernel", WindowLimit(4, 0, 100*ms), inf},
		{"window without RTT", WindowLimit(4, 256<<10, 0), inf},
		{"window of nothing", WindowLimit(0, 256<<10, ms), inf},
		{"window, negative", WindowLimit(1, -1, ms), inf},

		// 1460 × 8 × 1.2247449 / (0.1 × 0.01)
		{"Mathis: 1460 B, 100 ms, 1e-4", Mathis(1, 1460, 100*ms, 1e-4), 14.305020e6},
		{"Mathis: a hundredth of the loss, ten times the rate", Mathis(1, 1460, 100*ms, 1e-6), 143.05020e6},
		{"Mathis: 8 streams", Mathis(8, 1460, 100*ms, 1e-4), 114.44016e6},
		{"Mathis: our segments", Mathis(1, MSS, 100*ms, 1e-4), 14.187445e6},
		{"Mathis: 10 ms, 1 %", Mathis(1, MSS, 10*ms, 0.01), 14.187445e6},
		{"Mathis without loss", Mathis(1, MSS, 100*ms, 0), inf},
		{"Mathis, negative loss", Mathis(1, MSS, 100*ms, -1), inf},
		{"Mathis, no number", Mathis(1, MSS, 100*ms, math.NaN()), inf},
		{"Mathis, more than all", Mathis(1, MSS, 100*ms, 7), Mathis(1, MSS, 100*ms, 1)},
	} {
		if tt.got != tt.want && !(math.Abs(tt.got/tt.want-1) < 1e-6) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestBounds(t *testing.T) {
	c := trial.Cell{Peer: "bbftp", Streams: 16, Window: 1 << 20, RTT: 0.1, Rate: 1e8, Loss: 1e-4}
	b := BoundsOf(c)
	if b.Link != LinkLimit(1e8) || b.Window != 16*(8<<20)/0.1 || b.Loss != Mathis(16, MSS, 100*time.Millisecond, 1e-4) {
		t.Errorf("%+v", b)
	}
	if b.Least() != b.Link {
		t.Errorf("the model goes beyond the link: %v", b.Least())
	}
	if got := BoundsOf(trial.Cell{Peer: "scp", Path: trial.Loopback}).Least(); !math.IsInf(got, 1) {
		t.Errorf("loopback is bounded by %v", got)
	}
}

func TestWindow(t *testing.T) {
	for _, tt := range []struct {
		peer      string
		ask, have int64
	}{
		{"bbftp", 0, 0},
		{"bbftp", 256 << 10, 0}, // taken for no wish
		{"bbftp", 1 << 20, 1 << 20},
		{"legacy", 0, 256 << 10},
		{"legacy-tuned", 0, 0}, // what fills the path
		{"legacy-tuned", 16 << 20, 16 << 20},
		{"iperf3", 256 << 10, 256 << 10},
		{"iperf3", -1, 0},
	} {
		if got := Window(trial.Cell{Peer: tt.peer, Window: tt.ask}); got != tt.have {
			t.Errorf("%s asked for %d: %d, want %d", tt.peer, tt.ask, got, tt.have)
		}
	}
}

func TestKnee(t *testing.T) {
	at := func(median float64) Summary { return Summary{N: 3, Median: median} }
	for _, tt := range []struct {
		name    string
		points  map[int]Summary
		streams int
		ok      bool
	}{
		{"within 5 %", map[int]Summary{1: at(20), 2: at(40), 4: at(80), 8: at(95), 16: at(100), 25: at(99)}, 8, true},
		{"just below", map[int]Summary{4: at(94.9), 8: at(100)}, 8, true},
		{"flat", map[int]Summary{1: at(100), 2: at(100), 4: at(101)}, 1, true},
		{"still rising", map[int]Summary{1: at(1), 2: at(2), 4: at(4)}, 4, true},
		{"falling", map[int]Summary{1: at(100), 2: at(50)}, 1, true},
		{"without samples", map[int]Summary{1: {Median: 100}, 2: at(10), 4: at(20)}, 4, true},
		{"one point", map[int]Summary{4: at(80)}, 0, false},
		{"none", nil, 0, false},
		{"nothing moved", map[int]Summary{1: at(0), 2: at(0)}, 0, false},
	} {
		if streams, ok := Knee(tt.points); streams != tt.streams || ok != tt.ok {
			t.Errorf("%s: %d %v, want %d %v", tt.name, streams, ok, tt.streams, tt.ok)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{FormatRate(0), "0.00 bit/s"},
		{FormatRate(83.88608e6), "83.9 Mbit/s"},
		{FormatRate(965.333e6), "965 Mbit/s"},
		{FormatRate(999.6e6), "1.00 Gbit/s"},
		{FormatRate(9.65e9), "9.65 Gbit/s"},
		{FormatRate(1e5), "100 kbit/s"},
		{FormatRate(1.5e13), "15.0 Tbit/s"},
		{FormatRate(-2e6), "-2.00 Mbit/s"},
		{FormatRate(math.Inf(1)), "+Inf Tbit/s"},
		{FormatRatio(2.408), "2.41 ×"},
		{FormatRatio(12.34), "12.3 ×"},
		{FormatRatio(math.NaN()), "NaN ×"},
		{FormatBytes(0), "0 B"},
		{FormatBytes(1000), "1000 B"},
		{FormatBytes(256 << 10), "256 KiB"},
		{FormatBytes(3 << 19), "1.5 MiB"},
		{FormatBytes(12_500_000), "11.92 MiB"},
		{FormatBytes(1<<20 - 1), "1 MiB"},
		{FormatBytes(1 << 40), "1024 GiB"},
		{FormatTime(0), "0 µs"},
		{FormatTime(50 * time.Microsecond), "50 µs"},
		{FormatTime(100 * time.Millisecond), "100 ms"},
		{FormatTime(1234567 * time.Microsecond), "1.23 s"},
		{FormatTime(123456 * time.Millisecond), "123 s"},
		{FormatTime(999999 * time.Microsecond), "1 s"},
		{FormatShare(0.0001), "0.01 %"},
		{FormatShare(0.623), "62 %"},
		{FormatShare(0.0204), "2 %"},
		{FormatShare(0.00015), "0.015 %"},
		{FormatShare(0.0996), "10 %"},
		{FormatShare(1), "100 %"},
		{FormatShare(math.NaN()), "NaN %"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
