package terminal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Mask takes control characters, but for tabs, out of a line: names and messages
// are a peer's words, and could command the terminal. Other bytes stay as they
// are, in whatever character set.
func Mask(line string) string {
	var b strings.Builder
	for len(line) > 0 {
		r, size := utf8.DecodeRuneInString(line)
		if r == utf8.RuneError && size == 1 {
			r = rune(line[0]) // of an 8-bit character set
		}
		if unicode.IsControl(r) && r != '\t' {
			b.WriteByte('?')
		} else {
			b.WriteString(line[:size])
		}
		line = line[size:]
	}
	return b.String()
}
