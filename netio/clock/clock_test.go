package clock_test

import (
	"runtime"
	"testing"
	"time"

	"bbftp/netio/clock"
)

// TestWorkShows spins until each clock has moved; a clock that stands still
// fails by the test's own time limit.
func TestWorkShows(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := clock.Thread()
	user, system := clock.Process()
	began := time.Now()
	spin := func(moved func() bool) {
		for !moved() {
			if time.Since(began) > 30*time.Second {
				t.Fatal("a clock stood still for 30 s of work")
			}
		}
	}
	if runtime.GOOS == "linux" {
		spin(func() bool { return clock.Thread() > thread })
	}
	spin(func() bool {
		u, s := clock.Process()
		return u+s > user+system
	})
}

func TestMachine(t *testing.T) {
	idle, all, ok := clock.Machine()
	if ok != (runtime.GOOS == "linux") {
		t.Fatalf("Machine tells: %v, on %s", ok, runtime.GOOS)
	}
	if ok && (idle < 0 || all <= 0 || idle > all) {
		t.Errorf("idle %v of %v", idle, all)
	}
}
