package privsep

import (
	"errors"
	"net"
	"runtime"
	"testing"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
)

// crowd is connections from another address than that of the test's clients, of which
// the monitor knows.
func (h *host) crowd(n int) (all []net.Conn) {
	h.t.Helper()
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	in := h.gate.Counts().LoggingIn
	for range n {
		conn, err := from.DialContext(h.t.Context(), "tcp", h.addr.String())
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(func() { _ = conn.Close() })
		all = append(all, conn)
	}
	until(h.t, "all of them to be in", func() bool { return h.gate.Counts().LoggingIn == in+n })
	return all
}

func (h *host) queued() (n int) {
	h.starts.mu.Lock()
	defer h.starts.mu.Unlock()
	for _, q := range h.starts.queues {
		n += q.waiting.Len()
	}
	return n
}

// TestCrowd has many of one address wait, and one of another log in: all are served.
func TestCrowd(t *testing.T) {
	h := open(t, func(c *Config) { c.Settings.Server.Waits.Login = time.Hour })
	goOn := h.hold()
	const many = 20
	h.crowd(many)
	until(t, "all to be in the queue", func() bool { return h.queued() == many })
	ended := make(chan error, 1)
	alice := h.client("alice", password, nil)
	go func() { ended <- alice.Connect(t.Context()) }()
	until(t, "one more", func() bool { return h.queued() == many+1 })
	goOn()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	// Her door has gone by then, and her session ends when she has said nothing for a while.
	until(t, "all to be started", func() bool { return len(doors(t)) == many })
	until(t, "every turn to be over", func() bool { return h.starts.empty(runtime.GOMAXPROCS(0)) == nil })
}

// TestHungUp starts nothing for those that have gone before their turn.
func TestHungUp(t *testing.T) {
	h := open(t, nil)
	goOn := h.hold()
	gone := h.crowd(20)
	reset, closed := gone[:10], gone[10:]
	for _, conn := range reset {
		_ = conn.(*net.TCPConn).SetLinger(0)
	}
	for _, conn := range append(reset, closed...) {
		_ = conn.Close()
	}
	asked := h.crowd(1)[0].(*net.TCPConn) // it says no more, but waits for an answer
	if _, err := asked.Write([]byte{0, 0, 0, 0, 0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if err := asked.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	until(t, "all to be in the queue", func() bool { return h.queued() == len(gone)+1 })
	goOn()
	_ = asked.SetDeadline(time.Now().Add(waiting))
	if n, err := asked.Read(make([]byte, 8)); err != nil || n == 0 {
		t.Errorf("who still listens hears nothing: %v", err)
	}
	h.free()
	h.book.mu.Lock()
	defer h.book.mu.Unlock()
	n := 0
	for _, r := range h.book.records {
		if r.Event == audit.Login && r.Outcome == audit.Failed && r.Reason == errHungUp.Error() {
			n++
		}
	}
	if n != len(gone) {
		t.Errorf("%d of %d recorded as gone", n, len(gone))
	}
}

// TestCrowdMakesWay has those that wait for their start take all places, and give one up
// to another address; their end, and that of the monitor, is the end of their waiting.
func TestCrowdMakesWay(t *testing.T) {
	h := open(t, func(c *Config) { c.Gate = admission.New(admission.Limits{Sessions: 4, FailureDelay: -1}) })
	goOn := h.hold()
	h.crowd(4)
	until(t, "all to be in the queue", func() bool { return h.queued() == 4 })
	ended := make(chan error, 1)
	alice := h.client("alice", password, nil)
	go func() { ended <- alice.Connect(t.Context()) }()
	until(t, "her in place of one", func() bool { return h.gate.Counts().Evicted == 1 && h.queued() == 4 })
	goOn()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	_ = alice.Close()
	goOn = h.hold()
	until(t, "her place free", func() bool { return h.gate.Counts().Sessions == 0 })
	h.crowd(1)
	until(t, "one in the queue", func() bool { return h.queued() == 1 })
	if err := h.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	goOn()
	h.book.await(t, "the end of its waiting", func(r audit.Record) bool {
		return r.Event == audit.Login && r.Reason == admission.ErrStopping.Error()
	})
	if err := <-h.served; err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
