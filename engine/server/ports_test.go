package server

import (
	"errors"
	"fmt"
	"net"
	"time"

	"bbftp/engine/wire"
)

// announce puts our own ports into a file request. We listen on those that
// the recorded server came to.
func (p *player) announce(i int, b []byte) []byte {
	m, n, err := wire.Parse(b, wire.Client)
	r, ok := m.(wire.FileRequest)
	if err != nil || !ok || n < len(b) {
		return b
	}
	p.closePorts()
	p.ports = make([]*net.TCPListener, wire.MaxStreamsV1)
	ports := p.events[i].ports
	if ports == nil {
		ports = func(own uint16) int32 { return int32(own) }
	}
	for stream := range min(max(r.Count, 0), wire.MaxStreamsV1) {
		// Nothing can listen on a port that a connection has.
		own := p.ctl.LocalAddr().(*net.TCPAddr).AddrPort().Port()
		if p.comes(i, int(stream)) {
			p.ports[stream], own = p.listen()
		}
		r.Ports[stream] = ports(own)
	}
	return r.Append(nil)
}

// comes reports whether the server connected to the stream's port after the
// file request that is event i.
func (p *player) comes(i, stream int) bool {
	for _, e := range p.events[i+1:] {
		if e.kind == opened && e.stream == stream {
			return true
		}
		if e.conn == onControl && e.from == wire.Client && e.kind == sent && len(e.bytes) > 0 && len(e.bytes[0].plain) == wire.HeaderSize+wire.FileRequestSize {
			return false
		}
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
	if from := conn.RemoteAddr().(*net.TCPAddr).AddrPort().Port(); from != p.port-1 {
		return fmt.Errorf("the stream comes from port %d, want %d", from, p.port-1)
	}
	return l.Close() // one connection a port
}

func (p *player) closePorts() {
	for _, l := range p.ports {
		if l != nil {
			_ = l.Close()
		}
	}
	p.ports = nil
}
