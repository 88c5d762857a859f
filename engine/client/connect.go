package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"syscall"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// ready brings the client to where a command may be sent: connected, logged
// in, and in its remote directory.
//
//	closed ─ dial ─► MSG_CRYPT ─ MSG_LOG ─► MSG_OK ─ MSG_PROT ─► MSG_BAD* ─► version 1 ─ MSG_CHDIR ─► ready
//	                                                    └─► MSG_PROT_ANS ─► ErrVersion
func (c *Client) ready(ctx context.Context) error {
	if c.fresh && time.Since(c.since) > stale {
		c.disconnect()
	}
	if c.ctl != nil {
		c.hook(ctx)
		return sleep(ctx, time.Until(c.settled))
	}
	conn, err := c.dial(ctx)
	if err != nil {
		return &ConnectError{err}
	}
	c.ctl = control.New(conn, wire.Server, control.Limits{})
	c.hook(ctx)
	c.fresh = true
	if err := c.login(); err != nil {
		c.disconnect()
		return err
	}
	if err := c.negotiate(); err != nil {
		c.disconnect()
		return err
	}
	if c.dir == "" {
		return nil
	}
	if _, err = c.chdir(c.dir); err != nil {
		c.disconnect() // no command may run in another directory
	}
	return err
}

// hook lets the end of ctx, that of one operation, close the connection, which
// may serve others after it.
func (c *Client) hook(ctx context.Context) {
	ctl := c.ctl
	c.unhook = context.AfterFunc(ctx, func() { _ = ctl.Close() })
}

// release ends what hook began.
func (c *Client) release() {
	if c.unhook == nil {
		return
	}
	if !c.unhook() {
		c.disconnect() // it is being closed
	}
	c.unhook = nil
}

// stale is how old a login without a command may be: servers allow 10 s for
// the first one (wire.md 5).
const stale = 8 * time.Second

// dial tries the host's addresses, those of both families at once.
func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	dialer := netio.Dialer{Options: netio.Options{KeepAlive: time.Minute}, Timeout: c.cfg.Waits.Connect}
	return dialer.Dial(ctx, net.JoinHostPort(c.cfg.Host, strconv.Itoa(int(c.cfg.Port))))
}

// login runs the client's side of wire.md 3.
func (c *Client) login() error {
	m, err := c.ctl.Read(c.cfg.Waits.Reply)
	switch {
	case errors.Is(err, wire.ErrKey):
		return &LoginError{err}
	case err != nil:
		return &BrokenError{fmt.Errorf("wait for MSG_CRYPT: %w", err)}
	}
	offer, ok := m.(wire.Crypt)
	if !ok {
		if r, ok := m.(wire.Reply); ok && r.Kind == wire.MsgBad {
			return refused(r) // a server that is full says so here
		}
		return &BrokenError{fmt.Errorf("%v instead of MSG_CRYPT", m.Code())}
	}
	var login wire.Log
	if c.cfg.ClearText {
		if login, err = auth.ClearLog(c.cfg.User, c.cfg.Password); err != nil {
			return &LoginError{err}
		}
		if _, err := c.loginReply(wire.Signal{Kind: wire.MsgCrypt}); err != nil {
			return err
		}
	} else if login, err = auth.Seal(offer, c.cfg.User, c.cfg.Password); err != nil {
		return &LoginError{err}
	}
	greeting, err := c.loginReply(login)
	if err != nil {
		return err
	}
	c.since = time.Now()
	c.log.Info("logged in", "server", c.ctl.RemoteAddr().String(), "greeting", greeting)
	if c.cfg.OnLogin != nil {
		c.cfg.OnLogin(greeting)
	}
	return nil
}

// loginReply sends m and returns the text of the server's consent.
func (c *Client) loginReply(m wire.Message) (string, error) {
	if err := c.ctl.Send(m); err != nil {
		return "", &BrokenError{err}
	}
	answer, err := c.ctl.Read(c.cfg.Waits.Reply)
	if err != nil {
		return "", &BrokenError{fmt.Errorf("wait for the answer to %v: %w", m.Code(), err)}
	}
	r, ok := answer.(wire.Reply)
	if !ok {
		return "", &BrokenError{fmt.Errorf("%v as answer to %v", answer.Code(), m.Code())}
	}
	switch r.Kind {
	case wire.MsgOK, wire.MsgWarn:
		return r.Text, nil
	case wire.MsgBadNoRetry:
		return "", &LoginError{refused(r)}
	case wire.MsgBad:
		return "", refused(r)
	}
	return "", &BrokenError{fmt.Errorf("%v as answer to %v", r.Kind, m.Code())}
}

// negotiate asks for the newest version (wire.md 4). A server of version 1
// does not know the question and refuses it; the session then goes on in
// version 1.
func (c *Client) negotiate() error {
	if c.cfg.Protocol == 1 {
		return nil
	}
	if err := c.ctl.Send(wire.Signal{Kind: wire.MsgProt}); err != nil {
		return &BrokenError{err}
	}
	m, err := c.ctl.Read(c.cfg.Waits.Reply)
	if err != nil {
		return &BrokenError{fmt.Errorf("wait for the answer to MSG_PROT: %w", err)}
	}
	switch m := m.(type) {
	case wire.Reply:
		if m.Kind == wire.MsgBad || m.Kind == wire.MsgBadNoRetry {
			c.fresh = false
			return nil
		}
	case wire.ProtRange:
		_ = c.ctl.Send(wire.Reply{Kind: wire.MsgBadNoRetry})
		return fmt.Errorf("%w: the server negotiates versions %d to %d, this client speaks only 1; --protocol 1 skips the negotiation, for servers that serve version 1 without it",
			ErrVersion, m.Min, m.Max)
	}
	return &BrokenError{fmt.Errorf("%v as answer to MSG_PROT", m.Code())}
}

// command sends a command and returns its answer. wait 0 waits for ever, the
// connection's keep-alive probes being the limit.
func (c *Client) command(m wire.Message, wait time.Duration) (wire.Message, error) {
	if err := c.send(m); err != nil {
		return nil, err
	}
	for {
		answer, err := c.ctl.Read(wait)
		if err != nil {
			return nil, c.broken(fmt.Errorf("wait for the answer to %v: %w", m.Code(), err))
		}
		c.spoken.Store(true)
		// Any number of these may come before an answer (wire.md 11.9).
		if r, ok := answer.(wire.Reply); ok && r.Kind == wire.MsgInfo {
			c.log.Warn("server", "info", r.Text)
			continue
		}
		return answer, nil
	}
}

// send sends the first or only message of a command.
func (c *Client) send(m wire.Message) error {
	c.fresh = false
	if err := c.ctl.Send(m); err != nil {
		return c.broken(err)
	}
	return nil
}

// unexpected ends a connection whose peer answered out of turn.
func (c *Client) unexpected(answer wire.Message, to wire.Code) error {
	return c.broken(fmt.Errorf("%v as answer to %v", answer.Code(), to))
}

// broken closes the control connection and names the reason.
func (c *Client) broken(err error) error {
	if !c.spoken.Load() && c.cfg.Protocol == 1 && (errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)) {
		err = fmt.Errorf("%w: the server closed at the first command: it was built without version 1", ErrVersion)
	}
	c.disconnect()
	return &BrokenError{err}
}

func (c *Client) disconnect() {
	if c.ctl == nil {
		return
	}
	if c.unhook != nil {
		c.unhook()
	}
	_ = c.ctl.Close()
	c.ctl, c.unhook = nil, nil
}
