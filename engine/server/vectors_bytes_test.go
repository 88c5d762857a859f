package server

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
)

// How the compact text writes bytes.

// appendTokens renders bytes: repetitions, text, hexadecimal.
func appendTokens(tokens []string, b []byte) []string {
	const shortest = 6 // run worth a token of its own
	rest := 0
	flush := func(end int) {
		if end > rest {
			tokens = append(tokens, hex.EncodeToString(b[rest:end]))
		}
	}
	for i := 0; i < len(b); {
		repeated := runLen(b[i:], func(c byte) bool { return c == b[i] })
		text := runLen(b[i:], func(c byte) bool { return c >= ' ' && c <= '~' })
		n, token := repeated, fmt.Sprintf("%02x*%d", b[i], repeated)
		if text > repeated {
			n, token = text, strconv.Quote(string(b[i:i+text]))
		}
		// Short texts stand out only where nothing else surrounds them.
		if n < shortest && n < len(b) {
			i++
			continue
		}
		flush(i)
		tokens = append(tokens, token)
		i += n
		rest = i
	}
	flush(len(b))
	return tokens
}

func runLen(b []byte, in func(byte) bool) int {
	n := slices.IndexFunc(b, func(c byte) bool { return !in(c) })
	if n < 0 {
		return len(b)
	}
	return n
}
