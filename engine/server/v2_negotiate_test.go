package server

import (
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"bbftp/engine/wire"
)

// TestV2Negotiation: what is no choice is not answered.
func TestV2Negotiation(t *testing.T) {
	s := newV2Server(t, nil)
	for name, choose := range map[string]func(*v2Client){
		"version 0":        func(c *v2Client) { c.send(wire.ProtChoice{}) },
		"version 4":        func(c *v2Client) { c.send(wire.ProtChoice{Version: 4}) },
		"version -1":       func(c *v2Client) { c.send(wire.ProtChoice{Version: -1}) },
		"8 bytes":          func(c *v2Client) { c.body(wire.MsgProtAns, "\x00\x00\x00\x01\x00\x00\x00\x03") },
		"no body":          func(c *v2Client) { c.head(wire.MsgProtAns, 0) },
		"a negative body":  func(c *v2Client) { c.head(wire.MsgProtAns, -1) },
		"a refusal":        func(c *v2Client) { c.head(wire.MsgBadNoRetry, 0) },
		"a command":        func(c *v2Client) { c.path(wire.MsgStat, 0, ".") },
		"the same again":   func(c *v2Client) { c.send(wire.Signal{Kind: wire.MsgProt}) },
		"a body unasked":   func(c *v2Client) { c.sendBytes([]byte("12345678901234567890")) },
		"half, then EOF":   func(c *v2Client) { c.sendBytes([]byte{0, 0, 0, 24}); c.halfClose() },
		"EOF after asking": func(c *v2Client) { c.halfClose() },
	} {
		t.Run(name, func(t *testing.T) {
			c := s.login(t, 0)
			c.send(wire.Signal{Kind: wire.MsgProt, Len: -1}) // whose length means nothing
			c.read()
			choose(c)
			c.closed()
		})
	}
}

// TestV2VersionOne: version 1 may be chosen, and begins without a word.
func TestV2VersionOne(t *testing.T) {
	s := newV2Server(t, nil)
	s.write(t, "a", "", 0o644)
	for _, version := range []int32{0, 1} {
		c := s.login(t, version)
		c.body(wire.MsgList, "*")
		if m, ok := c.read().(wire.ListReply); !ok || len(m.Names) != 1 || m.Names[0] != "a" {
			t.Errorf("version 1 lists %v", m)
		}
		c.body(wire.MsgProt, "")
		c.never(textUnknown)
	}
}

// pipeConn is an end of a connection that takes no time.
type pipeConn struct {
	net.Conn
	from string
}

func newPipeConn(from string) (near, far pipeConn) {
	a, b := net.Pipe()
	return pipeConn{a, from}, pipeConn{b, from}
}

func (c pipeConn) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5021} }

func (c pipeConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(c.from), 1024))
}

// TestV2FirstWait: the limit is for each step.
func TestV2FirstWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 10 * time.Second
		s := newV2Server(t, nil)
		for _, steps := range []int{0, 1} {
			near, far := newPipeConn("192.0.2.1")
			s.begin(t, far)
			c := &v2Client{t: t, in: near, out: near, conn: near}
			if steps > 0 {
				time.Sleep(limit - 1)
				c.send(wire.Signal{Kind: wire.MsgProt})
				c.read()
			}
			began := time.Now()
			c.closed()
			if took := time.Since(began); took != limit {
				t.Errorf("after %d steps closed after %v", steps, took)
			}
		}
	})
}
