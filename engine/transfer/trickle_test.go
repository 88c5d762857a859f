package transfer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio"
	"bbftp/netio/zerocopy"
)

// TestTrickledSegment has a peer send a byte each time before it would be idle.
func TestTrickledSegment(t *testing.T) {
	noLeaks(t)
	const idle = 50 * time.Millisecond
	for name, o := range map[string]Options{
		"raw": {Idle: idle}, "sparse": {Idle: idle, Sparse: true}, "blocks": {Idle: idle, Blocks: true},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := connect(t, 1)
			stop := make(chan struct{})
			done := make(chan struct{})
			go func() {
				defer close(done)
				trickle(near[0], storedBlock(noise(100_000)), idle/5, stop)
			}()
			err := new(Engine).Receive(t.Context(), far, newSparse(t, 1<<20), 1<<20, o, new(Counters))
			close(stop)
			<-done
			// A busy machine may keep the byte back for longer than the limit.
			if !errors.Is(err, zerocopy.ErrTrickle) && !isTimeout(err) {
				t.Errorf("got %v, want ErrTrickle", err)
			}
		})
	}
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// trickle writes b byte by byte until stopped.
func trickle(conn *net.TCPConn, b []byte, every time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range b {
		select {
		case <-stop:
			return
		case <-tick.C:
			if _, err := conn.Write(b[i : i+1]); err != nil {
				return
			}
		}
	}
}

// TestSlowIsNotTrickling: what a limit of our own holds back is not the peer's
// fault, in either direction, however low it is and however long it takes. The
// peer has done its part before, so that all waiting is for the limit, on a clock
// of its own.
func TestSlowIsNotTrickling(t *testing.T) {
	noLeaks(t)
	const (
		streams = 2
		size    = 2000
		rate    = 3 // bytes per second
		idle    = 5 * time.Minute
	)
	content := noise(size)
	for _, blocks := range []bool{false, true} {
		strict := Options{Floor: 1 << 40, Idle: idle, AckWait: time.Minute, Blocks: blocks, Always: blocks}
		t.Run(fmt.Sprintf("send/blocks=%v", blocks), func(t *testing.T) {
			near, far := connect(t, streams)
			for _, conn := range far {
				if _, err := conn.Write(wire.AppendAck(nil)); err != nil {
					t.Fatal(err)
				}
			}
			src := newFile(t, content)
			slowly(t, size*time.Second/rate, func(ctx context.Context) error {
				o := strict
				o.Limit = netio.NewRateLimit(rate)
				return new(Engine).Send(ctx, near, src, size, o, new(Counters))
			})
		})
		t.Run(fmt.Sprintf("receive/blocks=%v", blocks), func(t *testing.T) {
			near, far := connect(t, streams)
			for i, s := range Split(size, streams) {
				segment := content[s.Offset:][:s.Length]
				if blocks {
					segment = storedBlock(segment)
				}
				if _, err := near[i].Write(segment); err != nil {
					t.Fatal(err)
				}
			}
			dst := newFile(t, nil)
			slowly(t, size*time.Second/rate, func(ctx context.Context) error {
				o := strict
				o.Limit = netio.NewRateLimit(rate)
				return new(Engine).Receive(ctx, far, dst, size, o, new(Counters))
			})
		})
	}
}

// slowly runs move, which may wait for nothing but the limit, and wants it to take
// about so long.
func slowly(t *testing.T, want time.Duration, move func(context.Context) error) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := move(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < want-time.Second || took > want+10*time.Second {
			t.Errorf("took %v, want about %v", took, want)
		}
	})
}

// TestLimitComesLate: what moved while there was no limit waits for none that
// comes before it is told, however much it was.
func TestLimitComesLate(t *testing.T) {
	limit := new(netio.RateLimit)
	var c Counters
	o, leave := Options{Limit: limit}.paced(t.Context(), &c, nil)
	defer leave()
	if got := o.most(1 << 40); got != 1<<40 {
		t.Fatalf("a piece of %d bytes without a limit", got)
	}
	limit.SetRate(10)
	if err := o.wait(1 << 40); err != nil {
		t.Error(err)
	}
	if got := o.most(1 << 40); got != 1 {
		t.Errorf("a piece of %d bytes at 10 a second", got)
	}
	if err := o.wait(2); err != nil || c.LimitWait.Load() < int64(50*time.Millisecond) { // of 200, less the burst
		t.Errorf("waited %v, %v", time.Duration(c.LimitWait.Load()), err)
	}
}
