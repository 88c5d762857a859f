package server

import (
	"context"
	"fmt"
	"net"

	"bbftp/engine/wire"
	"bbftp/netio"
)

// version1 is the LOGGED state of a version 1 session (wire.md 7).
//
//	   ┌───────────── unknown, MKDIR, CHDIR, LIST: reply ─────────────┐
//	   ▼                                                              │
//	LOGGED ── STORE ───────────────────────────► RECEIVING ── reply ──┤
//	   │ ▲                                           └─ any message ─►│─► closed
//	   │ └── ABR, CREATE_ZERO ──┐                                     │
//	   ├── RETR ─► RETR_OK ─► WAITING ── RETR_START ─► SENDING ─ reply┘
//	   │                          │                       │ ABR: MSG_BAD, LOGGED
//	   │                          └─ other, 100 s ─► closed  other ─► closed
//	   └── 900 s, EOF ─► closed
type version1 struct{ *session }

func (s *session) version1() version1 {
	s.umask, s.spoken = s.server.cfg.Umask, 1
	s.log.Info("version agreed on", "version", 1)
	return version1{s}
}

// Texts of version 1, spelt as legacy servers spell them.
const (
	textUnknown = "Unkown message in logged state"
	textNoMass  = "Retreive RFIO not supported"
)

// handle serves one message. An error ends the session.
func (v version1) handle(ctx context.Context, h wire.Header) error {
	switch h.Code {
	case wire.MsgStore, wire.MsgStoreC:
		return v.withFile(h, func(r wire.FileRequest) error { return v.store(ctx, r) })
	case wire.MsgRetr, wire.MsgRetrC:
		return v.withFile(h, func(r wire.FileRequest) error { return v.retrieve(ctx, r, v.openFile) })
	case wire.MsgRetrRFIO, wire.MsgRetrRFIOC:
		// Its body is read only where one is announced: the refusal of a bare
		// header keeps the connection in step too.
		if v.server.cfg.MassStorage == nil || h.Len != wire.FileRequestSize {
			return v.drop(h, wire.MsgBadNoRetry, textNoMass)
		}
		return v.withFile(h, func(r wire.FileRequest) error { return v.retrieve(ctx, r, v.openMass) })
	case wire.MsgMkdir:
		return v.withPath(h, "Directory too long", v.mkdir)
	case wire.MsgChdir:
		return v.withPath(h, "Directory too long", v.chdir)
	case wire.MsgList:
		return v.withPath(h, "String too long", func(pattern string) error { return v.list(ctx, pattern) })
	default:
		return v.drop(h, wire.MsgBadNoRetry, textUnknown)
	}
}

func (v version1) withFile(h wire.Header, serve func(wire.FileRequest) error) error {
	m, err := v.ctl.ReadBody(h)
	if err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	r := m.(wire.FileRequest)
	if err := validFile(r); err != nil {
		if name, nameErr := r.FileName(); nameErr == nil {
			op := "get"
			if h.Code == wire.MsgStore || h.Code == wire.MsgStoreC {
				op = "put"
			}
			v.unwilling(op, name, errInvalid)
		}
		return v.invalid(h, err)
	}
	return serve(r)
}

// validFile tells why a file request must not be obeyed.
func validFile(r wire.FileRequest) error {
	if err := r.Validate(); err != nil || r.Count == 0 {
		return err
	}
	ports, err := r.ListenPorts()
	if err != nil {
		return err
	}
	return unprivileged(ports)
}

func (v version1) withPath(h wire.Header, tooLong string, serve func(string) error) error {
	if h.Len > wire.MaxPathV1 {
		return v.end(h, wire.MsgBadNoRetry, tooLong)
	}
	m, err := v.ctl.ReadBody(h)
	if err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	r := m.(wire.PathRequest)
	if err := r.Validate(); err != nil {
		if h.Code == wire.MsgMkdir {
			v.changed("mkdir", r.Path, errInvalid)
		}
		return v.invalid(h, err)
	}
	return serve(r.Path)
}

// transfer makes of r what all versions share.
func (v version1) transfer(op string, r wire.FileRequest) (*fileTransfer, error) {
	name, err := r.FileName()
	if err != nil {
		return nil, err
	}
	t := v.begin(op, name, r.Kind == wire.MsgStoreC || r.Kind == wire.MsgRetrC || r.Kind == wire.MsgRetrRFIOC)
	t.size, t.streams = r.Size, int(r.Count)
	t.connect = func(ctx context.Context) ([]*net.TCPConn, error) {
		ports, err := r.ListenPorts()
		if err != nil {
			return nil, err
		}
		return v.callBack(ctx, ports, netio.Options{})
	}
	return t, nil
}
