package privsep

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// line is a log line on its way to the monitor.
type line struct {
	Level   int     `json:"level"`
	Message string  `json:"message"`
	Fields  []field `json:"fields,omitempty"`
}

// field is an attribute of a line: one of its values.
type field struct {
	Key      string         `json:"key"`
	Text     *string        `json:"text,omitempty"`
	Int      *int64         `json:"int,omitempty"`
	Float    *float64       `json:"float,omitempty"`
	Bool     *bool          `json:"bool,omitempty"`
	Duration *time.Duration `json:"duration,omitempty"`
}

// Bounds of a line, to which its writer cuts it.
const (
	maxFields = 64
	maxText   = 4 << 10 // of the message and of each value
	maxLine   = 16 << 10
)

func (l *line) check() error {
	size := len(l.Message)
	for _, f := range l.Fields {
		if size += len(f.Key); f.Text != nil {
			size += len(*f.Text)
		}
	}
	if len(l.Fields) > maxFields || size > maxLine {
		return errors.New("a log line too long")
	}
	return nil
}

// stamped are the fields the monitor sets itself, and those that every line has.
var stamped = []string{"client", "user", "session", slog.TimeKey, slog.LevelKey, slog.MessageKey, slog.SourceKey}

// attrs are the fields the process may say something about.
func (l *line) attrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, len(l.Fields))
	for _, f := range l.Fields {
		if !slices.Contains(stamped, f.Key) {
			attrs = append(attrs, slog.Attr{Key: f.Key, Value: f.value()})
		}
	}
	return attrs
}

func (f field) value() slog.Value {
	switch {
	case f.Text != nil:
		return slog.StringValue(*f.Text)
	case f.Int != nil:
		return slog.Int64Value(*f.Int)
	case f.Float != nil:
		return slog.Float64Value(*f.Float)
	case f.Bool != nil:
		return slog.BoolValue(*f.Bool)
	case f.Duration != nil:
		return slog.DurationValue(*f.Duration)
	}
	return slog.StringValue("")
}

// speaker is the slog.Handler of a process that has no log of its own.
type speaker struct {
	channel *channel
	level   slog.Level
	room    int // bytes of text a line may have
	prefix  string
	fields  []field
}

func (s *speaker) Enabled(_ context.Context, level slog.Level) bool { return level >= s.level }

func (s *speaker) Handle(_ context.Context, r slog.Record) error {
	l := &line{Level: int(r.Level), Message: cut(r.Message, maxText), Fields: slices.Clone(s.fields)}
	r.Attrs(func(a slog.Attr) bool {
		l.Fields = append(l.Fields, fields(s.prefix, a)...)
		return true
	})
	l.fit(s.room)
	return s.channel.send(request{Log: l})
}

func (s *speaker) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *s
	with.fields = slices.Clone(s.fields)
	for _, a := range attrs {
		with.fields = append(with.fields, fields(s.prefix, a)...)
	}
	return &with
}

func (s *speaker) WithGroup(name string) slog.Handler {
	with := *s
	with.prefix += name + "."
	return &with
}

// fit drops and shortens fields until the line, whose text may grow sixfold in
// JSON, has room.
func (l *line) fit(room int) {
	l.Message = cut(l.Message, room)
	room -= len(l.Message)
	for i := range l.Fields {
		f := &l.Fields[i]
		if room -= len(f.Key); room < 0 || i == maxFields {
			l.Fields = l.Fields[:i]
			return
		}
		if f.Text != nil {
			text := cut(*f.Text, min(room, maxText))
			f.Text = &text
			room -= len(text)
		}
	}
}

// cut also keeps JSON from making more of bytes that are no text.
func cut(s string, most int) string { return strings.ToValidUTF8(s[:min(len(s), most)], "?") }

func fields(prefix string, a slog.Attr) []field {
	v := a.Value.Resolve()
	f := field{Key: prefix + a.Key}
	switch v.Kind() {
	case slog.KindGroup:
		var all []field
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, member := range v.Group() {
			all = append(all, fields(prefix, member)...)
		}
		return all
	case slog.KindInt64:
		f.Int = new(v.Int64())
	case slog.KindFloat64:
		f.Float = new(v.Float64())
	case slog.KindBool:
		f.Bool = new(v.Bool())
	case slog.KindDuration:
		f.Duration = new(v.Duration())
	default:
		f.Text = new(v.String())
	}
	return []field{f}
}
