package telemetry

import (
	"testing"
	"time"
)

func TestSpeed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		passed []int64 // in each interval
		want   time.Duration
		steady int64 // in an interval
	}{
		{name: "nothing"},
		{name: "one interval", passed: []int64{5}, steady: 5},
		{name: "at once", passed: []int64{9, 10, 8, 10}, steady: 10},
		{name: "slow start", passed: []int64{1, 2, 4, 8, 16, 30, 30, 30}, want: 4 * interval, steady: 30},
		{name: "a wait", passed: []int64{0, 0, 0, 7, 7}, want: 3 * interval, steady: 7},
	} {
		var c course
		var sum int64
		for i, n := range tt.passed {
			sum += n
			c.add(time.Duration(i+1)*interval, sum)
		}
		c.add(time.Duration(len(tt.passed))*interval+time.Millisecond, sum+1000)
		if ramp, steady := c.speed(); ramp != tt.want || steady != tt.steady*int64(time.Second/interval) {
			t.Errorf("%s: %v and %d/s, want %v and %d an interval", tt.name, ramp, steady, tt.want, tt.steady)
		}
	}
}

// TestCourseStaysSmall runs for days.
func TestCourseStaysSmall(t *testing.T) {
	var c course
	const ticks = 1 << 21
	var sum int64
	for i := range int64(ticks) {
		if i >= ticks/2 {
			sum += 1000
		}
		c.add(time.Duration(i+1)*interval, sum)
	}
	if n := len(c.points); n > coursePoints || n < coursePoints/2 {
		t.Errorf("%d points", n)
	}
	got, steady := c.speed()
	if want := ticks / 2 * interval; got < want-want/16 || got > want+want/16 || steady != 10000 {
		t.Errorf("ramp %v, want about %v; then %d/s", got, want, steady)
	}
}
