package journal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"bbftp/engine/audit"
)

// LevelNotice is the level of the lines that tell of a transfer, in the legacy
// format: above information, below warning.
const LevelNotice = slog.LevelInfo + 2

// legacy writes lines as the legacy daemon does to its log file (legacy-cli.md
// 2.1): the time in UTC, the process, the level and a text, between tabs.
type legacy struct {
	out   io.Writer // a line a write
	level slog.Leveler
	pid   int
	words *words
}

func newLegacy(out io.Writer, level slog.Leveler) *legacy {
	return &legacy{out: out, level: level, pid: os.Getpid(), words: &words{}}
}

func (l *legacy) Enabled(_ context.Context, level slog.Level) bool {
	return level >= l.level.Level()
}

func (l *legacy) Handle(_ context.Context, r slog.Record) error {
	return l.line(r.Time, r.Level, l.words.text(r))
}

func (l *legacy) line(t time.Time, level slog.Level, text string) error {
	_, err := fmt.Fprintf(l.out, "%s\t%d\t%s\t%s\n", t.UTC().Format(time.RFC3339), l.pid, legacyLevel(level), text)
	return err
}

func (l *legacy) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *l
	with.words = l.words.withAttrs(attrs)
	return &with
}

func (l *legacy) WithGroup(name string) slog.Handler {
	with := *l
	with.words = l.words.withGroup(name)
	return &with
}

func legacyLevel(level slog.Level) string {
	switch {
	case level < slog.LevelInfo:
		return "DEBUG"
	case level < LevelNotice:
		return "INFORMATION"
	case level < slog.LevelWarn:
		return "NOTICE"
	case level < slog.LevelError:
		return "WARNING"
	}
	return "ERROR"
}

// Record writes the line of a transfer that succeeded. Three things differ on
// purpose from what legacy writes: FILE of an empty put is its name, where
// legacy has that of its temporary file; a simulated get has no line, as a
// simulated put has none, because nothing moved, and accounting would count it;
// and what would break the line is escaped.
func (l *legacy) Record(r audit.Record) {
	if r.Event != audit.File || r.Outcome != audit.OK || r.Simulated || !l.Enabled(context.Background(), LevelNotice) {
		return
	}
	if r.Operation != "put" && r.Operation != "get" {
		return
	}
	_ = l.line(r.Time, LevelNotice, transferLine(r)) // it only queues the line
}

// transferLine is PUT USER FILE BYTES SECONDS KBYTES/S MBITS/S, in units of 1024.
func transferLine(r audit.Record) string {
	name := r.File
	if r.Asked != "" {
		name = r.Asked
	}
	what := strings.ToUpper(r.Operation) + " " + printable(r.User, longestValue) + " " + printable(name, longestValue)
	if r.Bytes == 0 {
		return what + " 0 0 0.0 0.0"
	}
	seconds := r.Seconds
	if seconds <= 0 {
		seconds = 1 // as legacy has it, which divides by it too
	}
	rate := float64(r.Bytes) / seconds
	return fmt.Sprintf("%s %d %.3g %.3g %.3g", what, r.Bytes, r.Seconds, rate/1024, 8*rate/(1024*1024))
}

// words make a text of a record: the message and key=value, quoted as needed.
type words struct {
	group string // ends in a dot, or is empty
	fixed string
}

func (w *words) text(r slog.Record) string {
	b := bytes.NewBufferString(escaped(r.Message) + w.fixed)
	r.Attrs(func(a slog.Attr) bool {
		w.add(b, w.group, a)
		return true
	})
	return b.String()
}

func (w *words) withAttrs(attrs []slog.Attr) *words {
	b := bytes.NewBufferString(w.fixed)
	for _, a := range attrs {
		w.add(b, w.group, a)
	}
	return &words{group: w.group, fixed: b.String()}
}

func (w *words) withGroup(name string) *words {
	if name == "" {
		return w
	}
	return &words{group: w.group + name + ".", fixed: w.fixed}
}

func (w *words) add(b *bytes.Buffer, group string, a slog.Attr) {
	if a.Equal(slog.Attr{}) {
		return
	}
	if a.Value.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, member := range a.Value.Group() {
			w.add(b, group, member)
		}
		return
	}
	fmt.Fprintf(b, " %s%s=%s", group, a.Key, quoted(a.Value))
}

func quoted(v slog.Value) string {
	s := v.String()
	if s != "" && shows(s) && !strings.ContainsAny(s, " =\"") {
		return s
	}
	return strconv.Quote(s)
}
