package transfer

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"

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
// fault, in either direction, however low it is and however long it takes.
func TestSlowIsNotTrickling(t *testing.T) {
	noLeaks(t)
	const (
		idle = 3 * time.Second
		rate = 1000
		size = 8 * rate // more than two idle limits
	)
	content := noise(size)
	patient := Options{Floor: -1, Idle: time.Minute}
	strict := Options{Floor: 1 << 40, Idle: idle}
	var all sync.WaitGroup
	for _, blocks := range []bool{false, true} {
		for _, sender := range []bool{true, false} {
			out, into := patient, strict
			if sender {
				out, into = strict, patient
			}
			for _, o := range []*Options{&out, &into} {
				o.Blocks, o.Always = blocks, blocks
				if o.Floor > 0 {
					o.Limit = netio.NewRateLimit(rate)
				}
			}
			near, far := connect(t, 2)
			src, dst := newFile(t, content), newFile(t, nil)
			all.Go(func() {
				sent := make(chan error, 1)
				go func() { sent <- new(Engine).Send(t.Context(), near, src, size, out, new(Counters)) }()
				err := new(Engine).Receive(t.Context(), far, dst, size, into, new(Counters))
				if err = errors.Join(err, <-sent); err != nil {
					t.Errorf("sender limited %v, blocks %v: %v", sender, blocks, err)
				}
			})
		}
	}
	all.Wait()
}

// TestLimitComesLate: what moved while there was no limit waits for none that
// comes before it is told, however much it was.
func TestLimitComesLate(t *testing.T) {
	limit := new(netio.RateLimit)
	var c Counters
	o := Options{Limit: limit}.paced(t.Context(), &c, nil)
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
	if err := o.wait(2); err != nil || c.LimitWait.Load() < int64(50*time.Millisecond) {
		t.Errorf("waited %v, %v", time.Duration(c.LimitWait.Load()), err)
	}
}
