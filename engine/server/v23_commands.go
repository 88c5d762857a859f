package server

import (
	"context"
	"fmt"

	"bbftp/engine/wire"
)

// versions23 is the LOGGED state of a session of version 2 or 3 (wire.md 8),
// which differ only in who connects the data streams.
//
//	   ┌── unknown, CHDIR, MKDIR, RM, STAT, DF, LIST, CHUMASK, CHCOS: reply ──┐
//	   ▼                                                                      │
//	LOGGED ◄──────────────────────────────────────────────────────────────────┤
//	   │                                                                      │
//	   ├─ STORE ─► WAITING_FILENAME ─ FILENAME ─┬─ refused, empty file: reply ┤
//	   │            10 s                        └─ TRANS_OK ─► WAITING_START  │
//	   │                                           10 s, ABORT ─► discarded ──┤
//	   │                                           START ─► RECEIVING ─ reply ┤
//	   │                                           SIMUL ─► streams ─── reply ┤
//	   ├─ RETR ──► WAITING_FILENAME ─ FILENAME ─┬─ refused: reply ────────────┤
//	   │            10 s                        ├─ TRANS_OK ─► WAITING_START  │
//	   │                                        │  100 s, ABORT ──────────────┤
//	   │                                        │  START ─► SENDING ─── reply ┤
//	   │                                        │  SIMUL ─► streams ─── reply ┤
//	   │                                        └─ empty file: TRANS_OK       │
//	   │                                           ─► WAITING_CREATE_ZERO     │
//	   │                                           100 s, CREATE_ZERO, ABORT ─┘
//	   ├─ CLOSE_CONN, 900 s, EOF ─► closed
//	   └─ a length no such message has: reply ─► closed
//
// In WAITING_* a time limit or EOF closes, and so does any other message, which
// is answered MSG_BAD_NO_RETRY. Any message in RECEIVING, SENDING and while
// streams are connected is answered MSG_BAD and closes.
type versions23 struct {
	*session
	version int32
}

func (s *session) versions23(version int32) versions23 {
	s.umask, s.spoken = s.server.cfg.Umask, int(version) // the mask until MSG_CHUMASK
	s.log.Info("version agreed on", "version", version)
	return versions23{s, version}
}

// Texts of versions 2 and 3, spelt as legacy servers spell them.
const (
	textUnknown23    = "Unknown message"
	textStringLength = "invalid string length"
	textTransferSize = "Invalid size for MSG_STORE_V2" // also for MSG_RETR_V2
	textInt          = "Expecting a 32bit integer"
)

// handle serves one message. An error ends the session.
func (v versions23) handle(ctx context.Context, h wire.Header) error {
	switch h.Code {
	case wire.MsgStoreV2:
		return v.withFile(h, func(r wire.Transfer, name string) error { return v.store(ctx, h, r, name) })
	case wire.MsgRetrV2:
		return v.withFile(h, func(r wire.Transfer, name string) error { return v.retrieve(ctx, h, r, name) })
	case wire.MsgChdirV2:
		return v.withPath(h, v.chdir)
	case wire.MsgMkdirV2:
		return v.withPath(h, v.mkdir)
	case wire.MsgListV2:
		return v.withPath(h, func(c wire.PathCommand) error { return v.list(ctx, c.Path) })
	case wire.MsgRm:
		return v.withPath(h, v.remove)
	case wire.MsgStat:
		return v.withPath(h, v.stat)
	case wire.MsgDf:
		return v.withPath(h, v.df)
	case wire.MsgChumask:
		return v.withInt(h, v.chumask)
	case wire.MsgChcos:
		return v.withInt(h, v.chcos)
	case wire.MsgCloseConn:
		return errGoodbye
	case wire.MsgTransStartV3, wire.MsgTransSimulV3:
		h.Len = 0 // nothing follows, whatever it says (wire.md 1.2)
	}
	if h.Len < 0 {
		return v.breach(unexpected(h))
	}
	return v.drop(h, wire.MsgBadNoRetry, textUnknown23)
}

// massRefusals answer paths that mean mass storage, which these commands have
// nothing to do with.
var massRefusals = map[wire.Code]string{
	wire.MsgChdirV2: "Changing directory is not allowed under RFIO",
	wire.MsgMkdirV2: "Fail to mkdir : RFIO not supported",
	wire.MsgListV2:  "Fail to LIST : RFIO not supported",
	wire.MsgRm:      "Fail to delete : RFIO not supported",
	wire.MsgStat:    "RFIO is not supported by the server",
	wire.MsgDf:      "RFIO is not supported by the server",
}

func (v versions23) withPath(h wire.Header, serve func(wire.PathCommand) error) error {
	switch {
	case h.Len < 0 || h.Len > 4+wire.MaxString:
		return v.end(h, wire.MsgBad, textStringLength)
	case h.Len < 4: // no room for the option word
		return v.drop(h, wire.MsgBad, textStringLength)
	}
	m, err := v.ctl.ReadBody(h)
	if err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	c := m.(wire.PathCommand)
	if err := c.Validate(); err != nil {
		v.unchanged(h.Code, c.Path, errInvalid)
		return v.invalid(h, err)
	}
	if c.Options.Has(wire.OptRFIO) {
		v.unchanged(h.Code, c.Path, errNoMass)
		return v.reply(wire.MsgBadNoRetry, massRefusals[h.Code])
	}
	return serve(c)
}

// unchanged records that a command, if it is one that changes something, was refused
// before anything was looked at.
func (v versions23) unchanged(code wire.Code, name string, err error) {
	switch code {
	case wire.MsgMkdirV2:
		v.changed("mkdir", name, err)
	case wire.MsgRm:
		v.changed("rm", name, err)
	}
}

func (v versions23) withInt(h wire.Header, serve func(int32) error) error {
	if h.Len != 4 {
		return v.end(h, wire.MsgBad, textInt)
	}
	m, err := v.ctl.ReadBody(h)
	if err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	return serve(m.(wire.IntCommand).Value)
}
