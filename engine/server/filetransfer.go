package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// fileTransfer is one file on its way, in either direction and any version.
type fileTransfer struct {
	op        string // "put" or "get", as clients call it
	name      string // as the client spells it
	size      int64  // in bytes
	streams   int
	options   transfer.Options
	simulated bool // streams are connected, and that is all
	// connect opens the data streams, in the order of the file's segments.
	connect  func(context.Context) ([]*net.TCPConn, error)
	began    time.Time
	counters transfer.Counters
}

// begin is the part of a transfer that no version words differently.
func (s *session) begin(op, name string, blocks bool) *fileTransfer {
	waits := s.server.cfg.Waits
	return &fileTransfer{
		op: op, name: name, began: time.Now(),
		options: transfer.Options{
			Blocks: blocks, Limit: s.limit,
			Sparse: s.server.cfg.Sparse, WriteBehind: s.server.cfg.Sync,
			Idle: waits.Idle, AckWait: waits.Ack,
		},
	}
}

// hold asks for n data streams, to be given back when the transfer is over.
func (s *session) hold(n int) (release func(), err error) {
	if s.quota.AtMost(n) < n {
		return nil, errNeverSoMany
	}
	return s.quota.Streams(n)
}

// errNeverSoMany is a number of data streams that no waiting for others makes free.
var errNeverSoMany = fmt.Errorf("%w for this account or server", admission.ErrStreams)

// errDeclined is a transfer that the client called off before it began. It is
// not answered.
var errDeclined = errors.New("declined by the client")

// receive fills the file and puts it in its place, unless that is simulated.
// The caller aborts what was not put there.
func (s *session) receive(ctx context.Context, t *fileTransfer, file *storage.Pending) error {
	err := s.stream(ctx, t, func(ctx context.Context, streams []*net.TCPConn) error {
		return s.server.engine.Receive(ctx, streams, file.File(), t.size, t.options, &t.counters)
	})
	if err != nil || t.simulated {
		return err
	}
	return file.Commit()
}

// send sends the file.
func (s *session) send(ctx context.Context, t *fileTransfer, src *storage.Source) error {
	return s.stream(ctx, t, func(ctx context.Context, streams []*net.TCPConn) error {
		return s.server.engine.Send(ctx, streams, src.File(), t.size, t.options, &t.counters)
	})
}

// stream connects the data streams and lets move use them while the client
// keeps silent. In a simulation both sides only close them (wire.md 6.6).
func (s *session) stream(ctx context.Context, t *fileTransfer, move func(context.Context, []*net.TCPConn) error) error {
	return s.watched(ctx, func(ctx context.Context) error {
		streams, err := t.connect(ctx)
		if err != nil {
			return err
		}
		if t.simulated {
			closeAll(streams)
			return nil
		}
		return move(ctx, streams)
	})
}

// transferred writes the log line of a transfer, and its record.
func (s *session) transferred(t *fileTransfer, err error) {
	report := t.counters.Report()
	record := t.fileRecord()
	record.Verdict = string(report.Verdict.Limit)
	s.recordFile(record, t.name, err)
	attrs := []any{
		"op", t.op, "file", cut(t.name, maxPath), "bytes", t.size, "streams", t.streams,
		"compressed", t.options.Blocks, "simulated", t.simulated,
		"seconds", time.Since(t.began).Seconds(), "paths", t.counters.Paths(), "telemetry", report,
	}
	if value, stack, crashed := crash(err); crashed {
		s.log.Error("transfer crashed", "panic", value, "stack", string(stack))
	}
	if err != nil {
		// The error is what held it back.
		s.log.Warn("transfer failed", append(attrs, "error", brief(err))...)
		return
	}
	s.log.Info("transfer", append(attrs, "verdict", report.Verdict)...)
}

// crash is the panic that made a transfer fail with err, if one did.
func crash(err error) (value any, stack []byte, crashed bool) {
	var stream *transfer.Panic
	var open *storage.Panic
	switch {
	case errors.As(err, &stream):
		return stream.Value, stream.Stack, true
	case errors.As(err, &open):
		return open.Value, open.Stack, true
	}
	return nil, nil, false
}

// conclude answers the end of a transfer; refuse words what went wrong. An
// error ends the session.
func (s *session) conclude(err error, refuse func(error) wire.Reply) error {
	var in *interruption
	var out *breach
	switch {
	case err == nil:
		return s.reply(wire.MsgOK, "OK")
	case errors.Is(err, errDeclined):
		return nil
	case errors.As(err, &out):
		return s.breach(out)
	case errors.As(err, &in):
		if in.err == nil {
			_ = s.reply(wire.MsgBad, textInterrupted)
		}
		return in
	}
	return s.answer(refuse(err))
}
