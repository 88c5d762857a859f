package control

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestHeard looks at a connection between two messages.
func TestHeard(t *testing.T) {
	c, peer := session(t, Limits{})
	if _, something, err := c.Heard(); something || err != nil {
		t.Fatalf("heard something from a silent peer: %v", err)
	}
	write(t, peer, mkdir("a").Append(nil))
	for range 2 { // it stays unread
		h, err := waitHeard(t, c)
		if err != nil || h.Code != wire.MsgMkdir {
			t.Fatalf("heard %v, %v", h, err)
		}
	}
	expect(t, c, "a")
	if _, something, err := c.Heard(); something || err != nil {
		t.Fatalf("heard what was read: %v", err)
	}
	peer.Close()
	if _, err := waitHeard(t, c); err != io.EOF {
		t.Errorf("heard %v at the end, want io.EOF", err)
	}
	c.Close()
	if _, err := waitHeard(t, c); !errors.Is(err, net.ErrClosed) && err != io.EOF {
		t.Errorf("heard %v after Close", err)
	}
}

// waitHeard gives the bytes time to arrive.
func waitHeard(t *testing.T, c *Conn) (wire.Header, error) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(time.Millisecond) {
		if h, something, err := c.Heard(); something {
			return h, err
		}
	}
	t.Fatal("heard nothing")
	return wire.Header{}, nil
}

// TestHeardPipe does the same over the pipes of a shell.
func TestHeardPipe(t *testing.T) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := New(NewPipe(theirs, ours), wire.Client, Limits{})
	defer c.Close()
	if _, something, err := c.Heard(); something || err != nil {
		t.Fatalf("heard something from a silent peer: %v", err)
	}
	if err := c.Send(mkdir("a")); err != nil {
		t.Fatal(err)
	}
	if h, something, err := c.Heard(); !something || err != nil || h.Code != wire.MsgMkdir {
		t.Errorf("heard %v, %v, %v", h, something, err)
	}
}

// TestHeardWaitsForTheRest bounds the wait for a header that has begun.
func TestHeardWaitsForTheRest(t *testing.T) {
	c, peer := session(t, Limits{Receive: 50 * time.Millisecond})
	write(t, peer, []byte{0, 0, 0})
	if _, err := waitHeard(t, c); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("heard %v, want a deadline", err)
	}
}
