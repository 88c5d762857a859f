package terminal

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// JSON returns a writer for whole JSON texts that escapes in them what a
// terminal obeys: encoding/json leaves most of it as it is. To programs the
// texts mean the same.
func JSON(w io.Writer) io.Writer { return escaper{w} }

type escaper struct{ to io.Writer }

func (e escaper) Write(text []byte) (int, error) {
	if _, err := e.to.Write(escape(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}

// escape needs no parser: outside of strings JSON has ASCII only, and of its
// controls those that end a line and set words apart.
func escape(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r >= 0x7f && unicode.In(r, commands...) {
			out = fmt.Appendf(out, `\u%04x`, r) // none is beyond 16 bits
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}
