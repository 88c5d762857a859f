package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/wire"
)

// entrance is the login of one connection (wire.md 3).
//
//	S: MSG_CRYPT   C: MSG_LOG (RSA)                                   → check
//	S: MSG_CRYPT   C: MSG_CRYPT   S: MSG_OK   C: MSG_LOG (clear text) → check
//	S: MSG_CRYPT   C: MSG_TLS, handshake   C: MSG_LOG (clear text)    → check
//	S: MSG_CRYPT   C: MSG_SERVER_STATUS   S: MSG_OK text              → close
//
//	check ─┬─ right: a place among the user's sessions, or MSG_BAD
//	       └─ wrong: the delay, MSG_BAD_NO_RETRY
type entrance struct {
	*service
	ctl     *control.Conn
	keys    auth.Keys
	visit   *admission.Visit
	claimed string // the user's name as the client says it, of any bytes
}

// enter logs a client in, short of telling it so: that waits until the account's
// directory is open.
func (s *service) enter(ctx context.Context, ctl *control.Conn, keys auth.Keys, visit *admission.Visit) (account auth.Account, err error) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	defer context.AfterFunc(s.draining, func() { end(errDraining) })()
	e := entrance{service: s, ctl: ctl, keys: keys, visit: visit}
	err = errCrashed // until it is known better
	defer func() { e.over(err) }()
	account, err = e.login(ctx)
	if errors.Is(err, auth.ErrDenied) {
		visit.Failed(ctx)
		err = errors.Join(err, ctl.Send(wire.Reply{Kind: wire.MsgBadNoRetry, Text: "Incorrect password"}))
	}
	return account, err
}

// over tells log and record how the login ended, unless it succeeded: that is known
// only when the client was told.
func (e *entrance) over(err error) {
	switch log := e.log.With("client", e.ctl.RemoteAddr().String()); {
	case errors.Is(err, errStatus):
		log.Info("status asked for")
	case err != nil:
		log.Warn("login failed", "user", cut(e.claimed, maxUser), "error", err)
		e.record(err)
	}
}

func (e *entrance) login(ctx context.Context) (auth.Account, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, e.cfg.Waits.Login, errLoginLimit)
	defer cancel()
	// Each wait has a limit of its own; this one bounds their sum, so that a
	// peer that trickles bytes can't hold its place.
	defer context.AfterFunc(ctx, func() { _ = e.ctl.Close() })()
	account, err := e.dialogue(ctx)
	// A wrong password stays one: who has it checked in the last moment would
	// guess without a delay.
	if err != nil && ctx.Err() != nil && !errors.Is(err, auth.ErrDenied) {
		err = context.Cause(ctx)
	}
	return account, err
}

func (e *entrance) dialogue(ctx context.Context) (auth.Account, error) {
	key, err := e.takeKey(ctx)
	if err != nil {
		return auth.Account{}, err
	}
	offer := key.Offer()
	if e.cfg.TLS != nil {
		offer.Type |= wire.CryptTLS
	}
	e.visit.Waiting(true)
	if err := e.ctl.Send(offer); err != nil {
		return auth.Account{}, err
	}
	h, err := e.passage(ctx)
	if err != nil {
		return auth.Account{}, err
	}
	switch {
	case h.Code == wire.MsgServerStatus:
		return auth.Account{}, errors.Join(errStatus, e.ctl.Send(wire.Reply{Kind: wire.MsgOK, Text: e.status()}))
	case h.Code != wire.MsgLog:
		return auth.Account{}, e.refuse(wire.MsgBad, "Unkown message in connected state")
	case h.Len != wire.LogSize:
		return auth.Account{}, e.refuse(wire.MsgBad, "Incorrect length for MSG_LOG command")
	}
	m, err := e.ctl.ReadBody(h)
	if err != nil {
		return auth.Account{}, err
	}
	e.visit.Waiting(false)
	return e.check(ctx, key, m.(wire.Log))
}

// passage settles by which way the login will come, and waits for it.
func (e *entrance) passage(ctx context.Context) (wire.Header, error) {
	h, err := e.nextHeader()
	switch {
	case err != nil || h.Code == wire.MsgServerStatus:
		return h, err
	case h.Code == wire.MsgTLS && e.cfg.TLS != nil:
		err = e.ctl.Secure(ctx, func(conn net.Conn) *tls.Conn { return tls.Server(conn, e.cfg.TLS) })
	case e.cfg.RequireTLS:
		err = e.refuse(wire.MsgBadNoRetry, "The server requires TLS")
	case h.Code == wire.MsgCrypt && !e.cfg.AllowClear:
		err = e.refuse(wire.MsgBadNoRetry, textEncryptedOnly)
	case h.Code == wire.MsgCrypt:
		err = e.ctl.Send(wire.Reply{Kind: wire.MsgOK, Text: "Uncrypted login dialog accepted"})
	default:
		return h, nil
	}
	if err != nil {
		return wire.Header{}, err
	}
	return e.nextHeader()
}

func (e *entrance) nextHeader() (wire.Header, error) {
	h, err := e.ctl.ReadHeader(e.cfg.Waits.Login)
	if err != nil {
		return wire.Header{}, fmt.Errorf("wait for MSG_LOG: %w", err)
	}
	return h, nil
}

// takeKey waits for a login key as long as the client does: connections that
// are gone must not stand in the queue.
func (e *entrance) takeKey(ctx context.Context) (*auth.Key, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer e.ctl.Watch(func(_ wire.Header, err error) {
		if err != nil {
			cancel(err)
		}
	})()
	return e.keys.Take(ctx)
}

var (
	errLoginLimit = errors.New("login not complete within the time limit")
	// errStatus ends a connection that only asked for the status.
	errStatus = errors.New("status asked for")
)

const textEncryptedOnly = "The server requires encrypted login"

// check verifies the credentials in m. Every failure from here on looks and
// costs the same to the peer.
func (e *entrance) check(ctx context.Context, key *auth.Key, m wire.Log) (auth.Account, error) {
	var who auth.Credentials
	switch m.Type {
	case wire.CryptRSA:
		who = key.Open(m)
	case wire.CryptNone:
		if _, secured := e.ctl.TLS(); !secured && !e.cfg.AllowClear {
			return auth.Account{}, e.refuse(wire.MsgBadNoRetry, textEncryptedOnly)
		}
		who = auth.OpenClear(m)
	default:
		return auth.Account{}, e.refuseGreeting("Unknown encryption")
	}
	defer who.Wipe()
	e.claimed = who.User()
	account, err := e.authenticate(ctx, who)
	if err == nil {
		err = e.visit.AdmitSoon(ctx, account.Name, account.Sessions, account.Streams)
	}
	switch {
	case errors.Is(err, auth.ErrDenied): // answered after the delay
		return auth.Account{}, err
	case errors.Is(err, admission.ErrUserFull):
		return auth.Account{}, e.refuseGreeting(sentence(admission.ErrUserFull))
	case err != nil: // too busy to check in time
		return auth.Account{}, errors.Join(err, e.ctl.Send(e.greeting(wire.MsgBad, "Unable to check the password")))
	}
	return account, nil
}

// authenticate has the password checked when it is the address's turn, for which it
// waits so long that there is time to tell the client that it did not come.
func (e *entrance) authenticate(ctx context.Context, who auth.Credentials) (auth.Account, error) {
	turn, cancel := context.WithTimeoutCause(ctx, e.cfg.Waits.Login/2, auth.ErrBusy)
	defer cancel()
	if err := e.visit.Check(turn); err != nil {
		return auth.Account{}, err
	}
	return e.cfg.Accounts.Authenticate(ctx, who)
}

// loginRefusal is the last reply of a login that goes no further.
type loginRefusal struct {
	kind wire.Code
	text string // without the version
}

func (r *loginRefusal) Error() string { return fmt.Sprintf("answered %v %q", r.kind, r.text) }

func (e *entrance) refuse(kind wire.Code, text string) error {
	if err := e.ctl.Send(wire.Reply{Kind: kind, Text: text}); err != nil {
		return err
	}
	return &loginRefusal{kind, text}
}

func (e *entrance) refuseGreeting(text string) error {
	if err := e.ctl.Send(e.greeting(wire.MsgBad, text)); err != nil {
		return err
	}
	return &loginRefusal{wire.MsgBad, text}
}
