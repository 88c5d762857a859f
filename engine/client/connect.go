package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// ready brings the client to where a command may be sent: connected, logged
// in, a version agreed on, and the session as it was on the last connection.
//
//	closed ─┬ dial ─► MSG_CRYPT ─ MSG_LOG ─► MSG_OK ─────┬─► negotiate ─► restore ─► ready
//	        └ ssh ──► MSG_LOGGED_STDIN ─► MSG_IPADDR_OK ─┘
func (c *Client) ready(ctx context.Context) error {
	if c.ctl != nil {
		if err := c.settle(ctx); err != nil {
			return err
		}
		c.look()
	}
	if c.fresh && time.Since(c.since) > stale {
		c.disconnect()
	}
	limits := control.Limits{Receive: c.set.Waits.Reply, Send: c.set.Waits.Send}
	if c.ctl != nil {
		c.hook(ctx)
		c.ctl.SetLimits(limits)
		return nil
	}
	open := c.open
	if c.cfg.SSH != nil {
		open = c.openShell
	}
	if err := open(ctx, limits); err != nil {
		c.disconnect()
		return &SessionError{err}
	}
	c.fresh, c.since, c.settled = true, time.Now(), time.Time{}
	if err := c.negotiate(); err != nil {
		c.disconnect()
		return &SessionError{err}
	}
	if err := c.restore(); err != nil {
		c.disconnect() // no command may run in another directory
		return err
	}
	return nil
}

// stale is how old a login without a command may be: servers allow 10 s for
// the first one (wire.md 5).
const stale = 8 * time.Second

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

// settle waits until the server may take the next command, but not on a
// connection that has ended.
func (c *Client) settle(ctx context.Context) error {
	left := time.Until(c.settled)
	if left <= 0 {
		return ctx.Err()
	}
	gone := make(chan struct{})
	defer c.ctl.Watch(func(h wire.Header, err error) {
		if ended(h, err) {
			close(gone)
		}
	})()
	return sleep(ctx, left, gone)
}

// look drops a connection that has ended between two operations: one which the
// server has closed, after 900 s without a command or after a refusal (wire.md
// 8.5), costs the next operation nothing but a new one.
func (c *Client) look() {
	if c.ctl == nil {
		return
	}
	if h, something, err := c.ctl.Heard(); something && ended(h, err) {
		c.disconnect()
	}
}

// ended tells whether a connection is of no more use on which h or err came
// where nothing was asked for. Some other message than MSG_INFO puts it out of
// step, as after mkdir (wire.md 11.4).
func ended(h wire.Header, err error) bool { return err != nil || h.Code != wire.MsgInfo }

// open connects to the server's port and logs in.
func (c *Client) open(ctx context.Context, limits control.Limits) error {
	// The addresses of both families are tried at once.
	dialer := netio.Dialer{Options: netio.Options{KeepAlive: time.Minute}, Timeout: c.set.Waits.Connect}
	conn, err := dialer.Dial(ctx, net.JoinHostPort(c.cfg.Host, strconv.Itoa(int(c.cfg.Port))))
	if err != nil {
		return &ConnectError{err}
	}
	c.ctl = control.New(conn, wire.Server, limits)
	c.hook(ctx)
	return c.login()
}

// login runs the client's side of wire.md 3.
func (c *Client) login() error {
	m, err := c.ctl.Read(c.set.Waits.Reply)
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
	c.welcome(greeting)
	return nil
}

func (c *Client) welcome(greeting string) {
	c.greeting = greeting
	c.log.Info("logged in", "server", c.ctl.RemoteAddr().String(), "greeting", greeting)
	if c.cfg.OnLogin != nil {
		c.cfg.OnLogin(greeting)
	}
}

// loginReply sends m and returns the text of the server's consent.
func (c *Client) loginReply(m wire.Message) (string, error) {
	if err := c.ctl.Send(m); err != nil {
		return "", &BrokenError{err}
	}
	answer, err := c.ctl.Read(c.set.Waits.Reply)
	if err != nil {
		return "", &BrokenError{fmt.Errorf("wait for the answer to %v: %w", m.Code(), err)}
	}
	if warning, ok := answer.(wire.LoggedStdin); ok {
		answer = warning.Warning() // here it can be nothing else
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

// disconnect closes the connection, if there is one, without a word.
func (c *Client) disconnect() {
	if c.ctl == nil {
		return
	}
	if c.unhook != nil {
		c.unhook()
	}
	_ = c.ctl.Close()
	c.ctl, c.unhook, c.choice, c.presumed, c.fresh = nil, nil, nil, false, false
}
