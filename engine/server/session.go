package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// session is one logged-in client. Its goroutine owns every field.
//
//	            ┌───────────── unknown, MKDIR, CHDIR, LIST: reply ─────────────┐
//	            ▼                                                              │
//	login ─► LOGGED ── STORE ───────────────────────────► RECEIVING ── reply ──┤
//	            │ ▲                                           └─ any message ─►│─► closed
//	            │ └── ABR, CREATE_ZERO ──┐                                     │
//	            ├── RETR ─► RETR_OK ─► WAITING ── RETR_START ─► SENDING ─ reply┘
//	            │                          │                       │ ABR: MSG_BAD, LOGGED
//	            │                          └─ other, 100 s ─► closed  other ─► closed
//	            └── 900 s (10 s before the first command), EOF ─► closed
type session struct {
	server  *Server
	ctl     *control.Conn
	log     *slog.Logger
	account auth.Account
	tree    *storage.Tree
	dir     string // working directory as the client sees it
	umask   fs.FileMode
}

// The replies legacy clients know, spelt as legacy servers spell them.
const (
	textUnknown     = "Unkown message in logged state"
	textNoMass      = "Retreive RFIO not supported"
	textInterrupted = "Interrupted by signal"
	textNoSpace     = "Disk quota excedeed or No Space left on device"
	textChanged     = "File changed while it was sent"
)

// maxDropped is the largest body of an unwanted message that is read to keep
// the connection in step; a longer one ends the session.
const maxDropped = 64 << 10

// errProtocol ends a session whose peer broke the protocol.
var errProtocol = errors.New("protocol error")

// serve handles commands until the session must end, and says why it did; nil
// means the client closed in good order.
func (s *session) serve(ctx context.Context) error {
	wait := s.server.cfg.Waits.First
	for {
		h, err := s.ctl.ReadHeader(wait)
		if err != nil {
			return ended(err)
		}
		if err := s.handle(ctx, h); err != nil {
			return err
		}
		wait = s.server.cfg.Waits.Command
	}
}

// handle serves one message. An error ends the session.
func (s *session) handle(ctx context.Context, h wire.Header) error {
	switch h.Code {
	case wire.MsgStore, wire.MsgStoreC:
		return s.withFile(h, func(r wire.FileRequest) error { return s.store(ctx, r) })
	case wire.MsgRetr, wire.MsgRetrC:
		return s.withFile(h, func(r wire.FileRequest) error { return s.retrieve(ctx, r, s.openFile) })
	case wire.MsgRetrRFIO, wire.MsgRetrRFIOC:
		// Its body is read only where one is announced: the refusal of a bare
		// header keeps the connection in step too.
		if s.server.cfg.MassStorage == nil || h.Len != wire.FileRequestSize {
			return s.drop(h, textNoMass)
		}
		return s.withFile(h, func(r wire.FileRequest) error { return s.retrieve(ctx, r, s.openMass) })
	case wire.MsgMkdir:
		return s.withPath(h, "Directory too long", s.mkdir)
	case wire.MsgChdir:
		return s.withPath(h, "Directory too long", s.chdir)
	case wire.MsgList:
		return s.withPath(h, "String too long", func(pattern string) error { return s.list(ctx, pattern) })
	default:
		return s.drop(h, textUnknown)
	}
}

func (s *session) withFile(h wire.Header, serve func(wire.FileRequest) error) error {
	m, err := s.ctl.ReadBody(h)
	if err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	r := m.(wire.FileRequest)
	if err := valid(r); err != nil {
		s.log.Warn("request refused", "request", h.Code.String(), "error", err)
		return s.reply(wire.MsgBadNoRetry, "Invalid request : "+err.Error())
	}
	return serve(r)
}

// valid tells why a file request must not be obeyed. Call-backs go to
// unprivileged ports only, so that no client can aim them at a system service.
func valid(r wire.FileRequest) error {
	if err := r.Validate(); err != nil || r.Count == 0 {
		return err
	}
	ports, err := r.ListenPorts()
	for i, port := range ports {
		if port < 1024 {
			return fmt.Errorf("port %d of stream %d: %w", port, i+1, wire.ErrPort)
		}
	}
	return err
}

func (s *session) withPath(h wire.Header, tooLong string, serve func(string) error) error {
	if h.Len > wire.MaxPathV1 {
		return errors.Join(s.reply(wire.MsgBadNoRetry, tooLong),
			fmt.Errorf("%w: %v of %d bytes", errProtocol, h.Code, h.Len))
	}
	m, err := s.ctl.ReadBody(h)
	if err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	r := m.(wire.PathRequest)
	if err := r.Validate(); err != nil {
		return s.reply(wire.MsgBadNoRetry, "Invalid request : "+err.Error())
	}
	return serve(r.Path)
}

// drop refuses a message and reads its body away, so that the next one is
// found where it begins.
func (s *session) drop(h wire.Header, text string) error {
	if h.Len < 0 {
		return fmt.Errorf("%w: %v with length %d", errProtocol, h.Code, h.Len)
	}
	if h.Len > maxDropped {
		return errors.Join(s.reply(wire.MsgBadNoRetry, text),
			fmt.Errorf("%w: %v with length %d", errProtocol, h.Code, h.Len))
	}
	if err := s.ctl.Discard(int(h.Len)); err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	s.log.Debug("message refused", "message", h.Code.String(), "answer", text)
	return s.reply(wire.MsgBadNoRetry, text)
}

func (s *session) reply(kind wire.Code, text string) error {
	return s.ctl.Send(wire.Reply{Kind: kind, Text: text})
}

// interruption is what the client did on the control connection while a
// transfer was running.
type interruption struct {
	header wire.Header
	err    error
}

func (i *interruption) Error() string {
	if i.err != nil {
		return fmt.Sprintf("control connection lost during the transfer: %v", i.err)
	}
	return fmt.Sprintf("%v during the transfer", i.header.Code)
}

func (i *interruption) Unwrap() error { return i.err }

// aborted tells whether the client asked to stop. Code 27, the seed document's
// MSG_ABORT, means the same as MSG_ABR here.
func (i *interruption) aborted() bool {
	return i.err == nil && isAbort(i.header.Code)
}

func isAbort(c wire.Code) bool { return c == wire.MsgAbr || c == wire.MsgAbort }

// watched runs work while listening to the control connection. What the client
// does there cancels work's context and is returned as *interruption, even when
// work had just finished: the client can't know that it had.
func (s *session) watched(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := s.ctl.Watch(func(h wire.Header, err error) {
		cancel(&interruption{header: h, err: err})
	})
	err := work(ctx)
	stop()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
