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

// TestReleaseResume hands a connection over, in TLS and without.
func TestReleaseResume(t *testing.T) {
	for _, secure := range []bool{false, true} {
		var (
			c    *Conn
			peer net.Conn
		)
		if secure {
			c, peer, _ = secured(t, Limits{})
		} else {
			c, peer = session(t, Limits{})
		}
		write(t, peer, mkdir("b").Append(mkdir("a").Append(nil)))
		expect(t, c, "a")
		if err := c.conn.SetDeadline(time.Unix(1, 0)); err != nil { // of a message before
			t.Fatal(err)
		}
		conn, early := c.Release()
		write(t, peer, []byte("?"))
		if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
			t.Errorf("after the release: %v", err)
		}
		if len(early) != len(mkdir("b").Append(nil)) {
			t.Errorf("%d bytes early", len(early))
		}
		resumed := Resume(conn, wire.Client, Limits{}, early)
		if h, something, err := resumed.Heard(); !something || err != nil || h.Code != wire.MsgMkdir {
			t.Errorf("heard %v, %t, %v", h, something, err)
		}
		expect(t, resumed, "b")
		if _, something, err := resumed.Heard(); something || err != nil {
			t.Errorf("heard what was read: %v", err)
		}
		if _, ok := resumed.TLS(); ok != secure {
			t.Errorf("TLS: %t, want %t", ok, secure)
		}
		if _, err := resumed.Info(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			t.Error(err)
		}
		if resumed.RemoteAddr() != c.RemoteAddr() {
			t.Errorf("remote address %v", resumed.RemoteAddr())
		}
		resumed.Close()
		if _, err := peer.Read(make([]byte, 1)); err != io.EOF && !errors.Is(err, os.ErrClosed) {
			t.Errorf("closed: the peer reads %v", err)
		}
	}
}

// TestSecureAfterResume secures a connection of which a part was read by somebody
// else.
func TestSecureAfterResume(t *testing.T) {
	peerBelow, conn := connect(t)
	hello := make([]byte, 16<<10)
	peer := asClient(peerBelow)
	go func() { _ = peer.HandshakeContext(t.Context()) }()
	n, err := conn.Read(hello)
	if err != nil {
		t.Fatal(err)
	}
	c := Resume(conn, wire.Client, Limits{}, append(make([]byte, wire.HeaderSize), hello[:n]...))
	if err := c.Discard(wire.HeaderSize); err != nil {
		t.Fatal(err)
	}
	if err := c.Secure(t.Context(), asServer(t)); err != nil {
		t.Error(err)
	}
}
