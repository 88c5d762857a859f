package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// commands are characters that a terminal obeys instead of showing them: controls,
// line and paragraph separators, and what changes the direction of writing, which
// can make one name look like another.
var commands = []*unicode.RangeTable{unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control}

// Mask takes those characters, but for tabs, out of a line: names and messages
// are a peer's words. Other bytes stay as they are, in whatever character set.
func Mask(line string) string {
	var b strings.Builder
	for len(line) > 0 {
		r, size := utf8.DecodeRuneInString(line)
		if r == utf8.RuneError && size == 1 {
			r = rune(line[0]) // of an 8-bit character set
		}
		if unicode.In(r, commands...) && r != '\t' {
			b.WriteByte('?')
		} else {
			b.WriteString(line[:size])
		}
		line = line[size:]
	}
	return b.String()
}
