package zerocopy

import (
	"errors"
	"testing"
	"time"
)

func TestTrickle(t *testing.T) {
	type step struct {
		moved  int64
		waited time.Duration
	}
	const idle = time.Minute
	for name, c := range map[string]struct {
		floor int64
		steps []step
		ends  bool // at the last step
	}{
		"a byte a minute":         {100, []step{{1, idle}, {1, idle}}, true},
		"nearly the floor":        {100, []step{{99, idle}, {0, idle}}, true},
		"the floor":               {100, []step{{99, idle}, {1, idle}, {1, idle}}, false},
		"again":                   {100, []step{{100, idle}, {1, idle}, {1, idle}}, true},
		"fast":                    {100, []step{{1, 0}, {1, 0}, {1, 0}, {1, idle}}, false},
		"a pause, then slow":      {100, []step{{1, idle - 1}, {50, idle / 2}, {60, idle / 2}, {1, idle}}, false},
		"any progress will do":    {0, []step{{1, 10 * idle}, {1, 10 * idle}}, false},
		"what is less than none":  {-1, []step{{1, 10 * idle}, {1, 10 * idle}}, false},
		"many little waits of it": {100, []step{{1, idle}, {0, idle / 2}, {0, idle / 4}, {0, idle / 4}}, true},
	} {
		w := Trickle{Floor: c.floor, Idle: idle}
		for i, s := range c.steps {
			err := w.Moved(s.moved, s.waited)
			if want := c.ends && i == len(c.steps)-1; errors.Is(err, ErrTrickle) != want {
				t.Errorf("%s, step %d: %v", name, i, err)
			}
		}
	}
}
