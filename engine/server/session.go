package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// session is one logged-in client, whatever version it speaks. Its goroutine
// owns every field.
//
//	login ─► PROTWAIT ─┬─ MSG_PROT ─► range sent ─┬─ 2, 3 ─► LOGGED of versions 2 and 3
//	             │     │                   │      ├─ 1 ────► LOGGED of version 1
//	             │     │                   │      └─ other, 10 s, EOF ─► closed
//	             │     └─ any other message, which LOGGED of version 1 handles
//	             └─ 10 s, EOF ─► closed
type session struct {
	server  *service
	ctl     *control.Conn
	log     *slog.Logger
	number  uint64 // for records
	account auth.Account
	tls     bool
	quota   streamQuota
	limit   *netio.RateLimit
	tree    *storage.Tree
	dir     string // working directory as the client sees it
	oldest  int32  // version that is served: 1, or 2 to clients of a remote shell
	spoken  int    // version agreed on; 0: not yet
	umask   fs.FileMode
	ending  error // why it is over; nil: the client ended it in good order
}

// streamQuota counts the data streams of a session among all others.
type streamQuota interface {
	// Streams asks for n more. The error is admission.ErrStreams.
	Streams(n int) (release func(), err error)
	// AtMost is n, or less where so many can never be had.
	AtMost(n int) int
}

// newest is the version legacy peers and we speak at most.
const newest = 3

// Texts of both command loops, spelt as legacy servers spell them.
const (
	textInterrupted = "Interrupted by signal"
	textNoSpace     = "Disk quota excedeed or No Space left on device"
	textChanged     = "File changed while it was sent"
	textInvalid     = "Invalid request : "
)

// maxDropped is the largest body of an unwanted message that is read to keep
// the connection in step; a longer one ends the session.
const maxDropped = 64 << 10

// Reasons to end a session: the first is the peer's fault, the other its wish.
var (
	errProtocol = errors.New("protocol error")
	errGoodbye  = errors.New("MSG_CLOSE_CONN")
	// errInvalid is a message that was read and makes no sense.
	errInvalid = errors.New("invalid request")
)

// serve agrees on a version and handles its commands until the session must
// end, and says why it did; nil means the client ended it in good order.
func (s *session) serve(ctx context.Context) error {
	h, err := s.next(s.server.cfg.Waits.First)
	if err != nil {
		return ended(err)
	}
	if h.Code != wire.MsgProt {
		if s.oldest > 1 {
			return s.end(h, wire.MsgBadNoRetry, "Version 1 is not served here")
		}
		v := s.version1()
		if err := v.handle(ctx, h); err != nil {
			return err
		}
		return s.commands(ctx, v.handle)
	}
	version, err := s.negotiate()
	switch {
	case err != nil:
		return ended(err)
	case version == 1:
		return s.commands(ctx, s.version1().handle)
	}
	return s.commands(ctx, s.versions23(version).handle)
}

// negotiate offers the versions and reads the client's choice (wire.md 4).
// Whatever makes no sense is not answered, as by legacy servers: the client may
// just have refused the offer.
func (s *session) negotiate() (version int32, err error) {
	if err := s.ctl.Send(wire.ProtRange{Min: s.oldest, Max: newest}); err != nil {
		return 0, err
	}
	h, err := s.next(s.server.cfg.Waits.First)
	if err != nil {
		return 0, fmt.Errorf("wait for %v: %w", wire.MsgProtAns, err)
	}
	m, err := body(s.ctl, h, wire.MsgProtAns)
	if err != nil {
		return 0, err
	}
	version = m.(wire.ProtChoice).Version
	if version < s.oldest || version > newest {
		return 0, fmt.Errorf("%w: version %d chosen of %d to %d", errProtocol, version, s.oldest, newest)
	}
	return version, nil
}

// await reads the message that must come next.
func await(ctl *control.Conn, code wire.Code, wait time.Duration) (wire.Message, error) {
	h, err := ctl.ReadHeader(wait)
	if err != nil {
		return nil, fmt.Errorf("wait for %v: %w", code, err)
	}
	return body(ctl, h, code)
}

// body reads the body of h, which must be that of a certain message.
func body(ctl *control.Conn, h wire.Header, code wire.Code) (wire.Message, error) {
	if h.Code != code {
		return nil, fmt.Errorf("%w: %v instead of %v", errProtocol, h.Code, code)
	}
	return ctl.ReadBody(h)
}

// commands handles the messages of LOGGED. An error of handle ends the session.
func (s *session) commands(ctx context.Context, handle func(context.Context, wire.Header) error) error {
	for {
		h, err := s.next(s.server.cfg.Waits.Command)
		if err != nil {
			return ended(err)
		}
		switch err := handle(ctx, h); {
		case errors.Is(err, errGoodbye):
			return nil
		case err != nil:
			return err
		}
	}
}

// next waits for the next message to begin while no command is served. A server that
// drains ends the wait, and with it the session.
func (s *session) next(wait time.Duration) (wire.Header, error) {
	if s.server.draining.Err() != nil {
		return wire.Header{}, errDraining // after the reply to the last: nothing may cut that off
	}
	stop := context.AfterFunc(s.server.draining, func() { _ = s.ctl.Close() })
	h, err := s.ctl.ReadHeader(wait)
	if !stop() {
		return wire.Header{}, errDraining
	}
	return h, err
}

// drop refuses a message and reads its body away, so that the next one is
// found where it begins.
func (s *session) drop(h wire.Header, kind wire.Code, text string) error {
	switch {
	case h.Len < 0:
		return fmt.Errorf("%w: %v with length %d", errProtocol, h.Code, h.Len)
	case h.Len > maxDropped:
		return s.end(h, kind, text)
	}
	if err := s.ctl.Discard(int(h.Len)); err != nil {
		return fmt.Errorf("read %v: %w", h.Code, err)
	}
	s.log.Debug("message refused", "message", h.Code.String(), "answer", text)
	return s.reply(kind, text)
}

// breach is a message after which nobody knows what the client means by the
// next one, or where it begins: it is answered, then the session ends.
type breach struct {
	header wire.Header
	reply  wire.Reply
}

func (b *breach) Error() string {
	return fmt.Sprintf("%v of %d bytes answered %q", b.header.Code, b.header.Len, b.reply.Text)
}

func (b *breach) Unwrap() error { return errProtocol }

// end refuses a message and, by its error, the session.
func (s *session) end(h wire.Header, kind wire.Code, text string) error {
	return s.breach(&breach{h, wire.Reply{Kind: kind, Text: text}})
}

// breach answers b. The error ends the session.
func (s *session) breach(b *breach) error { return errors.Join(s.answer(b.reply), b) }

// invalid refuses what a message asks for; the message itself was read.
func (s *session) invalid(h wire.Header, err error) error {
	s.log.Warn("request refused", "request", h.Code.String(), "error", brief(err))
	return s.reply(wire.MsgBadNoRetry, textInvalid+err.Error())
}

func (s *session) reply(kind wire.Code, text string) error {
	return s.answer(wire.Reply{Kind: kind, Text: text})
}

// maxRefusal is as much as legacy servers send: a client's buffer need not hold
// more, and a name of 64 KiB makes a text longer than any message.
const maxRefusal = 1023

// answer sends a reply. The text of a MSG_OK may be a path and is never cut.
func (s *session) answer(r wire.Reply) error {
	if r.Kind != wire.MsgOK && len(r.Text) > maxRefusal {
		r.Text = r.Text[:maxRefusal]
	}
	return s.ctl.Send(r)
}
