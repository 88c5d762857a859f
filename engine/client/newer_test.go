package client

import (
	"net"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// newer runs a test in versions 2 and 3.
func newer(t *testing.T, run func(t *testing.T, version int)) {
	t.Helper()
	for _, version := range []int{2, 3} {
		t.Run("version "+string('0'+rune(version)), func(t *testing.T) { run(t, version) })
	}
}

// speaking makes the client ask for a version.
func speaking(version int, set func(*Config)) func(*Config) {
	return func(cfg *Config) {
		cfg.Protocol = version
		if set != nil {
			set(cfg)
		}
	}
}

// enter lets the client in and agrees on a version.
func (p *peer) enter(version int) {
	p.Helper()
	p.greet(version, greeting)
}

func (p *peer) greet(version int, greeting string) {
	p.Helper()
	p.credentials(p.offer())
	p.reply(wire.MsgOK, greeting)
	p.agree(version)
}

// agree reads the client's choice, which comes along with its first command.
func (p *peer) agree(version int) {
	p.Helper()
	p.want(wire.MsgProt)
	p.send(wire.ProtRange{Min: 1, Max: 3})
	p.version = version
	if m := p.want(wire.MsgProtAns).(wire.ProtChoice); int(m.Version) != version {
		p.fail("version %d, want %d", m.Version, version)
	}
}

// wantCommand reads a command on the path.
func (p *peer) wantCommand(code wire.Code, path string) wire.Options {
	p.Helper()
	m := p.want(code).(wire.PathCommand)
	if m.Path != path {
		p.fail("%v %q, want %q", code, m.Path, path)
	}
	return m.Options
}

// after is the command with which a script shows that the session goes on.
func (p *peer) after() {
	p.Helper()
	p.wantCommand(wire.MsgStat, "after")
	p.reply(wire.MsgOK, "a line")
}

// goesOn is the client's part of it.
func goesOn(t *testing.T, c *Client) {
	t.Helper()
	if line, err := c.Stat(t.Context(), "after"); err != nil || line != "a line" {
		t.Errorf("afterwards: %q, %v", line, err)
	}
}

// wishes reads a request and the name behind it.
func (p *peer) wishes(code wire.Code, name string) wire.Transfer {
	p.Helper()
	m := p.want(code).(wire.Transfer)
	if f := p.want(wire.MsgFilename).(wire.Filename); f.Path != name {
		p.fail("%v of %q, want %q", code, f.Path, name)
	}
	return m
}

// consent answers m, with listeners in version 3.
func (p *peer) consent(m wire.Transfer) []net.Listener {
	p.Helper()
	if m.Kind == wire.MsgRetrV2 && m.Mode == 0 {
		m.Mode = 0o600 // so that also who is not root can look at the file
	}
	m.Kind = wire.MsgTransOKV2
	var ls []net.Listener
	if p.version == 3 {
		m.Kind = wire.MsgTransOKV3
		for range m.Streams {
			ls = append(ls, p.listen())
			m.Ports = append(m.Ports, int32(port(ls[len(ls)-1])))
		}
	}
	p.send(m)
	return ls
}

func (p *peer) listen() net.Listener {
	p.Helper()
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		p.fail("%v", err)
	}
	p.Cleanup(func() { ln.Close() })
	return ln
}

func port(ln net.Listener) uint16 { return uint16(ln.Addr().(*net.TCPAddr).Port) }

// begin waits for the go-ahead and returns the data streams.
func (p *peer) begin(m wire.Transfer, ls []net.Listener) []*net.TCPConn {
	p.Helper()
	if p.version == 2 {
		return p.connectBack(p.want(wire.MsgTransStartV2).(wire.ActiveStart), m)
	}
	return p.taken(p.want(wire.MsgTransStartV3).(wire.PassiveStart), m, ls)
}

func (p *peer) connectBack(start wire.ActiveStart, m wire.Transfer) (streams []*net.TCPConn) {
	p.Helper()
	if len(start.Ports) != int(m.Streams) {
		p.fail("%d ports, want %d", len(start.Ports), m.Streams)
	}
	for _, port := range start.Ports {
		streams = append(streams, p.dial("127.0.0.1", port))
	}
	return streams
}

func (p *peer) taken(start wire.PassiveStart, m wire.Transfer, ls []net.Listener) (streams []*net.TCPConn) {
	p.Helper()
	if n, err := start.Streams(); err != nil || n != int(m.Streams) {
		p.fail("start of %d streams (%v), want %d", n, err, m.Streams)
	}
	for _, ln := range ls {
		conn, err := ln.Accept()
		if err != nil {
			p.fail("%v", err)
		}
		p.Cleanup(func() { conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			p.fail("%v", err)
		}
		streams = append(streams, conn.(*net.TCPConn))
	}
	return streams
}

// granted plays a server that lets a put or get begin as the client wishes,
// a file to retrieve being of the given size.
func (p *peer) granted(code wire.Code, name string, size int64) (wire.Transfer, []*net.TCPConn) {
	p.Helper()
	m := p.wishes(code, name)
	if code == wire.MsgRetrV2 {
		m.Size = size
	}
	return m, p.begin(m, p.consent(m))
}
