package engine

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"testing"

	"bbftp/engine/wire"
)

// middle stands between clients and a server, on the control connection and on
// every data stream, and spoils what its plan says.
//
//	client ── control ──► middle ── control ──► server
//	client ◄─── data ──── middle ◄─── data ──── server
//
// The client's announcement of data ports is replaced by one of the middle's.
type middle struct {
	testing.TB
	port   uint16
	server uint16
	plan   plan
	all    sync.WaitGroup
	close  func() // ends everything at once

	mu     sync.Mutex
	passed int         // guarded by mu: control messages so far
	open   []io.Closer // guarded by mu: all there is to close
	shut   bool        // guarded by mu
}

// plan is what a middle does.
type plan struct {
	// cut ends the control connection once this many messages have passed,
	// those of both directions counted together. 0: never.
	cut int
	// late waits with that until the next message is due; half lets half of
	// that one pass.
	late, half bool
	// all also ends the data streams, by a reset: the machine is gone.
	all bool
	// refuse announces this stream's port (from 1) as one nobody listens on.
	refuse int
	// data, if set, gives the tamper of stream i (from 0) with payload, ack that
	// of the way back.
	data, ack func(i int) tamper
}

// onStream has only stream i (from 0) tampered with.
func onStream(i int, t tamper) func(int) tamper {
	return func(stream int) tamper {
		if stream == i {
			return t
		}
		return nil
	}
}

// tamper sees what passes on a stream, first nothing, at offset 0. It returns
// what to pass on and whether to end the stream, both ways, after that.
type tamper func(off int64, b []byte) (out []byte, end bool)

// between starts a middle before the server on port.
func between(t testing.TB, server uint16, p plan) *middle {
	t.Helper()
	m := &middle{TB: t, server: server, plan: p}
	ln := m.listen()
	m.port = uint16(ln.Addr().(*net.TCPAddr).Port)
	m.all.Go(func() {
		for {
			near, err := ln.AcceptTCP()
			if err != nil {
				return
			}
			m.all.Go(func() { m.control(near) })
		}
	})
	m.close = func() {
		ln.Close()
		m.drop(false)
		m.all.Wait()
	}
	t.Cleanup(m.close)
	return m
}

func (m *middle) listen() *net.TCPListener {
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		m.Error(err)
		runtime.Goexit()
	}
	return ln
}

func (m *middle) connect(port uint16) (*net.TCPConn, error) {
	return net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)))
}

// keep notes what drop closes.
func (m *middle) keep(open ...io.Closer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = append(m.open, open...)
	if m.shut {
		for _, c := range open {
			c.Close()
		}
	}
}

// drop ends everything there is and will be.
func (m *middle) drop(reset bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut = true
	for _, c := range m.open {
		if conn, ok := c.(*net.TCPConn); ok && reset {
			_ = conn.SetLinger(0) // of no use if it is closed already
		}
		c.Close()
	}
}

// control relays a control connection message by message.
func (m *middle) control(near *net.TCPConn) {
	far, err := m.connect(m.server)
	if err != nil {
		near.Close()
		return // the server has ended
	}
	m.keep(near, far)
	var both sync.WaitGroup
	both.Go(func() { m.relay(near, far, wire.Client) })
	both.Go(func() { m.relay(far, near, wire.Server) })
	both.Wait()
	near.Close()
	far.Close()
}

func (m *middle) relay(from, to *net.TCPConn, sender wire.Sender) {
	defer to.CloseWrite()
	for {
		message, err := wire.Read(from, sender)
		if err != nil {
			return
		}
		if request, ok := message.(wire.FileRequest); ok {
			message = m.divert(request)
		}
		if !m.pass(to, message.Append(nil)) {
			from.Close()
			to.Close()
			return
		}
	}
}

// pass sends a control message on, and tells whether the connection lives.
func (m *middle) pass(to *net.TCPConn, b []byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.plan
	if p.cut > 0 && p.late && m.passed == p.cut {
		if p.half {
			_, _ = to.Write(b[:len(b)/2])
		}
		m.cut()
		return false
	}
	_, err := to.Write(b)
	m.passed++
	if p.cut > 0 && !p.late && m.passed == p.cut {
		m.cut()
		return false
	}
	return err == nil
}

// cut ends what the plan says; m.mu is held.
func (m *middle) cut() {
	if m.plan.all {
		go m.drop(true)
	}
}

// divert opens a port for each of the client's.
func (m *middle) divert(r wire.FileRequest) wire.FileRequest {
	for i := range int(r.Count) {
		ln := m.listen()
		client := uint16(r.Ports[i])
		r.Ports[i] = int32(ln.Addr().(*net.TCPAddr).Port)
		if m.plan.refuse == i+1 {
			ln.Close()
			continue
		}
		m.keep(ln)
		m.all.Go(func() {
			far, err := ln.AcceptTCP()
			ln.Close()
			if err != nil {
				return // never called back
			}
			near, err := m.connect(client)
			if err != nil {
				far.Close()
				return // the client has given up
			}
			m.keep(near, far)
			m.stream(r, i, near, far)
		})
	}
	return r
}

// stream relays a data stream between the client's end and the server's.
func (m *middle) stream(r wire.FileRequest, i int, client, server *net.TCPConn) {
	from, to := client, server
	if r.Kind != wire.MsgStore && r.Kind != wire.MsgStoreC {
		from, to = server, client
	}
	var data, ack tamper
	if m.plan.data != nil {
		data = m.plan.data(i)
	}
	if m.plan.ack != nil {
		ack = m.plan.ack(i)
	}
	var both sync.WaitGroup
	both.Go(func() { pump(from, to, data) })
	both.Go(func() { pump(to, from, ack) })
	both.Wait()
	client.Close()
	server.Close()
}

// pump copies one way of a stream through a tamper.
func pump(from, to *net.TCPConn, t tamper) {
	buf := make([]byte, 64<<10)
	for off, n := int64(0), 0; ; {
		b, end := buf[:n], false
		if t != nil {
			b, end = t(off, b)
		}
		off += int64(n)
		if len(b) > 0 {
			if _, err := to.Write(b); err != nil {
				end = true
			}
		}
		if end {
			from.Close()
			to.Close()
			return
		}
		var err error
		if n, err = from.Read(buf); err != nil {
			if errors.Is(err, io.EOF) {
				to.CloseWrite()
			} else {
				to.Close()
			}
			return
		}
	}
}

// cutAt ends a stream after n bytes.
func cutAt(n int64) tamper {
	return func(off int64, b []byte) ([]byte, bool) {
		if off+int64(len(b)) >= n {
			return b[:n-off], true
		}
		return b, false
	}
}

// flipByte changes every bit of the byte at an offset.
func flipByte(at int64) tamper {
	return func(off int64, b []byte) ([]byte, bool) {
		if off <= at && at < off+int64(len(b)) {
			b = bytes.Clone(b)
			b[at-off] ^= 0xff
		}
		return b, false
	}
}

// addAt adds bytes behind the first n.
func addAt(n int64, more string) tamper {
	return func(off int64, b []byte) ([]byte, bool) {
		if off < n && n <= off+int64(len(b)) {
			b = append(bytes.Clone(b), more...)
		}
		return b, false
	}
}
