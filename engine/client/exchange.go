package client

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"bbftp/engine/wire"
)

// command sends a command and returns its answer, unless that is a refusal.
// wait 0 waits for ever, the connection's keep-alive probes being the limit;
// what the server says before its answer does not lengthen any other.
func (c *Client) command(wait time.Duration, m wire.Message, more ...wire.Message) (wire.Message, error) {
	if err := c.send(m, more...); err != nil {
		return nil, err
	}
	if err := c.confirmPresumed(); err != nil {
		return nil, err
	}
	until := time.Now().Add(wait)
	for left := wait; ; left = time.Until(until) {
		if wait == 0 {
			left = 0
		} else if left <= 0 {
			return nil, c.broken(fmt.Errorf("wait for the answer to %v: %w", m.Code(), os.ErrDeadlineExceeded))
		}
		answer, err := c.ctl.Read(left)
		if err != nil {
			return nil, c.broken(fmt.Errorf("wait for the answer to %v: %w", m.Code(), err))
		}
		c.spoken.Store(true)
		r, ok := answer.(wire.Reply)
		if !ok {
			return answer, nil
		}
		switch r.Kind {
		case wire.MsgInfo: // any number of them may come before an answer (wire.md 11.9)
			if err := c.informed(r); err != nil {
				return nil, c.broken(err)
			}
		case wire.MsgBad, wire.MsgBadNoRetry:
			return nil, refused(r)
		default:
			return answer, nil
		}
	}
}

// agreed sends a command and returns the text of the server's MSG_OK.
func (c *Client) agreed(m wire.Message) (string, error) {
	answer, err := c.command(c.set.Waits.Reply, m)
	if err != nil {
		return "", err
	}
	if r, ok := answer.(wire.Reply); ok && r.Kind == wire.MsgOK {
		return r.Text, nil
	}
	return "", c.unexpected(answer, m.Code())
}

// send sends the messages a command begins with, in a single write.
func (c *Client) send(m wire.Message, more ...wire.Message) error {
	c.fresh = false
	// The choice is not answered: on its own it would cost a packet (wire.md 4).
	all := append(append(c.choice, m), more...)
	c.choice = nil
	if err := c.ctl.Send(all[0], all[1:]...); err != nil {
		return c.broken(err)
	}
	return nil
}

// say sends a message after which the session goes on without an answer. If
// it can't be sent, the next operation connects anew.
func (c *Client) say(code wire.Code) {
	if err := c.ctl.Send(wire.Signal{Kind: code}); err != nil {
		c.disconnect()
	}
}

// farewell tells the server that the session is over (wire.md 8.7). Version 1
// has no word for it, nor has a session of which no version is agreed on yet.
func (c *Client) farewell() {
	if c.ctl != nil && c.version > 1 && !c.presumed {
		_ = c.send(wire.Signal{Kind: wire.MsgCloseConn})
	}
}

// informed passes a warning on, but not that of a server of version 2 that grants
// less than the windows the tuner asked for (wire.md 6.3): they are nobody's wish.
// It fails where a server warns without end, which would fill logs and screens.
func (c *Client) informed(r wire.Reply) error {
	if c.talked += wire.HeaderSize + len(r.Text); c.talked > mostTalk {
		return fmt.Errorf("%v: more than %d bytes of warnings", r.Kind, mostTalk)
	}
	c.log.Warn("server", "info", r.Text)
	if c.version == 2 && c.tuned != nil && c.tuned.SendWindow > 0 && c.set.SendWindow == 0 && c.set.RecvWindow == 0 {
		return nil
	}
	c.warn(ServerInfo{r.Text})
	return nil
}

// mostTalk is twice what a server of version 2 says, in 1 KiB each, that grants none of
// two windows to any of the most streams (wire.md 6.3), in bytes.
const mostTalk = 4 * wire.MaxStreams << 10

func (c *Client) warn(warning error) {
	if c.cfg.OnWarning != nil {
		c.cfg.OnWarning(warning)
	}
}

// unexpected ends a connection whose peer answered out of turn.
func (c *Client) unexpected(answer wire.Message, to wire.Code) error {
	return c.broken(fmt.Errorf("%v as answer to %v", answer.Code(), to))
}

// broken closes the control connection and names the reason.
func (c *Client) broken(err error) error {
	if !c.spoken.Load() && c.cfg.Protocol == 1 && !c.ours() && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)) {
		err = fmt.Errorf("%w: the server closed at the first command: it was built without version 1", ErrVersion)
	}
	c.disconnect()
	return &BrokenError{err}
}
