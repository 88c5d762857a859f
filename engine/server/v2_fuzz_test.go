package server

import (
	"io"
	"net"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// elsewhere is a client of another machine, where call-backs find nobody: here
// they could find any program.
type elsewhere struct{ *net.TCPConn }

func (elsewhere) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 1024} }

// FuzzV2Session: whatever a client sends, its session ends soon after the
// client's end, and nothing half-written stays.
func FuzzV2Session(f *testing.F) {
	store := wish(wire.MsgStoreV2, 6, wire.OptDir, 2).Append(nil)
	retr := wish(wire.MsgRetrV2, 0, 0, 2).Append(nil)
	named := func(request []byte, name string) []byte {
		return append(request[:len(request):len(request)], message(wire.MsgFilename, name)...)
	}
	for _, seed := range [][]byte{
		nil,
		message(wire.MsgStat, "\x00\x00\x00\x00file"),
		message(wire.MsgListV2, "\x00\x00\x00\x00*"),
		message(wire.MsgMkdirV2, "\x00\x00\x00\x0fa/b"),
		message(wire.MsgChumask, "\x00\x00\x00\x1f"),
		store, retr,
		named(store, "dir/file"),
		append(named(store, "file"), wire.NewPassiveStart(wire.MsgTransStartV3, 2).Append(nil)...),
		append(named(retr, "file"), wire.NewPassiveStart(wire.MsgTransSimulV3, 2).Append(nil)...),
		append(named(retr, "file"), message(wire.MsgAbort, "")...),
		wish(wire.MsgStoreV2, 0, 0, 0).Append(nil),
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	s := newV2Server(f, func(c *Config) { c.Waits.Connect = time.Millisecond })
	s.write(f, "file", "content", 0o644)
	f.Fuzz(func(t *testing.T, sent []byte, passive bool) {
		near, far := tcpPair(t)
		s.begin(t, elsewhere{far})
		c := &v2Client{t: t, in: near, out: near, conn: near}
		version := int32(2)
		if passive {
			version = 3
		}
		c.choose(1, version)
		c.sendBytes(sent)
		c.halfClose()
		if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, c.in); err != nil && !gone(err) {
			t.Fatalf("the session does not end: %v", err)
		}
	})
}
