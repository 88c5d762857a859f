// Package journal is where a daemon's log lines and audit records go: to standard
// error, to a file that may be rotated, to systemd's journal; as text, as JSON, or
// as the legacy daemon wrote them. Whatever a peer has sent is made printable
// and bounded, a flood of lines becomes a few, and no session waits for a disk.
package journal

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	systemd "github.com/coreos/go-systemd/v22/journal"

	"bbftp/engine/audit"
)

// Config says where the log goes.
type Config struct {
	// Format is text, json, legacy (a line as of the legacy daemon's log file,
	// and one for each transfer) or journal (systemd's). Default: text.
	Format string
	// Level is the least to be logged. Default: info.
	Level slog.Leveler
	// File is appended to, if not empty. Reopening needs the rights of that time.
	File string
	// Out takes the lines if there is no File, and otherwise what keeps File from
	// being written.
	Out io.Writer
}

// Log is a daemon's log.
//
//	Logger → bounded values → no floods → format, escapes → queue → File, Out or journal
type Log struct {
	logger    *slog.Logger
	transfers audit.Sink
	kinds     *kinds
	file      *file // or nil
	queue     interface {
		flush() error
		close() error
		dropped() int64
	}
}

// Open opens the log.
func Open(c Config) (*Log, error) {
	if c.Level == nil {
		c.Level = slog.LevelInfo
	}
	l := &Log{transfers: audit.Sinks(nil)}
	handler, err := l.handler(c)
	if err != nil {
		return nil, err
	}
	calm := newFlood(handler)
	l.kinds = calm.kinds
	clean := bounded
	if c.Format == "json" { // whose own escapes leave much that does not print
		clean = printable
	}
	l.logger = slog.New(cleaning{calm, clean})
	return l, nil
}

func (l *Log) handler(c Config) (slog.Handler, error) {
	options := &slog.HandlerOptions{Level: c.Level}
	switch c.Format {
	case "journal":
		return l.openJournal(c)
	case "", "text":
		out, err := l.openLines(c)
		return slog.NewTextHandler(out, options), err
	case "json":
		out, err := l.openLines(c)
		return slog.NewJSONHandler(out, options), err
	case "legacy":
		out, err := l.openLines(c)
		h := newLegacy(out, c.Level)
		l.transfers = h
		return h, err
	}
	return nil, fmt.Errorf("log format %q: want text, json, legacy or journal", c.Format)
}

// lines is the writer of handlers that write a line a time.
type lines struct{ queue *queue[[]byte] }

func (w lines) Write(p []byte) (int, error) {
	w.queue.offer(append([]byte(nil), p...))
	return len(p), nil
}

func (l *Log) openLines(c Config) (io.Writer, error) {
	write := func(line []byte) error { _, err := c.Out.Write(line); return err }
	if c.File != "" {
		f, err := openFile(c.File)
		if err != nil {
			return nil, fmt.Errorf("open the log: %w", err)
		}
		l.file = f
		write = f.writeLine
	}
	q := newQueue(write, lineSize, l.change(c))
	l.queue = q
	return lines{q}, nil
}

func (l *Log) openJournal(c Config) (slog.Handler, error) {
	switch {
	case c.File != "":
		return nil, errors.New("a log file and the format journal exclude each other")
	case !systemd.Enabled():
		return nil, errNoJournal
	}
	q := newQueue(entry.send, entry.size, l.change(c))
	l.queue = q
	return newNative(q.offer, c.Level), nil
}

// change tells of lost lines in the log itself, afterwards, and at once where
// else somebody may look.
func (l *Log) change(c Config) func(error, int64) {
	return func(cause error, lost int64) {
		switch {
		case cause == nil:
			l.logger.Warn("log lines were lost", "lines", lost)
		case c.File != "" || c.Format == "journal":
			fmt.Fprintln(c.Out, "bbftpd: log lines are lost:", cause)
		}
	}
}

// Logger never makes its callers wait.
func (l *Log) Logger() *slog.Logger { return l.logger }

// Transfers takes the audit records of which the format has lines of its own.
func (l *Log) Transfers() audit.Sink { return l.transfers }

// Reopen goes on in the file that now has the name, after a rotation. Where it
// can't be opened, the error says why and the one before stays in use.
func (l *Log) Reopen() error {
	if l.file == nil {
		return nil
	}
	return l.file.reopen()
}

// Dropped is how many lines were lost so far.
func (l *Log) Dropped() int64 { return l.queue.dropped() }

// Flush waits, some seconds at most, for the lines so far.
func (l *Log) Flush() error { return l.queue.flush() }

// Close waits, some seconds at most, for the lines there are.
func (l *Log) Close() error {
	l.kinds.close()
	if err := l.queue.close(); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	if l.file != nil {
		return l.file.close()
	}
	return nil
}
