package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/control"
)

// Reasons of records about logins and sessions. Others are the texts of package
// admission and what the client was answered.
const (
	reasonDenied   = "wrong user or password"
	reasonBusy     = "unable to check the password"
	reasonTooLate  = "no login within the time limit"
	reasonLost     = "connection lost"
	reasonProtocol = "protocol error"
	reasonNoHome   = "account has no usable directory"
	reasonStopping = "the server is stopping"
	reasonEvicted  = "made way for another address"
	reasonIdle     = "no command within the time limit"
	reasonCrash    = "internal error"
	reasonDeclined = "declined by the client"
	reasonInvalid  = "invalid request"
)

const (
	// maxPath is as much of a path as logs and records have, in bytes.
	maxPath = 4096
	// maxUser is as much of a claimed user name.
	maxUser = auth.MaxLogin
)

// cut is text of a bounded length.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}

// recordRefusal tells log and sink that a connection was not let in.
func recordRefusal(log *slog.Logger, sink audit.Sink, conn net.Conn, reason error) {
	client := control.AddrPort(conn.RemoteAddr())
	log.Warn("connection refused", "client", client.String(), "error", reason)
	if sink != nil {
		sink.Record(audit.Record{
			Time: time.Now(), Event: audit.Refused, Outcome: audit.Denied, Reason: reason.Error(), Client: client,
		})
	}
}

// record gives the sinks a record of the login that failed with err.
func (e *entrance) record(err error) {
	_, secured := e.ctl.TLS()
	r := audit.Record{
		Time: time.Now(), Event: audit.Login, Client: e.ctl.RemoteAddr(), Session: e.visit.Number(),
		User: cut(e.claimed, maxUser), TLS: secured,
	}
	r.Outcome, r.Reason = loginOutcome(err)
	e.cfg.Audit.Record(r)
}

func loginOutcome(err error) (audit.Outcome, string) {
	var refused *loginRefusal
	switch {
	case errors.As(err, &refused):
		return audit.Denied, refused.text
	case errors.Is(err, auth.ErrDenied):
		return audit.Denied, reasonDenied
	case errors.Is(err, auth.ErrBusy):
		return audit.Failed, reasonBusy
	case errors.Is(err, errEvicted), errors.Is(err, admission.ErrFull):
		return audit.Denied, reasonEvicted
	case errors.Is(err, errLoginLimit):
		return audit.Failed, reasonTooLate
	case errors.Is(err, errDraining), errors.Is(err, context.Canceled):
		return audit.Failed, reasonStopping
	case errors.Is(err, errCrashed):
		return audit.Failed, reasonCrash
	}
	return audit.Failed, reasonLost
}

// record completes a record about the session and gives it to the sinks.
func (s *session) record(r audit.Record) {
	r.Time, r.Client, r.Session = time.Now(), s.ctl.RemoteAddr(), s.number
	r.User, r.TLS, r.Version = s.account.Name, s.tls, s.spoken
	s.server.cfg.Audit.Record(r)
}

// over records the end of a session that began then, also one that crashes.
func (s *session) over(began time.Time) func() {
	s.ending = errCrashed // until it is known better
	return func() {
		r := audit.Record{Event: audit.Session, Outcome: audit.OK, Seconds: time.Since(began).Seconds()}
		if s.ending != nil {
			r.Outcome, r.Reason = audit.Failed, sessionReason(s.ending)
		}
		s.record(r)
	}
}

var errCrashed = errors.New("session crashed")

func sessionReason(err error) string {
	for _, known := range []struct {
		err    error
		reason string
	}{
		{errDraining, reasonStopping},
		{errCrashed, reasonCrash},
		{errProtocol, reasonProtocol},
		{errIdle, reasonIdle},
	} {
		if errors.Is(err, known.err) {
			return known.reason
		}
	}
	return reasonLost
}
