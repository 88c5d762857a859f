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

// printable is s as it can be shown to anybody's terminal and be one field of
// one line: bytes that are not text and runes that do not print are written as
// in a Go literal (\n, \x1b, \u202e), and of more than most bytes the rest is
// only counted. A backslash stays as it is: a name that imitates an escape
// deceives nobody, but one with backslashes must be found by a search for it.
func printable(s string, most int) string {
	more := 0
	if len(s) > most {
		cut := most
		for cut > most-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		s, more = s[:cut], len(s)-cut
	}
	if more == 0 && utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) {
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
	if more > 0 {
		b = fmt.Appendf(b, "…(%d bytes more)", more)
	}
	return string(b)
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }

// cleaning makes all text of a record printable before next sees it: names,
// messages and errors may hold what a peer has sent.
type cleaning struct{ next slog.Handler }

func (c cleaning) Enabled(ctx context.Context, level slog.Level) bool {
	return c.next.Enabled(ctx, level)
}

func (c cleaning) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, printable(r.Message, longestValue), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(cleanAttr(a))
		return true
	})
	return c.next.Handle(ctx, clean)
}

func (c cleaning) WithAttrs(attrs []slog.Attr) slog.Handler {
	return cleaning{c.next.WithAttrs(cleanAttrs(attrs))}
}

func (c cleaning) WithGroup(name string) slog.Handler { return cleaning{c.next.WithGroup(name)} }

func cleanAttrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = cleanAttr(a)
	}
	return clean
}

func cleanAttr(a slog.Attr) slog.Attr {
	most := longestValue
	if a.Key == "stack" {
		most = longestStack
	}
	return slog.Attr{Key: a.Key, Value: cleanValue(a.Value.Resolve(), most)}
}

func cleanValue(v slog.Value, most int) slog.Value {
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(printable(v.String(), most))
	case slog.KindGroup:
		return slog.GroupValue(cleanAttrs(v.Group())...)
	case slog.KindAny:
		if v.Any() != nil {
			return slog.StringValue(printable(fmt.Sprintf("%+v", v.Any()), most))
		}
	}
	return v
}
