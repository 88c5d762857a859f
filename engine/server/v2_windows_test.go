package server

import (
	"fmt"
	"testing"

	"bbftp/engine/wire"
	"bbftp/netio"
)

// TestV2Windows: a window that is not granted is told in version 2 before data
// flow.
func TestV2Windows(t *testing.T) {
	s := newV2Server(t, nil)
	c := s.login(t, 2)
	r := wish(wire.MsgStoreV2, 6, 0, 1)
	r.SendWindow, r.RecvWindow = 1<<31-1, 1<<31-1 // more than any kernel grants
	c.request(r, "file")
	conns := c.open(c.agreed(), false)
	for _, buffer := range []string{"Receive", "Send"} {
		m := c.read().(wire.Reply)
		var port, wanted, given int64
		if n, err := fmt.Sscanf(m.Text, buffer+" buffer on port %d cannot be set to %d Bytes, Value is %d Bytes", &port, &wanted, &given); m.Kind != wire.MsgInfo || n != 3 || err != nil {
			t.Fatalf("got %v %q", m.Kind, m.Text)
		}
		if wanted != (1<<31-1)*1024 || given <= 0 || given >= wanted {
			t.Errorf("%q", m.Text)
		}
	}
	c.put(conns, "abcdef", nil)
	c.ok("OK")
	for kib, want := range map[int32]int{0: 0, 64: 64 << 10, 255: 255 << 10, 256: 0, 257: 257 << 10, 1<<31 - 1: 1 << 30} {
		if got := window(kib); got != want {
			t.Errorf("a window of %d KiB sets %d bytes, want %d", kib, got, want)
		}
	}
	asked := wire.Transfer{SendWindow: 64, RecvWindow: 128, Options: wire.OptQBSS}
	if got, want := (versions23{version: 2}).sockets(asked), (netio.Options{SendBuffer: 64 << 10, RecvBuffer: 128 << 10, TOS: 0x20}); got != want {
		t.Errorf("version 2 connects with %+v, want %+v", got, want)
	}
	if got, want := (versions23{version: 3}).sockets(asked), (netio.Options{SendBuffer: 128 << 10, RecvBuffer: 64 << 10, TOS: 0x20}); got != want {
		t.Errorf("version 3 listens with %+v, want %+v", got, want)
	}
}
