package control

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// seen is what a watch reported.
type seen struct {
	header wire.Header
	err    error
}

// watch starts a watch that reports on the channel, which holds more than the
// one event there may be.
func watch(c *Conn) (events chan seen, stop func()) {
	events = make(chan seen, 10)
	return events, c.Watch(func(h wire.Header, err error) { events <- seen{h, err} })
}

// quiet checks that nothing more was reported. A stopped watch reports nothing
// any more, so looking once is enough.
func quiet(t *testing.T, events chan seen) {
	t.Helper()
	select {
	case e := <-events:
		t.Errorf("reported %+v", e)
	default:
	}
}

// TestWatchMessage reports the header once and leaves the message unread.
func TestWatchMessage(t *testing.T) {
	c, peer := session(t, Limits{})
	events, stop := watch(c)
	write(t, peer, mkdir("a").Append(nil))
	write(t, peer, mkdir("b").Append(nil))
	want := seen{header: wire.Header{Code: wire.MsgMkdir, Len: 1}}
	if got := <-events; got != want {
		t.Errorf("reported %+v, want %+v", got, want)
	}
	stop()
	quiet(t, events)
	expect(t, c, "a")
	expect(t, c, "b")
}

// TestWatchBuffered finds a message that came together with one read before.
func TestWatchBuffered(t *testing.T) {
	c, peer := session(t, Limits{})
	write(t, peer, mkdir("b").Append(mkdir("a").Append(nil)))
	expect(t, c, "a")
	events, stop := watch(c)
	if got := <-events; got.err != nil || got.header.Code != wire.MsgMkdir {
		t.Errorf("reported %+v", got)
	}
	stop()
	expect(t, c, "b")
}

// TestWatchStopped reports nothing, and the connection is as before: also its
// deadline, which stopping uses.
func TestWatchStopped(t *testing.T) {
	c, peer := session(t, Limits{})
	for _, name := range []string{"a", "b"} {
		events, stop := watch(c)
		stop()
		write(t, peer, mkdir(name).Append(nil))
		expect(t, c, name)
		quiet(t, events)
		stop() // again: no harm
	}
}

// TestWatchPartialHeader has half a header arrive before the watch ends, the
// rest after it.
func TestWatchPartialHeader(t *testing.T) {
	whole := mkdir("a").Append(nil)
	for n := 1; n < wire.HeaderSize; n++ {
		c, peer := session(t, Limits{})
		write(t, peer, whole[:n])
		if _, err := c.r.Peek(1); err != nil { // it is there
			t.Fatal(err)
		}
		events, stop := watch(c)
		stop()
		quiet(t, events)
		write(t, peer, whole[n:])
		expect(t, c, "a")
	}
}

// TestWatchEnd reports how the connection ended; so do reads after it.
func TestWatchEnd(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(c *Conn, peer *net.TCPConn) error
		want error
		read error
	}{
		{"closed by the peer", func(_ *Conn, peer *net.TCPConn) error { return peer.Close() }, io.EOF, io.EOF},
		{"half-closed by the peer", func(_ *Conn, peer *net.TCPConn) error { return peer.CloseWrite() }, io.EOF, io.EOF},
		{"closed in a header", func(_ *Conn, peer *net.TCPConn) error {
			_, err := peer.Write([]byte{0, 0, 0})
			return errors.Join(err, peer.Close())
		}, io.EOF, io.ErrUnexpectedEOF},
		{"reset", func(_ *Conn, peer *net.TCPConn) error {
			return errors.Join(peer.SetLinger(0), peer.Close())
		}, syscall.ECONNRESET, nil},
		{"closed here", func(c *Conn, _ *net.TCPConn) error { return c.Close() }, net.ErrClosed, net.ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, peer := session(t, Limits{})
			events, stop := watch(c)
			if err := tt.end(c, peer); err != nil {
				t.Fatal(err)
			}
			if got := <-events; !errors.Is(got.err, tt.want) || got.header != (wire.Header{}) {
				t.Errorf("reported %+v, want %v", got, tt.want)
			}
			stop()
			quiet(t, events)
			if _, err := c.Read(time.Minute); err == nil || !errors.Is(err, tt.read) && tt.read != nil {
				t.Errorf("read: %v, want %v", err, tt.read)
			}
		})
	}
}

// TestWatchHasNoLimit outlasts the deadline of a read before it.
func TestWatchHasNoLimit(t *testing.T) {
	const limit = 30 * time.Millisecond
	c, peer := session(t, Limits{Receive: limit})
	write(t, peer, mkdir("a").Append(nil))
	expect(t, c, "a")
	events, stop := watch(c)
	time.Sleep(3 * limit)
	write(t, peer, mkdir("b").Append(nil))
	if got := <-events; got.err != nil {
		t.Errorf("reported %+v", got)
	}
	stop()
	expect(t, c, "b")
}
