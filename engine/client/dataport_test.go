package client

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
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
		p.ignored(p.dial(from, port))
	}
}

// ignored says something on a data stream and sees it end without an answer.
func (p *peer) ignored(conn *net.TCPConn) {
	p.Helper()
	defer conn.Close()
	_, _ = conn.Write([]byte("let me in"))
	if b, err := io.ReadAll(conn); len(b) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		p.fail("%v got %q, %v", conn.LocalAddr(), b, err)
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
		r := started(p, p.request(wire.MsgRetr, "f", 1), 7)
		if stranger, err := dialFrom("127.0.0.2", r.Ports[0]); err == nil { // else he came too late
			p.ignored(stranger)
		}
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
	}), func(cfg *Config) { cfg.Streams, cfg.DataPorts = 2, ownPorts() })
	if _, err := c.Get(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	holds(t, c, "f", "xx")
}

// TestStalls has a legacy server think before every step, as one that lost its
// start signal does for 20 s (wire.md 5).
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
	}), func(cfg *Config) { cfg.Streams = 2 })
	write(t, c, "f", content)
	if _, err := c.Put(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	if _, err := c.Get(t.Context(), "f", "g"); err != nil {
		t.Error(err)
	}
}

// TestStallsNewer is the same in versions 2 and 3.
func TestStallsNewer(t *testing.T) {
	noLeaks(t)
	stall := func() { time.Sleep(100 * time.Millisecond) }
	content := noise(1000)
	newer(t, func(t *testing.T, version int) {
		c := dial(t, serve(t, func(p *peer) {
			p.enter(version)
			for _, code := range []wire.Code{wire.MsgStoreV2, wire.MsgRetrV2} {
				m := p.wishes(code, "f")
				m.Size = int64(len(content))
				stall()
				ls := p.consent(m)
				stall()
				streams := p.begin(m, ls)
				stall()
				if code == wire.MsgStoreV2 {
					p.collect(streams, m.Size)
					stall()
					p.acknowledge(streams)
				} else {
					p.deliver(streams, content, false)
				}
				stall()
				p.reply(wire.MsgOK, "OK")
			}
		}), speaking(version, nil))
		write(t, c, "f", content)
		if _, err := c.Put(t.Context(), "f", "f"); err != nil {
			t.Error(err)
		}
		if _, err := c.Get(t.Context(), "f", "g"); err != nil {
			t.Error(err)
		}
		holds(t, c, "f", string(content), "g", string(content))
	})
}

// TestUnreachableDataPort gives up in time to tell a server, which would wait
// 10 s for the start of a store.
func TestUnreachableDataPort(t *testing.T) {
	if startWithin > 8*time.Second {
		t.Errorf("connects for %v", startWithin)
	}
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells when the queue of a listener is full")
	}
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.enter(3)
		m := p.wishes(wire.MsgStoreV2, "f")
		m.Kind, m.Ports = wire.MsgTransOKV3, wire.Ports{p.deaf()}
		p.send(m)
		p.want(wire.MsgAbort)
		p.after()
	}), speaking(3, nil))
	connected(t, c)
	c.Settings().Waits.Connect = 50 * time.Millisecond
	write(t, c, "f", []byte("content"))
	_, err := c.Put(t.Context(), "f", "f")
	says(t, err, "put f", "connect data stream 1", "no connection within 50ms")
	c.Settings().Waits.Connect = 0
	goesOn(t, c)
}

// deaf is a port that does not answer: the queue of its listener is full.
func (p *peer) deaf() int32 {
	p.Helper()
	ln := p.listen()
	raw, err := ln.(*net.TCPListener).SyscallConn()
	if err != nil {
		p.fail("%v", err)
	}
	if e := raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) }); e != nil || err != nil {
		p.fail("%v, %v", e, err)
	}
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		p.fail("%v", err)
	}
	p.Cleanup(func() { conn.Close() })
	settle(p.T, "connections to come", 0, func() int { return 1 - queued(p, port(ln)) })
	return int32(port(ln))
}

// queued is how many connections a listener on 127.0.0.1 could accept, as
// proc_net_tcp.txt of the kernel's documentation has it.
func queued(p *peer, port uint16) int {
	p.Helper()
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		p.fail("%v", err)
	}
	const listening = "0A"
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if f[1] == fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32([]byte{127, 0, 0, 1}), port) && f[3] == listening {
			_, waiting, _ := strings.Cut(f[4], ":")
			n, _ := strconv.ParseInt(waiting, 16, 32)
			return int(n)
		}
	}
	return 0
}
