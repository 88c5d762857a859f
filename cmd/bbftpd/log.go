package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"bbftp/cmd/bbftpd/internal/journal"
	"bbftp/engine/audit"
)

// legacyLevels are the words of the legacy daemon that are not ours.
var legacyLevels = map[string]slog.Level{
	"EMERGENCY":   slog.LevelError,
	"ALERT":       slog.LevelError,
	"CRITICAL":    slog.LevelError,
	"WARNING":     slog.LevelWarn,
	"NOTICE":      journal.LevelNotice,
	"INFORMATION": slog.LevelInfo,
}

// logLevel reads a level by its own name or by that of the legacy daemon, in
// any case.
func logLevel(name string) (level slog.Level, err error) {
	if level, known := legacyLevels[strings.ToUpper(name)]; known {
		return level, nil
	}
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return 0, fmt.Errorf("want debug, info, warn, error, or one of the legacy daemon's words")
	}
	return level, nil
}

// level is the least to be logged. A level of the legacy daemon's between ours
// shows its lines of transfers and nothing else; only its format has them.
func (o *options) level() slog.Level {
	if o.logLevel == journal.LevelNotice && o.logFormat != "legacy" {
		return slog.LevelInfo
	}
	return o.logLevel
}

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
func (o *options) openLogs(stderr io.Writer) (*logs, error) {
	l := &logs{}
	l.level.Set(o.level())
	var err error
	if l.journal, err = journal.Open(journal.Config{Format: o.logFormat, Level: &l.level, File: o.logFile, Out: stderr}); err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	l.log = l.journal.Logger()
	l.sinks = audit.Sinks{l.journal.Transfers()}
	if o.audit == "" {
		return l, nil
	}
	if l.trail, err = journal.OpenTrail(o.audit, l.log); err != nil {
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
