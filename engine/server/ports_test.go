package server

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"syscall"
	"time"

	"bbftp/engine/wire"
)

// announce puts our own ports into a message that has the client's. We listen
// on those that the recorded server came to.
func (p *player) announce(i int, b []byte) []byte {
	m, n, err := wire.Parse(b, wire.Client)
	if err != nil || n < len(b) {
		return b
	}
	switch m := m.(type) {
	case wire.FileRequest:
		p.listenAll(i, m.Ports[:min(max(m.Count, 0), wire.MaxStreamsV1)])
		return m.Append(nil)
	case wire.ActiveStart:
		p.listenAll(i, m.Ports)
		return m.Append(nil)
	}
	return b
}

// listenAll replaces the ports of event i by those that it listens on.
func (p *player) listenAll(i int, ports []int32) {
	p.closePorts()
	p.ports = make([]*net.TCPListener, len(ports))
	change := p.events[i].ports
	if change == nil {
		change = func(own uint16) int32 { return int32(own) }
	}
	for stream := range ports {
		// Nothing can listen on a port that a connection has.
		own := p.taken()
		if p.comes(i, stream) {
			p.ports[stream], own = p.listen()
		}
		ports[stream] = change(own)
	}
}

// taken is the port of a connection of this client.
func (p *player) taken() uint16 {
	conn, ok := p.ctl.(net.Conn)
	if !ok {
		return p.port
	}
	return conn.LocalAddr().(*net.TCPAddr).AddrPort().Port()
}

// comes reports whether the server connected to the stream's port after the
// message that is event i.
func (p *player) comes(i, stream int) bool {
	for _, e := range p.events[i+1:] {
		if e.kind == opened && e.stream == stream {
			return true
		}
		if e.conn == onControl && e.from == wire.Client && e.kind == sent && announces(e) {
			return false
		}
	}
	return false
}

// announces reports whether e is a message with ports.
func announces(e event) bool {
	m, _, err := wire.Parse(plain([]event{e}), wire.Client)
	switch m.(type) {
	case wire.FileRequest, wire.ActiveStart:
		return err == nil
	}
	return false
}

func (p *player) listen() (*net.TCPListener, uint16) {
	for {
		l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			panic(err) // the machine is out of ports
		}
		port := l.Addr().(*net.TCPAddr).AddrPort().Port()
		if !p.used[port] {
			p.used[port] = true
			return l, port
		}
		_ = l.Close()
	}
}

// accept takes the server's connection to a stream's port, which comes from
// the port below that of the control connection.
func (p *player) accept(e event) error {
	if e.stream >= len(p.ports) || p.ports[e.stream] == nil {
		return errors.New("the client does not listen for this stream")
	}
	l := p.ports[e.stream]
	if err := l.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	conn, err := l.AcceptTCP()
	if err != nil {
		return err
	}
	p.data[e.conn] = conn
	from := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Port()
	if fixed := from == p.port-1; fixed == p.server.AnySourcePort {
		return fmt.Errorf("the stream comes from port %d, the server's is %d", from, p.port)
	}
	return l.Close() // one connection a port
}

// connect connects to where the server waits. Where the recording shows that
// nothing came of it, the server may have given up already.
func (p *player) connect(i int, e event) error {
	port := p.caller
	if e.stream != callerStream {
		if e.stream >= len(p.passive) {
			return errors.New("the server does not listen for this stream")
		}
		port = p.passive[e.stream]
	}
	conn, err := net.Dial("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
	fails := func(later event) bool { return later.conn == e.conn && later.kind == closed }
	switch {
	case err == nil:
		p.data[e.conn] = conn.(*net.TCPConn)
	case errors.Is(err, syscall.ECONNREFUSED) && slices.ContainsFunc(p.events[i:], fails):
		p.data[e.conn] = nil
	default:
		return err
	}
	return nil
}

func (p *player) closePorts() {
	for _, l := range p.ports {
		if l != nil {
			_ = l.Close()
		}
	}
	p.ports = nil
}
