package client

import (
	"fmt"

	"bbftp/engine/wire"
)

// negotiate agrees on the highest version in common (wire.md 4):
//
//	MSG_PROT ─┬─► MSG_PROT_ANS, its range ─► MSG_PROT_ANS, our choice ─► that version
//	          │            └─► none in common ─► MSG_BAD_NO_RETRY ─► ErrVersion
//	          └─► MSG_BAD*, the question is not known ─► version 1
//
// The choice goes out with the first command. A server that greets as one of
// ours speaks all versions: it is not waited for, and question, choice and
// command go out together.
func (c *Client) negotiate() error {
	lowest, highest := c.versions()
	if highest == 1 {
		c.version = 1
		return nil
	}
	if c.ours() && !c.wary {
		c.version, c.presumed = highest, true
		c.choice = []wire.Message{wire.Signal{Kind: wire.MsgProt}, wire.ProtChoice{Version: int32(highest)}}
		return nil
	}
	if err := c.ctl.Send(wire.Signal{Kind: wire.MsgProt}); err != nil {
		return &BrokenError{err}
	}
	m, err := c.ctl.Read(c.set.Waits.Reply)
	if err != nil {
		return &BrokenError{fmt.Errorf("wait for the answer to MSG_PROT: %w", err)}
	}
	switch m := m.(type) {
	case wire.Reply:
		if m.Kind != wire.MsgBad && m.Kind != wire.MsgBadNoRetry {
			break
		}
		if lowest > 1 {
			return fmt.Errorf("%w: the server speaks only version 1, this client here %s", ErrVersion, span(lowest, highest))
		}
		c.version = 1
		return nil
	case wire.ProtRange:
		if m.Min < 1 || m.Max < m.Min {
			return &BrokenError{fmt.Errorf("the server speaks versions %d to %d", m.Min, m.Max)}
		}
		common := min(m.Max, int32(highest))
		if common < m.Min || common < int32(lowest) {
			_ = c.ctl.Send(wire.Reply{Kind: wire.MsgBadNoRetry})
			return fmt.Errorf("%w: the server speaks %s, this client here %s",
				ErrVersion, span(int(m.Min), int(m.Max)), span(lowest, highest))
		}
		c.version, c.choice = int(common), []wire.Message{wire.ProtChoice{Version: common}}
		return nil
	}
	return &BrokenError{fmt.Errorf("%v as answer to MSG_PROT", m.Code())}
}

// confirmPresumed reads the answer to a question that was not waited for.
func (c *Client) confirmPresumed() error {
	if !c.presumed {
		return nil
	}
	c.presumed = false
	m, err := c.ctl.Read(c.set.Waits.Reply)
	if err != nil {
		return c.broken(fmt.Errorf("wait for the answer to MSG_PROT: %w", err))
	}
	if r, ok := m.(wire.ProtRange); !ok || int32(c.version) < r.Min || int32(c.version) > r.Max {
		c.wary = true
		return c.broken(fmt.Errorf("%v of a server of ours does not have version %d", m.Code(), c.version))
	}
	return nil
}

// versions are those this client may speak.
func (c *Client) versions() (lowest, highest int) {
	if c.cfg.Protocol != 0 {
		return c.cfg.Protocol, c.cfg.Protocol
	}
	lowest, highest = 1, 3
	if c.cfg.SSH != nil {
		lowest = 2 // wire.md 3.7
	}
	if c.cfg.Active {
		highest = 2
	}
	return lowest, highest
}

func span(lowest, highest int) string {
	if lowest == highest {
		return fmt.Sprintf("version %d", lowest)
	}
	return fmt.Sprintf("versions %d to %d", lowest, highest)
}

// restore makes a new session what the last one was (wire.md 8.9).
func (c *Client) restore() error {
	for _, m := range []*wire.IntCommand{c.umask, c.class} {
		if m == nil {
			continue
		}
		if _, err := c.number(*m); err != nil {
			return err
		}
	}
	if c.dir == "" {
		return nil
	}
	_, err := c.chdir(c.dir, c.set.options()&^wire.OptRFIO)
	return err
}
