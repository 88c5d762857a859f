package journal

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	systemd "github.com/coreos/go-systemd/v22/journal"
)

var errNoJournal = errors.New("no systemd journal to log to: its socket /run/systemd/journal/socket does not answer; choose text, json or legacy")

// entry is a line of systemd's journal, with its fields.
type entry struct {
	message  string
	priority systemd.Priority
	fields   map[string]string
}

func (e entry) size() int {
	n := len(e.message)
	for name, value := range e.fields {
		n += len(name) + len(value)
	}
	return n
}

func (e entry) send() error { return systemd.Send(e.message, e.priority, e.fields) }

// native makes entries of systemd's own protocol of records: the text is the
// message, for journalctl to show, and each attribute is a field, for it to
// select by.
type native struct {
	out   func(entry)
	level slog.Leveler
	words *words
	fixed map[string]string // never changed
	group string            // ends in an underscore, or is empty
}

func newNative(out func(entry), level slog.Leveler) *native {
	return &native{
		out: out, level: level, words: &words{},
		// The protocol, unlike standard error of a service, does not bring it along.
		fixed: map[string]string{"SYSLOG_IDENTIFIER": "bbftpd"},
	}
}

func (n *native) Enabled(_ context.Context, level slog.Level) bool {
	return level >= n.level.Level()
}

func (n *native) Handle(_ context.Context, r slog.Record) error {
	fields := n.copied(r.NumAttrs())
	r.Attrs(func(a slog.Attr) bool {
		addFields(fields, n.group, a)
		return true
	})
	n.out(entry{message: n.words.text(r), priority: priority(r.Level), fields: fields})
	return nil
}

func (n *native) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *n
	with.words = n.words.withAttrs(attrs)
	with.fixed = n.copied(len(attrs))
	for _, a := range attrs {
		addFields(with.fixed, n.group, a)
	}
	return &with
}

func (n *native) WithGroup(name string) slog.Handler {
	if name == "" {
		return n
	}
	with := *n
	with.words = n.words.withGroup(name)
	with.group = n.group + name + "_"
	return &with
}

func (n *native) copied(more int) map[string]string {
	fields := make(map[string]string, len(n.fixed)+more)
	for name, value := range n.fixed {
		fields[name] = value
	}
	return fields
}

func addFields(fields map[string]string, group string, a slog.Attr) {
	switch {
	case a.Equal(slog.Attr{}):
	case a.Value.Kind() == slog.KindGroup:
		if a.Key != "" {
			group += a.Key + "_"
		}
		for _, member := range a.Value.Group() {
			addFields(fields, group, member)
		}
	default:
		fields[fieldName(group+a.Key)] = escaped(a.Value.String())
	}
}

// The journal refuses longer names.
const longestName = 64

// fieldName is BBFTP_ and key in the letters that the journal allows.
func fieldName(key string) string {
	name := "BBFTP_" + strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z':
			return r - 'a' + 'A'
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return r
		}
		return '_'
	}, key)
	return name[:min(len(name), longestName)]
}

func priority(level slog.Level) systemd.Priority {
	switch {
	case level < slog.LevelInfo:
		return systemd.PriDebug
	case level < LevelNotice:
		return systemd.PriInfo
	case level < slog.LevelWarn:
		return systemd.PriNotice
	case level < slog.LevelError:
		return systemd.PriWarning
	}
	return systemd.PriErr
}
