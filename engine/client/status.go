package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bbftp/engine/control"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// Status asks the server at address, "host:port", for its version and running
// options, which it tells without a login (wire.md 3.5); those before 3.2.0
// refuse. limit bounds the whole exchange.
func Status(ctx context.Context, address string, limit time.Duration) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %v", limit))
	defer cancel()
	conn, err := netio.Dialer{}.Dial(ctx, address)
	if err != nil {
		return "", &ConnectError{err}
	}
	ctl := control.New(conn, wire.Server, control.Limits{Receive: limit, Send: limit})
	defer func() { _ = ctl.Close() }()
	defer context.AfterFunc(ctx, func() { _ = ctl.Close() })()
	text, err := status(ctl)
	if err != nil && ctx.Err() != nil {
		return "", &BrokenError{context.Cause(ctx)}
	}
	return text, err
}

func status(ctl *control.Conn) (string, error) {
	// The server's key is not used, so that any will do.
	m, err := ctl.Read(0)
	if err != nil && !errors.Is(err, wire.ErrKey) {
		return "", &BrokenError{fmt.Errorf("wait for MSG_CRYPT: %w", err)}
	}
	if r, ok := m.(wire.Reply); ok && r.Kind == wire.MsgBad {
		return "", refused(r) // a server that is full says so here
	}
	if err == nil && m.Code() != wire.MsgCrypt {
		return "", &BrokenError{fmt.Errorf("%v instead of MSG_CRYPT", m.Code())}
	}
	if err := ctl.Send(wire.Signal{Kind: wire.MsgServerStatus, Len: wire.LogSize}); err != nil {
		return "", &BrokenError{err}
	}
	if m, err = ctl.Read(0); err != nil {
		return "", &BrokenError{fmt.Errorf("wait for the answer to MSG_SERVER_STATUS: %w", err)}
	}
	r, ok := m.(wire.Reply)
	switch {
	case ok && r.Kind == wire.MsgOK:
		return r.Text, nil
	case ok && (r.Kind == wire.MsgBad || r.Kind == wire.MsgBadNoRetry):
		return "", refused(r)
	}
	return "", &BrokenError{fmt.Errorf("%v as answer to MSG_SERVER_STATUS", m.Code())}
}
