package wan

import (
	"testing"
	"time"
)

func TestHistogramPercentiles(t *testing.T) {
	h := new(histogram)
	for i := range int64(10_000) {
		h.add(i*1000, 1)
	}
	for _, test := range []struct {
		q    float64
		want time.Duration
	}{{0.5, 5 * time.Millisecond}, {0.99, 9900 * time.Microsecond}, {0.999, 9990 * time.Microsecond}} {
		got := h.percentile(test.q)
		if got < test.want-time.Microsecond || got > test.want*9/8 {
			t.Errorf("percentile %v of 0 to 10 ms is %v, want %v, at most an eighth more", test.q, got, test.want)
		}
	}
	if got, want := h.lateness().Max, 9999*time.Microsecond; got != want {
		t.Errorf("max %v, want %v", got, want)
	}
}

func TestHistogramCountsPackets(t *testing.T) {
	h := new(histogram)
	h.add(-5, 99) // early is not late
	h.add(1e6, 1)
	if got := h.percentile(0.98); got != 0 {
		t.Errorf("98 of 100 packets were %v late, want 0", got)
	}
	if got := h.percentile(0.995); got < time.Millisecond {
		t.Errorf("percentile 99.5 is %v, want 1ms", got)
	}
}

func TestHistogramBuckets(t *testing.T) {
	for d := int64(0); d < 1<<62; d += 1 + d/7 {
		i := bucket(d)
		if d > top(i) || i > 0 && d <= top(i-1) {
			t.Fatalf("%d is in bucket %d, which ends at %d", d, i, top(i))
		}
	}
	if new(histogram).percentile(0.5) != 0 {
		t.Error("a percentile of nothing")
	}
}
