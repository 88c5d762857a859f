package control

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// lastWords has the peer send junk nobody reads, then a reply sent and the
// connection ended, and returns what the peer sees.
func lastWords(t *testing.T, junk int, end func(*Conn) error) ([]byte, error) {
	t.Helper()
	c, peer := session(t, Limits{})
	write(t, peer, mkdir("a").Append(nil))
	write(t, peer, make([]byte, junk))
	expect(t, c, "a") // has some of the junk in its buffer now, the kernel the rest
	if err := c.Send(wire.Reply{Kind: wire.MsgBad, Text: "no"}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- end(c) }()
	seen, err := io.ReadAll(peer)
	peer.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return seen, err
}

// TestHangup delivers the reply and a clean end, although input stands unread.
func TestHangup(t *testing.T) {
	want := wire.Reply{Kind: wire.MsgBad, Text: "no"}.Append(nil)
	for _, junk := range []int{0, 1, readBuffer, 100_000} {
		undisturbed(t, func() error {
			got, err := lastWords(t, junk, (*Conn).Hangup)
			if err != nil || !bytes.Equal(got, want) {
				return fmt.Errorf("%d bytes unread: peer sees %q, %v", junk, got, err)
			}
			return nil
		})
	}
}

// undisturbed runs a test of Hangup, and again where it failed on a machine that stood
// still: what Hangup has not dropped within a second may cost the reply.
func undisturbed(t *testing.T, test func() error) {
	t.Helper()
	var err error
	for range 10 {
		began := time.Now()
		if err = test(); err == nil || time.Since(began) < time.Second/2 {
			break
		}
		t.Logf("again: %v", err)
	}
	if err != nil {
		t.Error(err)
	}
}

// TestCloseResets shows what Hangup is for.
func TestCloseResets(t *testing.T) {
	if _, err := lastWords(t, 100_000, (*Conn).Close); !errors.Is(err, syscall.ECONNRESET) {
		t.Skipf("this system ends a connection with unread input by %v, not a reset", err)
	}
}

// TestHangupOnTalker ends although the peer goes on sending.
func TestHangupOnTalker(t *testing.T) {
	c, peer := session(t, Limits{})
	stopped := make(chan error, 1)
	go func() {
		for {
			if _, err := peer.Write(make([]byte, 64<<10)); err != nil {
				stopped <- err
				return
			}
		}
	}()
	if err := c.Hangup(); err != nil {
		t.Error(err)
	}
	<-stopped
}

// TestHangupOnListener ends although the peer neither sends nor closes.
func TestHangupOnListener(t *testing.T) {
	c, _ := session(t, Limits{})
	if err := c.Hangup(); err != nil {
		t.Error(err)
	}
	if _, err := c.Read(time.Minute); !errors.Is(err, net.ErrClosed) {
		t.Errorf("still open: %v", err)
	}
}

// TestHangupClosed has nothing left to do.
func TestHangupClosed(t *testing.T) {
	c, _ := session(t, Limits{})
	c.Close()
	if err := c.Hangup(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v, want net.ErrClosed", err)
	}
}
