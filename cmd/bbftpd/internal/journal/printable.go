package journal

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest value is the longest path. Stacks of a crash are ours, and worth
// their length.
const (
	longestValue = 4 << 10
	longestStack = 64 << 10
)

// bounded is s, of which the rest is only counted where it has more than most bytes.
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > most-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return fmt.Sprintf("%s…(%d bytes more)", s[:cut], len(s)-cut)
}

// printable is bounded and escaped.
func printable(s string, most int) string { return escaped(bounded(s, most)) }

// escaped is s as it can be shown to anybody's terminal and be one field of one
// line: bytes that are not text and runes that do not print are written as in a Go
// literal (\n, \x1b, \u202e). A backslash stays as it is: a name that imitates
// an escape deceives nobody, but one with backslashes must be found by a search for
// it.
func escaped(s string) string {
	if shows(s) {
		return s
	}
	b := make([]byte, 0, len(s)+len(s)/8+32)
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			b = fmt.Appendf(b, `\x%02x`, s[0])
		case hidden(r):
			quoted := strconv.AppendQuoteRuneToASCII(nil, r)
			b = append(b, quoted[1:len(quoted)-1]...)
		default:
			b = append(b, s[:n]...)
		}
		s = s[n:]
	}
	return string(b)
}

// shows tells whether s is printable as it is.
func shows(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) }

func hidden(r rune) bool { return !unicode.IsPrint(r) }

// cleaning has all text of a record go through clean before next sees it: names,
// messages and errors may hold what a peer has sent. That is printable or, where
// next escapes or quotes by itself, bounded: done twice, it would double the
// backslashes.
type cleaning struct {
	next  slog.Handler
	clean func(s string, most int) string
}

func (c cleaning) Enabled(ctx context.Context, level slog.Level) bool {
	return c.next.Enabled(ctx, level)
}

func (c cleaning) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, c.clean(r.Message, longestValue), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(c.attr(a))
		return true
	})
	return c.next.Handle(ctx, clean)
}

func (c cleaning) WithAttrs(attrs []slog.Attr) slog.Handler {
	return cleaning{c.next.WithAttrs(c.attrs(attrs)), c.clean}
}

func (c cleaning) WithGroup(name string) slog.Handler {
	return cleaning{c.next.WithGroup(name), c.clean}
}

func (c cleaning) attrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = c.attr(a)
	}
	return clean
}

func (c cleaning) attr(a slog.Attr) slog.Attr {
	most := longestValue
	if a.Key == "stack" {
		most = longestStack
	}
	return slog.Attr{Key: a.Key, Value: c.value(a.Value.Resolve(), most)}
}

func (c cleaning) value(v slog.Value, most int) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(c.clean(v.String(), most))
	case slog.KindGroup:
		return slog.GroupValue(c.attrs(v.Group())...)
	case slog.KindAny:
		if v.Any() != nil {
			return slog.StringValue(c.clean(fmt.Sprintf("%+v", v.Any()), most))
		}
	}
	return v
}
