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
	"bbftp/netio"
)

// middle stands between clients and a server, on the control connection and on
// every data stream, and spoils what its plan says.
//
//	client ── control ──► middle ── control ──► server
//	client ◄─── data ──── middle ◄─── data ──── server   versions 1 and 2
//	client ──── data ───► middle ──── data ───► server   version 3
//
// The announcement of data ports, by whichever side listens, is replaced by one
// of the middle's.
type middle struct {
	testing.TB
	port   uint16
	server uint16
	plan   plan
	all    sync.WaitGroup
	close  func() // ends everything at once

	mu      sync.Mutex
	passed  int         // guarded by mu: control messages so far
	storing bool        // guarded by mu: the transfer asked for last is a put
	open    []io.Closer // guarded by mu: all there is to close
	shut    bool        // guarded by mu
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
	// clock, if set, counts the round trips.
	clock *clock
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

// revive lets new connections pass after a drop.
func (m *middle) revive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.shut, m.open = false, nil
}

// control relays a control connection message by message.
func (m *middle) control(near *net.TCPConn) {
	m.plan.clock.connects(wire.Client)
	far, err := m.connect(m.server)
	if err != nil {
		near.Close()
		return // the server has ended
	}
	m.keep(near, far)
	var both sync.WaitGroup
	opaque := make(chan bool, 2) // whether what the client says first begins TLS
	both.Go(func() { m.relay(near, far, wire.Client, opaque) })
	both.Go(func() { m.relay(far, near, wire.Server, opaque) })
	both.Wait()
	near.Close()
	far.Close()
}

func (m *middle) relay(from, to *net.TCPConn, sender wire.Sender, opaque chan bool) {
	defer to.CloseWrite()
	if sender == wire.Client {
		defer func() { opaque <- false }()
	}
	var said float64
	first := true
	for together := false; ; together, first = netio.ReceiveQueue(from) > 0, false {
		message, err := wire.Read(from, sender)
		if err != nil {
			return
		}
		if !together {
			said = m.plan.clock.speaks(sender)
		}
		m.plan.clock.passes(sender, said)
		message = m.divert(message)
		if !m.pass(to, message.Append(nil)) {
			from.Close()
			to.Close()
			return
		}
		offer, _ := message.(wire.Crypt)
		secret := first && message.Code() == wire.MsgTLS
		if first && sender == wire.Client {
			opaque <- secret
		}
		if secret || offer.Type&wire.CryptTLS != 0 && <-opaque {
			m.pump(from, to, sender, nil)
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

// divert replaces the ports in a message by the middle's.
func (m *middle) divert(message wire.Message) wire.Message {
	switch r := message.(type) {
	case wire.FileRequest:
		m.asked(r.Kind == wire.MsgStore || r.Kind == wire.MsgStoreC)
		for i := range int(r.Count) {
			r.Ports[i] = m.bridge(i, r.Ports[i], false)
		}
		return r
	case wire.Transfer:
		if r.Kind == wire.MsgStoreV2 || r.Kind == wire.MsgRetrV2 {
			m.asked(r.Kind == wire.MsgStoreV2)
		}
		for i := range r.Ports {
			r.Ports[i] = m.bridge(i, r.Ports[i], true)
		}
		return r
	case wire.ActiveStart:
		for i := range r.Ports {
			r.Ports[i] = m.bridge(i, r.Ports[i], false)
		}
		return r
	}
	return message
}

func (m *middle) asked(storing bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.shut {
		m.storing = storing
	}
}

// bridge opens a port for stream i and leads whoever connects to the port of
// the side that listens, which is the server if passive.
func (m *middle) bridge(i int, port int32, passive bool) int32 {
	m.mu.Lock()
	storing := m.storing
	m.mu.Unlock()
	if m.plan.refuse == i+1 {
		return int32(refusing(m))
	}
	ln := m.listen()
	ours := int32(ln.Addr().(*net.TCPAddr).Port)
	m.keep(ln)
	m.all.Go(func() {
		caller, err := ln.AcceptTCP()
		ln.Close()
		if err != nil {
			return // nobody connected
		}
		by := wire.Server
		if passive {
			by = wire.Client
		}
		m.plan.clock.connects(by)
		listener, err := m.connect(uint16(port))
		if err != nil {
			caller.Close()
			return // that side has given up
		}
		m.keep(caller, listener)
		if passive {
			m.stream(i, storing, caller, listener)
		} else {
			m.stream(i, storing, listener, caller)
		}
	})
	return ours
}

// stream relays a data stream between the client's end and the server's.
func (m *middle) stream(i int, storing bool, client, server *net.TCPConn) {
	from, to, sender, receiver := client, server, wire.Client, wire.Server
	if !storing {
		from, to, sender, receiver = server, client, wire.Server, wire.Client
	}
	var data, ack tamper
	if m.plan.data != nil {
		data = m.plan.data(i)
	}
	if m.plan.ack != nil {
		ack = m.plan.ack(i)
	}
	var both sync.WaitGroup
	both.Go(func() { m.pump(from, to, sender, data) })
	both.Go(func() { m.pump(to, from, receiver, ack) })
	both.Wait()
	client.Close()
	server.Close()
}

// pump copies one way of a stream through a tamper.
func (m *middle) pump(from, to *net.TCPConn, sender wire.Sender, t tamper) {
	buf := make([]byte, 64<<10)
	for off, n := int64(0), 0; ; {
		b, end := buf[:n], false
		if t != nil {
			b, end = t(off, b)
		}
		off += int64(n)
		if len(b) > 0 {
			m.plan.clock.passes(sender, m.plan.clock.speaks(sender))
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
