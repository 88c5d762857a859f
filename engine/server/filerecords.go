package server

import (
	"errors"
	"slices"
	"syscall"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/storage"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// changed tells log and record what became of a command that changes something.
func (s *session) changed(command, name string, err error) {
	event, object := audit.File, "file"
	if command == "mkdir" {
		event, object = audit.Change, "directory"
	}
	s.recordFile(audit.Record{Event: event, Operation: command}, name, err)
	if err != nil {
		s.log.Info(command+" refused", object, cut(name, maxPath), "error", brief(err))
		return
	}
	s.log.Info(command, object, cut(name, maxPath))
}

// unwilling records a file request that was refused before anything was looked at.
func (s *session) unwilling(op, name string, err error) {
	s.recordFile(audit.Record{Event: audit.File, Operation: op}, name, err)
}

// errNoMass is a wish for mass storage where there is none.
var errNoMass = errors.New("no mass storage")

// brief is err, or where a path makes it long, as much of its text as a log line has.
func brief(err error) any {
	if text := err.Error(); len(text) > maxPath {
		return cut(text, maxPath)
	}
	return err
}

// recordFile completes a record about a file, by the name the client gave it.
func (s *session) recordFile(r audit.Record, name string, err error) {
	r.File = cut(storage.Join(s.dir, name), maxPath)
	if asked := cut(name, maxPath); asked != r.File {
		r.Asked = asked
	}
	r.Outcome, r.Reason = outcome(err)
	s.record(r)
}

// denials are what is not allowed, as opposed to what does not work.
var denials = []error{
	admission.ErrStreams, transfer.ErrMemory, storage.ErrTooLarge, storage.ErrEscapes, errNotWritable, errNoMass,
	syscall.EROFS, syscall.EACCES, syscall.EPERM,
}

// outcome is how an operation on a file ended that returned err.
func outcome(err error) (audit.Outcome, string) {
	var in *interruption
	_, _, crashed := crash(err)
	switch {
	case err == nil:
		return audit.OK, ""
	case errors.Is(err, errDeclined):
		return audit.Failed, reasonDeclined
	case errors.As(err, &in) && in.err == nil:
		return audit.Failed, textInterrupted
	case errors.As(err, &in):
		return audit.Failed, reasonLost
	case errors.Is(err, errProtocol):
		return audit.Failed, reasonProtocol
	case crashed:
		return audit.Failed, reasonCrash
	case errors.Is(err, errInvalid), errors.Is(err, wire.ErrPort):
		return audit.Failed, reasonInvalid
	case slices.ContainsFunc(denials, func(denial error) bool { return errors.Is(err, denial) }):
		return audit.Denied, reason(err)
	}
	return audit.Failed, reason(err)
}

// fileRecord is what there is to tell of a transfer.
func (t *fileTransfer) fileRecord() audit.Record {
	paths := t.counters.Paths()
	return audit.Record{
		Event: audit.File, Operation: t.op, Bytes: t.size,
		Moved: paths.Payload(), Wire: paths.Sendfile + paths.Splice + paths.Copied + paths.BlockBytes,
		Seconds: time.Since(t.began).Seconds(), Streams: t.streams,
		Compressed: t.options.Blocks, Simulated: t.simulated,
	}
}
