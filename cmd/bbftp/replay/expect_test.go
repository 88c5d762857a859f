package replay

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// expect insists on what the client did.
func (p *player) expect(c *conn, e event) error {
	if e.kind == end {
		return p.expectEnd(c)
	}
	if e.kind == login || e.kind == clearly {
		return p.expectLogin(c, e)
	}
	want, err := p.contents.Join(e.bytes)
	if err != nil {
		return err
	}
	switch {
	case e.kind == blocks:
		got, err := recorded.ReadBlocks(reader{p, c}, len(want), p.block)
		return errors.Join(err, recorded.Differ(wire.Client, got, want))
	case e.kind == cut:
		got, err := p.rest(c, len(want)+1)
		if err == nil && !bytes.HasPrefix(want, got) {
			err = recorded.Differ(wire.Client, got, want)
		}
		return err
	}
	got, err := p.take(c, len(want))
	// Whether a client still speaks to a server that has hung up depends on
	// when it notices.
	if errors.Is(err, io.ErrUnexpectedEOF) && c.control && c.hungUp && bytes.HasPrefix(want, got) {
		return nil
	}
	if err != nil {
		return errors.Join(err, recorded.Differ(wire.Client, got, want))
	}
	foresee(want, got, e.bytes)
	if c.control {
		c.bounds[c.taken] = true
		if err := p.listened(got, want); err != nil {
			return err
		}
	}
	return recorded.Differ(wire.Client, got, want)
}

// reader reads what the client sends on a connection.
type reader struct {
	*player
	from *conn
}

func (r reader) Read(b []byte) (int, error) {
	got, err := r.take(r.from, len(b))
	return copy(b, got), err
}

// take returns the next n bytes of the client, fewer with an error.
func (p *player) take(c *conn, n int) (b []byte, err error) {
	for len(c.read) < n && c.err == nil {
		p.fill(c)
	}
	if len(c.read) < n {
		err, n = c.err, len(c.read)
	}
	b = c.read[:n:n]
	c.read, c.taken = c.read[n:], c.taken+n
	return b, err
}

// fill reads once. An end is io.ErrUnexpectedEOF, as for who wants more.
func (p *player) fill(c *conn) {
	var buffer [64 << 10]byte
	var n int
	err := p.wait(c.SetReadDeadline, func() (err error) {
		n, err = c.Read(buffer[:])
		return err
	})
	c.read = append(c.read, buffer[:n]...)
	switch {
	case err == nil && c.control:
		c.ends = append(c.ends, c.taken+len(c.read))
	case errors.Is(err, io.EOF) || err != nil && gone(err) == nil:
		c.err = io.ErrUnexpectedEOF
	default:
		c.err = err
	}
}

// rest returns what the client sends until it ends, at most n bytes.
func (p *player) rest(c *conn, n int) ([]byte, error) {
	got, err := p.take(c, n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return got, err
}

// expectEnd waits for the end of what the client sends, which must be now.
func (p *player) expectEnd(c *conn) error {
	if got, err := p.rest(c, 1<<10); err != nil {
		return fmt.Errorf("the client's end: %w", err)
	} else if len(got) > 0 {
		return fmt.Errorf("the client sent %.200q rather than an end", got)
	}
	return nil
}

// oneWriteEach fails unless what each read returned ends where a message does:
// a message sent by two writes may arrive by one read, one sent by one write
// never by two.
func (c *conn) oneWriteEach() error {
	for _, at := range c.ends {
		if !c.bounds[at] && !c.hungUp {
			return fmt.Errorf("a write of the client ended at byte %d, inside a message", at)
		}
	}
	return nil
}

func (p *player) expectLogin(c *conn, e event) error {
	b, err := p.take(c, wire.HeaderSize+wire.LogSize)
	if err != nil {
		return errors.Join(err, fmt.Errorf("the client sent %.200q", b))
	}
	c.bounds[c.taken] = true
	m, _, err := wire.Parse(b, wire.Client)
	if err != nil {
		return err
	}
	l, ok := m.(wire.Log)
	if !ok {
		return fmt.Errorf("the client sent %.200q", b)
	}
	var user, secret string
	if e.kind == clearly {
		user, secret, err = l.Clear()
	} else {
		user, secret, err = p.key.open(l)
	}
	if err == nil && (user != e.user || secret != e.secret) {
		err = fmt.Errorf("the client logged in as %q with %q", user, secret)
	}
	return err
}

// listened takes note of the ports of a MSG_TRANS_START_V2, and puts them into
// what is wanted in the place of those recorded.
func (p *player) listened(got, want []byte) error {
	code := wire.Code(binary.BigEndian.Uint32(want))
	if len(got) < wire.HeaderSize || !bytes.Equal(got[:wire.HeaderSize], want[:wire.HeaderSize]) ||
		code != wire.MsgTransStartV2 && code != wire.MsgTransSimul {
		return nil
	}
	m, _, err := wire.Parse(got, wire.Client)
	if err != nil {
		return err
	}
	if p.ports, err = m.(wire.ActiveStart).Ports.Numbers(); err != nil {
		return err
	}
	var lowest, highest uint16 = 1, 65535
	if asked := p.options["D"]; asked != "" {
		if _, err := fmt.Sscanf(asked, "%d:%d", &lowest, &highest); err != nil {
			return err
		}
	}
	for i, port := range p.ports {
		if port < lowest || port > highest || slices.Contains(p.ports[:i], port) {
			return fmt.Errorf("the client announced the ports %v", p.ports)
		}
	}
	copy(want[wire.HeaderSize:], got[wire.HeaderSize:])
	return nil
}

// announce puts our own address and ports into a server's message, and listens
// there.
func (p *player) announce(b []byte) ([]byte, error) {
	m, n, err := wire.Parse(b, wire.Server)
	if err != nil || n != len(b) { // also garbage is played as it was
		return b, nil
	}
	switch m := m.(type) {
	case wire.Transfer:
		p.block = m.BlockLimit()
		p.closeStreams()
		for i := range m.Ports {
			l, err := listen()
			if err != nil {
				return nil, err
			}
			p.streams = append(p.streams, l)
			m.Ports[i] = int32(portOf(l))
		}
		return m.Append(nil), nil
	case wire.IPAddr:
		m.Addr = host
		return m.Append(nil), nil
	case wire.LoggedStdin:
		if p.checks, err = listen(); err != nil {
			return nil, err
		}
		m.Port = int32(portOf(p.checks))
		return m.Append(nil), nil
	}
	return b, nil
}
