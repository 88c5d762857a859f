package main

import (
	"fmt"
	"io"
	"log/slog"

	"bbftp/cmd/bbftpd/internal/journal"
	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/engine/audit"
)

// logs are where a daemon tells what it does.
type logs struct {
	journal *journal.Log
	log     *slog.Logger
	level   slog.LevelVar
	trail   *journal.Trail // nil without --audit
	// sinks are told of every login and file.
	sinks audit.Sinks
}

// openLogs opens the log, which goes to stderr if to no file, and the audit trail.
func openLogs(o *settings.Options, stderr io.Writer) (*logs, error) {
	l := &logs{}
	l.level.Set(o.Level())
	var err error
	if l.journal, err = journal.Open(journal.Config{Format: o.LogFormat, Level: &l.level, File: o.LogFile, Out: stderr}); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	l.log = l.journal.Logger()
	l.sinks = audit.Sinks{l.journal.Transfers()}
	if o.Audit == "" {
		return l, nil
	}
	if l.trail, err = journal.OpenTrail(o.Audit, l.log); err != nil {
		l.close()
		return nil, fmt.Errorf("open the audit trail: %w", err)
	}
	l.sinks = append(l.sinks, l.trail)
	return l, nil
}

// reopen goes on in new files, after a rotation.
func (l *logs) reopen() {
	if err := l.journal.Reopen(); err != nil {
		l.log.Warn("the log stays in its old file", "error", err)
	}
	if l.trail == nil {
		return
	}
	if err := l.trail.Reopen(); err != nil {
		l.log.Warn("the audit trail stays in its old file", "error", err)
	}
}

// close writes what is left. The log has the last word on what the trail lost.
func (l *logs) close() {
	if l.trail != nil {
		if err := l.trail.Close(); err != nil {
			l.log.Error("close the audit trail", "error", err)
		}
		if lost := l.trail.Dropped(); lost > 0 {
			l.log.Error("audit records were lost", "records", lost)
		}
	}
	_ = l.journal.Close()
}
