package server

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
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

func parsePieces(tokens []string) (all []piece, err error) {
	for _, token := range tokens {
		p, err := parsePiece(token)
		if err != nil {
			return nil, err
		}
		all = appendPieces(all, p)
	}
	return all, nil
}

// appendPieces makes one piece of plain bytes that follow each other.
func appendPieces(to []piece, more ...piece) []piece {
	for _, p := range more {
		if n := len(to); n > 0 && p.of == "" && to[n-1].of == "" {
			to[n-1].plain = append(to[n-1].plain, p.plain...)
		} else {
			to = append(to, p)
		}
	}
	return to
}

func parsePiece(token string) (p piece, err error) {
	switch {
	case token[0] == '"':
		text, err := strconv.Unquote(token)
		return piece{plain: []byte(text)}, err
	case token[0] == '@':
		part := strings.Split(token[1:], ":")
		if len(part) != 3 {
			return p, fmt.Errorf("%q is not @NAME:OFFSET:LENGTH", token)
		}
		p.of = part[0]
		if p.offset, err = strconv.Atoi(part[1]); err == nil {
			p.len, err = strconv.Atoi(part[2])
		}
		return p, err
	}
	digits, count, repeated := strings.Cut(token, "*")
	n := 1
	if repeated {
		if n, err = strconv.Atoi(count); err != nil || n < 0 || n > 1<<20 {
			return p, fmt.Errorf("%q: repeated how often?", token)
		}
	}
	b, err := hex.DecodeString(digits)
	return piece{plain: bytes.Repeat(b, n)}, err
}
