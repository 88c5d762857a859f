package wan

import (
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestRelaySignals has signals to Isolate, to its child, or to both as one group.
func TestRelaySignals(t *testing.T) {
	const isolate, child = true, false
	type notice struct {
		after time.Duration // the one before
		who   bool
		what  syscall.Signal
	}
	for _, tt := range []struct {
		name    string
		notices []notice
		want    []os.Signal
	}{
		{"to the caller alone", []notice{{0, isolate, syscall.SIGINT}}, []os.Signal{syscall.SIGINT}},
		{"twice to the caller alone", []notice{{0, isolate, syscall.SIGINT}, {time.Millisecond, isolate, syscall.SIGTERM}}, []os.Signal{syscall.SIGINT, syscall.SIGTERM}},
		{"to the child alone", []notice{{0, child, syscall.SIGINT}}, nil},
		{"to the group", []notice{{0, child, syscall.SIGINT}, {0, isolate, syscall.SIGINT}}, nil},
		{"Isolate is late", []notice{{0, child, syscall.SIGINT}, {time.Hour, isolate, syscall.SIGINT}}, nil},
		{"the child is late", []notice{{0, isolate, syscall.SIGINT}, {groupTime / 2, child, syscall.SIGINT}}, nil},
		{"twice to the group, once for the child", []notice{{0, child, syscall.SIGINT}, {0, isolate, syscall.SIGINT}, {0, isolate, syscall.SIGINT}}, nil},
		{
			"to the group, and long after to the caller alone",
			[]notice{{0, child, syscall.SIGINT}, {0, isolate, syscall.SIGINT}, {time.Minute, isolate, syscall.SIGINT}},
			[]os.Signal{syscall.SIGINT},
		},
		{
			"another one to the caller alone",
			[]notice{{0, child, syscall.SIGINT}, {0, isolate, syscall.SIGINT}, {0, isolate, syscall.SIGTERM}},
			[]os.Signal{syscall.SIGTERM},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				signals, told := make(chan os.Signal), make(chan os.Signal)
				var given []os.Signal
				go relaySignals(func(s os.Signal) { given = append(given, s) }, signals, told)
				for _, n := range tt.notices {
					time.Sleep(n.after)
					if n.who == isolate {
						told <- n.what
					} else {
						signals <- n.what
					}
				}
				time.Sleep(2 * groupTime)
				synctest.Wait()
				if !slices.Equal(given, tt.want) {
					t.Errorf("given %v, want %v", given, tt.want)
				}
				close(told)
			})
		})
	}
}
