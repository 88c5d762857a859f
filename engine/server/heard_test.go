package server

import (
	"errors"
	"fmt"
	"slices"

	"bbftp/engine/wire"
)

// heard is what a player has learnt from the dialogue so far.
type heard struct {
	dir     string           // the working directory
	block   int              // the largest block of compressed data
	unknown string           // the server's word for unknown messages
	asked   wire.PathCommand // of the client, last
	caller  uint16           // where the server waits for the client's call
	passive []uint16         // where it waits for data connections
}

// textUnknownV2 is textUnknown in versions 2 and 3.
const textUnknownV2 = "Unknown message"

// overhear takes note of what the client says.
func (h *heard) overhear(b []byte) {
	m, _, err := wire.Parse(b, wire.Client)
	if err != nil {
		return
	}
	h.asked = wire.PathCommand{}
	switch m := m.(type) {
	case wire.ProtChoice:
		if m.Version > 1 {
			h.unknown = textUnknownV2
		}
	case wire.PathCommand:
		h.asked = m
	}
}

// learn takes note of what the server says. Its ports must be usable.
func (p *player) learn(b []byte) error {
	m, n, err := wire.Parse(b, wire.Server)
	if err != nil || n < len(b) {
		return nil // not our matter
	}
	switch m := m.(type) {
	case wire.Crypt:
		p.offer = m
		if n := m.Modulus; len(n) != 1+modulusLen || n[1]&0x80 == 0 || n[len(n)-1]&1 == 0 {
			return fmt.Errorf("no RSA modulus of 1024 bits: %x", n)
		}
	case wire.LoggedStdin:
		p.caller = uint16(m.Port)
	case wire.Transfer:
		p.block = m.BlockLimit()
		p.passive, err = m.Ports.Numbers()
		if err != nil {
			return err
		}
		return p.usable(p.passive)
	case wire.Reply:
		if m.Kind == wire.MsgOK && p.asked.Kind == wire.MsgChdirV2 {
			p.dir = m.Text
		}
	}
	return nil
}

// usable checks the ports for data connections: unprivileged, of the server's
// range, upwards there (wire.md 6.1), and each another.
func (p *player) usable(ports []uint16) error {
	allowed := p.server.DataPorts
	for i, port := range ports {
		if port < 1024 || slices.Contains(ports[:i], port) {
			return fmt.Errorf("port %d of %d", port, ports)
		}
		if allowed.Max != 0 && (port < allowed.Min || port > allowed.Max || i > 0 && port < ports[i-1]) {
			return fmt.Errorf("port %d of %d, want %v", port, ports, allowed)
		}
	}
	if len(ports) > 0 && ports[0] == p.port {
		return errors.New("the control port for data")
	}
	return nil
}
