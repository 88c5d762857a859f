package server

import (
	"context"
	"errors"
	"fmt"

	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/wire"
)

// login runs the dialogue of wire.md 3 up to, not including, its final reply
// on success: that one waits until the account's directory is open.
//
//	S: MSG_CRYPT   C: MSG_LOG (RSA)                                   → check
//	S: MSG_CRYPT   C: MSG_CRYPT   S: MSG_OK   C: MSG_LOG (clear text) → check
//	S: MSG_CRYPT   C: MSG_SERVER_STATUS   S: MSG_OK text              → close
func (s *Server) login(ctx context.Context, ctl *control.Conn, keys *auth.KeyPool) (auth.Account, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.cfg.Waits.Login, errLoginLimit)
	defer cancel()
	// Each wait has a limit of its own; this one bounds their sum, so that a
	// peer that trickles bytes can't hold its place.
	defer context.AfterFunc(ctx, func() { _ = ctl.Close() })()
	account, err := s.dialogue(ctx, ctl, keys)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return account, err
}

func (s *Server) dialogue(ctx context.Context, ctl *control.Conn, keys *auth.KeyPool) (auth.Account, error) {
	key, err := takeKey(ctx, ctl, keys)
	if err != nil {
		return auth.Account{}, err
	}
	if err := ctl.Send(key.Offer()); err != nil {
		return auth.Account{}, err
	}
	h, err := ctl.ReadHeader(s.cfg.Waits.Login)
	if err != nil {
		return auth.Account{}, fmt.Errorf("wait for MSG_LOG: %w", err)
	}
	if h.Code == wire.MsgCrypt {
		if !s.cfg.AllowClear {
			return auth.Account{}, refuseLogin(ctl, wire.Reply{Kind: wire.MsgBadNoRetry, Text: textEncryptedOnly})
		}
		if err := ctl.Send(wire.Reply{Kind: wire.MsgOK, Text: "Uncrypted login dialog accepted"}); err != nil {
			return auth.Account{}, err
		}
		if h, err = ctl.ReadHeader(s.cfg.Waits.Login); err != nil {
			return auth.Account{}, fmt.Errorf("wait for MSG_LOG: %w", err)
		}
	}
	switch {
	case h.Code == wire.MsgServerStatus:
		return auth.Account{}, errors.Join(errStatus, ctl.Send(wire.Reply{Kind: wire.MsgOK, Text: s.status(ctl)}))
	case h.Code != wire.MsgLog:
		return auth.Account{}, refuseLogin(ctl, wire.Reply{Kind: wire.MsgBad, Text: "Unkown message in connected state"})
	case h.Len != wire.LogSize:
		return auth.Account{}, refuseLogin(ctl, wire.Reply{Kind: wire.MsgBad, Text: "Incorrect length for MSG_LOG command"})
	}
	m, err := ctl.ReadBody(h)
	if err != nil {
		return auth.Account{}, err
	}
	return s.check(ctx, ctl, key, m.(wire.Log))
}

// takeKey waits for a login key as long as the client does: connections that
// are gone must not stand in the queue.
func takeKey(ctx context.Context, ctl *control.Conn, keys *auth.KeyPool) (*auth.Key, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer ctl.Watch(func(_ wire.Header, err error) {
		if err != nil {
			cancel(err)
		}
	})()
	return keys.Take(ctx)
}

var (
	errLoginLimit = errors.New("login not complete within the time limit")
	// errStatus ends a connection that only asked for the status.
	errStatus = errors.New("status asked for")
)

const textEncryptedOnly = "The server requires encrypted login"

// check verifies the credentials in m. Every failure from here on looks and
// costs the same to the peer.
func (s *Server) check(ctx context.Context, ctl *control.Conn, key *auth.Key, m wire.Log) (auth.Account, error) {
	var who auth.Credentials
	switch m.Type {
	case wire.CryptRSA:
		who = key.Open(m)
	case wire.CryptNone:
		if !s.cfg.AllowClear {
			return auth.Account{}, refuseLogin(ctl, wire.Reply{Kind: wire.MsgBadNoRetry, Text: textEncryptedOnly})
		}
		who = auth.OpenClear(m)
	default:
		return auth.Account{}, refuseLogin(ctl, s.greeting(wire.MsgBad, "Unknown encryption"))
	}
	account, err := s.cfg.Accounts.Authenticate(ctx, who)
	switch {
	case errors.Is(err, auth.ErrDenied):
		return auth.Account{}, fmt.Errorf("user %q: %w", who.User(),
			refuseLogin(ctl, wire.Reply{Kind: wire.MsgBadNoRetry, Text: "Incorrect password"}))
	case err != nil: // too busy to check in time
		return auth.Account{}, errors.Join(err, ctl.Send(s.greeting(wire.MsgBad, "Unable to check the password")))
	}
	return account, nil
}

// refuseLogin sends the last reply of a login that goes no further and names
// it as the reason.
func refuseLogin(ctl *control.Conn, r wire.Reply) error {
	if err := ctl.Send(r); err != nil {
		return err
	}
	return fmt.Errorf("answered %v %q", r.Kind, r.Text)
}

// greeting is a reply that shows the server's version, the only place on the
// wire that has it (wire.md 3.2).
func (s *Server) greeting(kind wire.Code, text string) wire.Reply {
	return wire.Reply{Kind: kind, Text: fmt.Sprintf("bbftpd version %s : %s", s.cfg.Version, text)}
}

// status answers MSG_SERVER_STATUS in the form of wire.md 3.5.
func (s *Server) status(ctl *control.Conn) string {
	text := fmt.Sprintf("bbftpd version %s\nCompiled with  :   default port %d\n  compression with Zlib\n  encryption with RSA\n"+
		"Running options:\n  Maximum number of streams = %d\n", s.cfg.Version, ctl.LocalAddr().Port(), s.cfg.MaxStreams)
	if ports := s.cfg.DataPorts; ports.Min != 0 {
		text += fmt.Sprintf("  data ports range = [%d-%d]\n", ports.Min, ports.Max)
	}
	if s.cfg.AllowClear {
		return text + "  The server allows non-encrypted login\n"
	}
	return text + "  " + textEncryptedOnly + "\n"
}
