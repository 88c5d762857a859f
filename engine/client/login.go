package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"bbftp/engine/auth"
	"bbftp/engine/trust"
	"bbftp/engine/wire"
)

// login runs the client's side of wire.md 3. meeting judges the server; without one
// no TLS is used.
//
//	S: MSG_CRYPT ─┬─ C: MSG_LOG (RSA) ──────────────────────────────┬─ S: MSG_OK
//	              ├─ C: MSG_CRYPT   S: MSG_OK   C: MSG_LOG (clear) ─┤
//	              └─ C: MSG_TLS, handshake   C: MSG_LOG (clear) ────┘  if the server offers it
func (c *Client) login(ctx context.Context, meeting *trust.Meeting) error {
	offer, err := c.greeted()
	if err != nil {
		return err
	}
	if meeting != nil && offer.Type&wire.CryptTLS == 0 {
		if err := meeting.Plain(); err != nil {
			return &LoginError{err}
		}
		meeting = nil
	}
	var login wire.Log
	if meeting != nil {
		login, err = c.secure(ctx, meeting)
	} else {
		login, err = c.plainLogin(offer)
	}
	if err != nil {
		return err
	}
	greeting, err := c.loginReply(login)
	if err != nil {
		return err
	}
	if meeting != nil {
		if err := c.remember(meeting); err != nil {
			return err
		}
	}
	c.welcome(greeting)
	return nil
}

// greeted waits for what the server begins with.
func (c *Client) greeted() (wire.Crypt, error) {
	m, err := c.ctl.Read(c.set.Waits.Reply)
	switch {
	case errors.Is(err, wire.ErrKey):
		return wire.Crypt{}, &LoginError{err}
	case err != nil:
		return wire.Crypt{}, &BrokenError{fmt.Errorf("wait for MSG_CRYPT: %w", err)}
	}
	offer, ok := m.(wire.Crypt)
	if !ok {
		r, ok := m.(wire.Reply)
		switch {
		case ok && r.Kind == wire.MsgBad:
			return wire.Crypt{}, refused(r) // a server that is full says so here
		case ok && r.Text != "":
			return wire.Crypt{}, &BrokenError{fmt.Errorf("%v instead of MSG_CRYPT: %s", r.Kind, excerpt(r.Text))}
		}
		return wire.Crypt{}, &BrokenError{fmt.Errorf("%v instead of MSG_CRYPT", m.Code())}
	}
	return offer, nil
}

// plainLogin makes the login of a connection without TLS.
func (c *Client) plainLogin(offer wire.Crypt) (wire.Log, error) {
	if !c.cfg.ClearText {
		login, err := auth.Seal(offer, c.cfg.User, c.cfg.Password)
		if err != nil {
			return wire.Log{}, &LoginError{err}
		}
		if c.cfg.Trust != nil && !c.exposed {
			c.exposed = true
			c.warn(PasswordExposed{})
		}
		return login, nil
	}
	login, err := c.clearLogin()
	if err != nil {
		return wire.Log{}, err
	}
	_, err = c.loginReply(wire.Signal{Kind: wire.MsgCrypt})
	return login, err
}

func (c *Client) clearLogin() (wire.Log, error) {
	login, err := auth.ClearLog(c.cfg.User, c.cfg.Password)
	if err != nil {
		return wire.Log{}, &LoginError{err}
	}
	return login, nil
}

// secure leads the connection through TLS and makes the login for it. The server
// is not asked first: it has offered.
func (c *Client) secure(ctx context.Context, meeting *trust.Meeting) (wire.Log, error) {
	login, err := c.clearLogin()
	if err != nil {
		return wire.Log{}, err
	}
	if err := c.ctl.Send(wire.Signal{Kind: wire.MsgTLS}); err != nil {
		return wire.Log{}, &BrokenError{err}
	}
	err = c.ctl.Secure(ctx, func(conn net.Conn) *tls.Conn { return tls.Client(conn, meeting.Config()) })
	switch {
	case err == nil:
		return login, nil
	case errors.Is(err, trust.ErrUntrusted):
		_ = c.ctl.Hangup() // the server's log tells why
		return wire.Log{}, &LoginError{unwrapUntrusted(err)}
	case noTLS(err):
		return wire.Log{}, &LoginError{fmt.Errorf("the server offered TLS, but does not do it: %w", err)}
	}
	return wire.Log{}, &BrokenError{err}
}

// unwrapUntrusted leaves out that a handshake was the occasion.
func unwrapUntrusted(err error) error {
	if inner := errors.Unwrap(err); inner != nil && errors.Is(inner, trust.ErrUntrusted) {
		return inner
	}
	return err
}

// noTLS tells a handshake that failed by what the server said from one that the
// network ended.
func noTLS(err error) bool {
	// The type of a peer's alert is crypto/tls's own.
	if alert, ok := errors.AsType[*net.OpError](err); ok && alert.Op == "remote error" {
		return true
	}
	_, garbage := errors.AsType[tls.RecordHeaderError](err)
	return garbage
}

// remember takes note of a server that has let the client in.
func (c *Client) remember(meeting *trust.Meeting) error {
	met, err := meeting.Accept()
	switch {
	case errors.Is(err, trust.ErrUntrusted):
		return &LoginError{err}
	case err != nil:
		c.warn(NotRemembered{err})
	}
	if c.cfg.OnTrust != nil {
		c.cfg.OnTrust(met)
	}
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
