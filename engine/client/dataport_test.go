package client

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// needLoopbackNet skips a test that needs two addresses on this machine.
func needLoopbackNet(t *testing.T) {
	t.Helper()
	conn, err := dialFrom("127.0.0.2", 1)
	if conn != nil {
		conn.Close()
	}
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Skip("no address 127.0.0.2 on this system")
	}
}

// intrude connects to every data port from an address, says something, and
// sees the connection end without an answer.
func intrude(p *peer, from string, r wire.FileRequest) {
	p.Helper()
	for _, port := range r.Ports[:r.Count] {
		conn := p.dial(from, port)
		_, _ = conn.Write([]byte("let me in"))
		if b, err := io.ReadAll(conn); len(b) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
			p.fail("%s got %q, %v", from, b, err)
		}
	}
}

// TestStranger has somebody else come first to every data port: he is turned
// away and the transfer goes on.
func TestStranger(t *testing.T) {
	needLoopbackNet(t)
	noLeaks(t)
	content := noise(1000)
	c := dial(t, serve(t, func(p *peer) {
		p.login()

		r := p.request(wire.MsgStore, "f", 3)
		intrude(p, "127.0.0.2", r)
		streams := p.callBack(r)
		if got := p.collect(streams, r.Size); string(got) != string(content) {
			p.fail("other bytes arrive than the file has")
		}
		p.acknowledge(streams)
		p.reply(wire.MsgOK, "OK")

		r = started(p, p.request(wire.MsgRetr, "f", 3), len(content))
		intrude(p, "127.0.0.2", r)
		p.deliver(p.callBack(r), content, false)
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Streams = 3 })
	write(t, c, "f", content)
	if _, err := c.Put(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	if _, err := c.Get(t.Context(), "f", "g"); err != nil {
		t.Error(err)
	}
	holds(t, c, "f", string(content), "g", string(content))
}

// TestOnlyStrangers is no transfer.
func TestOnlyStrangers(t *testing.T) {
	needLoopbackNet(t)
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		intrude(p, "127.0.0.2", started(p, p.request(wire.MsgRetr, "f", 1), 7))
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Waits.Accept = time.Second })
	_, err := c.Get(t.Context(), "f", "f")
	says(t, err, "get f", "did not call back")
	holds(t, c)
}

// TestDataFrom takes the data of a server with several addresses, and then
// from nowhere else.
func TestDataFrom(t *testing.T) {
	needLoopbackNet(t)
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		r := started(p, p.request(wire.MsgRetr, "f", 1), 7)
		intrude(p, "127.0.0.1", r)
		conn := p.dial("127.0.0.2", r.Ports[0])
		if _, err := conn.Write([]byte("content")); err != nil {
			p.fail("%v", err)
		}
		if err := wire.ReadAck(conn); err != nil {
			p.fail("%v", err)
		}
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.DataFrom = netip.MustParseAddr("127.0.0.2") })
	if _, err := c.Get(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	holds(t, c, "f", "content")
}

// TestOneConnectionPerPort closes a data port with its first connection.
func TestOneConnectionPerPort(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		r := started(p, p.request(wire.MsgRetr, "f", 2), 2)
		streams := p.callBack(r)
		// The first stream works: so its port has been accepted on.
		for i, conn := range streams {
			if _, err := conn.Write([]byte("x")); err != nil {
				p.fail("%v", err)
			}
			if err := wire.ReadAck(conn); err != nil {
				p.fail("%v", err)
			}
			p.refusedPort(r.Ports[i])
		}
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Streams = 2 })
	if _, err := c.Get(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	holds(t, c, "f", "xx")
}

// TestStalls has a legacy server think before every step, as one that lost its
// start signal does for 20 s (wire.md 5); the limits are of seconds here.
func TestStalls(t *testing.T) {
	noLeaks(t)
	stall := func() { time.Sleep(100 * time.Millisecond) }
	content := noise(1000)
	c := dial(t, serve(t, func(p *peer) {
		p.login()

		r := p.request(wire.MsgStore, "f", 2)
		stall()
		streams := p.callBack(r)
		stall()
		p.collect(streams, r.Size)
		stall()
		p.acknowledge(streams)
		stall()
		p.reply(wire.MsgOK, "OK")

		r = p.request(wire.MsgRetr, "f", 2)
		stall()
		started(p, r, len(content))
		stall()
		streams = p.callBack(r)
		stall()
		p.deliver(streams, content, false)
		stall()
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) {
		cfg.Streams = 2
		cfg.Waits = Waits{Reply: 5 * time.Second, Accept: 5 * time.Second, Idle: 5 * time.Second, Ack: 5 * time.Second, Settle: time.Nanosecond}
	})
	write(t, c, "f", content)
	if _, err := c.Put(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	if _, err := c.Get(t.Context(), "f", "g"); err != nil {
		t.Error(err)
	}
}
