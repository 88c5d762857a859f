package zerocopy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// TestIdle has the peer stop, once with a part on its way.
func TestIdle(t *testing.T) {
	for name, s := range strategies {
		t.Run("receive/"+name, func(t *testing.T) {
			stops(t, func(t *testing.T, idle time.Duration) int64 {
				from, to := connPair(t)
				if _, err := from.Write([]byte("abc")); err != nil {
					t.Fatal(err)
				}
				n, err := Receive(fileOf(t, nil), 0, to, 1000, Flow{By: s, Idle: idle})
				if n != 0 && n != 3 || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("received %d, %v, want 3 and os.ErrDeadlineExceeded", n, err)
				}
				go from.Write([]byte("d"))
				if _, err := to.Read(make([]byte, 1)); err != nil {
					t.Errorf("the deadline outlived the transfer: %v", err)
				}
				return n
			})
		})
		t.Run("send/"+name, func(t *testing.T) {
			stops(t, func(t *testing.T, idle time.Duration) int64 {
				const size = 32 << 20
				from, to := connPair(t)
				n, err := Send(from, fileOf(t, make([]byte, size)), 0, size, Flow{By: s, Idle: idle})
				if n == size || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Fatalf("sent %d, %v, want a part and os.ErrDeadlineExceeded", n, err)
				}
				collect(to)
				if _, err := from.Write([]byte("d")); err != nil {
					t.Errorf("the deadline outlived the transfer: %v", err)
				}
				return n
			})
		})
	}
}

// stops runs move, with ever longer limits, until it has moved something: a machine
// that stands still keeps it from the first byte too.
func stops(t *testing.T, move func(t *testing.T, idle time.Duration) (moved int64)) {
	t.Helper()
	for idle := 30 * time.Millisecond; move(t, idle) == 0; idle *= 2 {
		if idle > 20*time.Second {
			t.Fatalf("nothing moved in %v", idle)
		}
	}
}

// TestCloseCancels ends transfers that would wait for ever.
func TestCloseCancels(t *testing.T) {
	const size = 32 << 20
	for name, s := range strategies {
		for _, idle := range []time.Duration{0, time.Hour} {
			t.Run(fmt.Sprintf("receive/%s/%v", name, idle), func(t *testing.T) {
				from, to := connPair(t)
				dst := fileOf(t, nil)
				var c Counters
				result := make(chan error, 1)
				go func() {
					_, err := Receive(dst, 0, to, size, Flow{By: s, Idle: idle, Counters: &c})
					result <- err
				}()
				if _, err := from.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
				for c.Splice.Load()+c.Copied.Load() == 0 {
					time.Sleep(time.Millisecond)
				}
				to.Close()
				if err := <-result; !errors.Is(err, net.ErrClosed) {
					t.Errorf("got %v, want net.ErrClosed", err)
				}
			})
			t.Run(fmt.Sprintf("send/%s/%v", name, idle), func(t *testing.T) {
				from, to := connPair(t)
				src := fileOf(t, make([]byte, size))
				result := make(chan error, 1)
				go func() {
					_, err := Send(from, src, 0, size, Flow{By: s, Idle: idle})
					result <- err
				}()
				if _, err := io.ReadFull(to, make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
				from.Close()
				if err := <-result; !errors.Is(err, net.ErrClosed) {
					t.Errorf("got %v, want net.ErrClosed", err)
				}
			})
		}
	}
}

// TestSlowBuffer has a deadline pass while one buffer is only partly written:
// that was progress.
func TestSlowBuffer(t *testing.T) {
	from, to := connPair(t)
	p := &patience{idle: time.Hour, set: func(time.Time) error {
		collect(to)
		return from.SetWriteDeadline(time.Time{})
	}}
	content := make([]byte, 32<<20) // far more than the buffers on the way hold
	result := make(chan error, 1)
	go func() {
		n, err := (&carrier{c: new(Counters), patience: p}).writeAll(from, content)
		if n != len(content) {
			err = errors.Join(err, io.ErrShortWrite)
		}
		result <- err
	}()
	if _, err := io.ReadFull(to, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := from.SetWriteDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
}

// TestPaceIsPatient: what a pace waits is neither idleness nor trickling of the
// peer.
func TestPaceIsPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const idle = time.Minute
		var deadline time.Time
		k := &carrier{
			flow:     Flow{Pace: func(int64) error { time.Sleep(time.Hour); return nil }},
			c:        new(Counters),
			patience: &patience{idle: idle, set: func(at time.Time) error { deadline = at; return nil }},
			trickle:  Trickle{Floor: 1 << 40, Idle: idle},
		}
		if err := k.patience.start(); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if err := k.moved(1); err != nil {
				t.Fatal(err)
			}
			if left := time.Until(deadline); left < idle {
				t.Errorf("the peer has %v for the next piece, want at least %v", left, idle)
			}
		}
		k.waitedFor(2 * idle)
		if err := k.moved(1); !errors.Is(err, ErrTrickle) {
			t.Errorf("got %v, want ErrTrickle", err)
		}
	})
}

// TestPatience counts how often the deadline moves and where it ends up.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var deadlines []time.Time
		p := &patience{idle: time.Minute, set: func(at time.Time) error {
			deadlines = append(deadlines, at)
			return nil
		}}
		check := func(what string, moves int) {
			t.Helper()
			if len(deadlines) != moves {
				t.Fatalf("%s: deadline moved %d times, want %d", what, len(deadlines), moves)
			}
		}
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		check("start", 1)
		for range 100 {
			time.Sleep(9 * time.Millisecond)
			if err := p.progress(); err != nil {
				t.Fatal(err)
			}
		}
		check("progress within a second", 1)
		time.Sleep(time.Second)
		if err := p.progress(); err != nil {
			t.Fatal(err)
		}
		check("progress after a second", 2)
		if left := time.Until(deadlines[1]); left < time.Minute || left > time.Minute+time.Second {
			t.Errorf("deadline in %v, want the idle limit and at most a second", left)
		}
		p.stop()
		check("stop", 3)
		if !deadlines[2].IsZero() {
			t.Errorf("deadline left at %v", deadlines[2])
		}
	})
}

func TestPatienceWithoutLimit(t *testing.T) {
	p := &patience{set: func(time.Time) error { return errors.New("touched the deadline") }}
	if err := errors.Join(p.start(), p.progress()); err != nil {
		t.Error(err)
	}
	p.stop()
	if err := p.explain(os.ErrDeadlineExceeded); err != os.ErrDeadlineExceeded {
		t.Errorf("the caller's own deadline was explained as %v", err)
	}
}
