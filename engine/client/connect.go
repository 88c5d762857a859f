package client

import (
	"context"
	"net"
	"strconv"
	"time"

	"bbftp/engine/control"
	"bbftp/engine/trust"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// ready brings the client to where a command may be sent: connected, logged
// in, a version agreed on, and the session as it was on the last connection.
//
//	closed ─┬ dial ─► MSG_CRYPT ─ login ───────► MSG_OK ─┬─► negotiate ─► restore ─► ready
//	        └ ssh ──► MSG_LOGGED_STDIN ─► MSG_IPADDR_OK ─┘
func (c *Client) ready(ctx context.Context) error {
	if c.ctl != nil {
		if err := c.settle(ctx); err != nil {
			return err
		}
		c.hook(ctx) // a message that has begun is waited for
		c.look()
	}
	if c.fresh && time.Since(c.since) > stale {
		c.disconnect()
	}
	limits := control.Limits{Receive: c.set.Waits.Reply, Send: c.set.Waits.Send}
	if c.ctl != nil {
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
	var meeting *trust.Meeting
	if c.cfg.Trust != nil {
		var err error
		if meeting, err = c.cfg.Trust.Meet(c.cfg.Host, c.cfg.Port); err != nil {
			return &LoginError{err}
		}
	}
	// The addresses of both families are tried at once.
	dialer := netio.Dialer{Options: netio.Options{KeepAlive: time.Minute}, Timeout: c.set.Waits.Connect}
	conn, err := dialer.Dial(ctx, net.JoinHostPort(c.cfg.Host, strconv.Itoa(int(c.cfg.Port))))
	if err != nil {
		return &ConnectError{err}
	}
	c.ctl = control.New(conn, wire.Server, limits)
	c.hook(ctx)
	return c.login(ctx, meeting)
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
