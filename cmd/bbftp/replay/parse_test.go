package replay

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"bbftp/engine/wire"
)

// parseRecording reads what String wrote.
func parseRecording(text string) (recording, error) {
	r := recording{contents: make(map[string]content)}
	for i, line := range strings.Split(text, "\n") {
		f, err := fields(line)
		if err == nil && len(f) > 0 {
			err = r.parse(f)
		}
		if err != nil {
			return r, fmt.Errorf("%s, line %d, %q: %w", r.name, i+1, line, err)
		}
	}
	return r, nil
}

// word is a word of a line, quoted there or not.
type word struct {
	text   string
	quoted bool
}

func fields(line string) (f []word, err error) {
	for {
		line = strings.TrimLeft(line, " ")
		switch {
		case line == "" || line[0] == ';':
			return f, nil
		case line[0] == '"':
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, err
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, err
			}
			f, line = append(f, word{text, true}), line[len(quoted):]
		default:
			text, rest, _ := strings.Cut(line, " ")
			f, line = append(f, word{text, false}), rest
		}
	}
}

func (r *recording) parse(f []word) error {
	args := make([]string, max(len(f), 6))
	for i := range f {
		args[i] = f[i].text
	}
	var err error
	switch args[0] {
	case "session":
		r.name = args[1]
	case "run":
		r.run = args[1:len(f)]
	case "password":
		r.password = args[1]
	case "content":
		r.contents[args[1]], err = parseContent(args[2], args[3], args[4])
	case "given":
		r.given = append(r.given, file{path: args[1], of: args[3]})
		r.given[len(r.given)-1].mode, err = parseMode(args[2])
	case "exit":
		r.exit = args[1]
	case "left":
		l := file{path: args[1], sum: args[4], times: args[5]}
		var sizeErr error
		l.mode, err = parseMode(args[2])
		l.size, sizeErr = strconv.ParseInt(args[3], 10, 64)
		r.left, err = append(r.left, l), cmp.Or(err, sizeErr)
	case "says":
		r.says = append(r.says, args[1])
	default:
		var e event
		e, err = parseEvent(f)
		r.events = append(r.events, e)
	}
	return err
}

func parseMode(text string) (fs.FileMode, error) {
	mode, err := strconv.ParseUint(text, 8, 9)
	return fs.FileMode(mode), err
}

func parseContent(kind, first, second string) (content, error) {
	switch kind {
	case "lcg":
		seed, err := strconv.ParseUint(first, 10, 32)
		size, sizeErr := strconv.Atoi(second)
		return random(uint32(seed), size), cmp.Or(err, sizeErr)
	case "text":
		size, err := strconv.Atoi(first)
		return repeated(second, size), err
	}
	return content{}, fmt.Errorf("content of kind %q", kind)
}

func parseEvent(f []word) (e event, err error) {
	if e.conn, err = strconv.Atoi(f[0].text); err != nil || len(f) < 2 {
		return e, cmp.Or(err, fmt.Errorf("incomplete"))
	}
	verb, rest := f[1].text, f[2:]
	if verb == ">" || verb == "<" {
		if verb == "<" {
			e.from = wire.Server
		}
		if len(rest) == 0 {
			return e, fmt.Errorf("sends nothing")
		}
		verb = rest[0].text
		if kinds := map[string]kind{"blocks": blocks, "cut": cut}; !rest[0].quoted && kinds[verb] != sent {
			e.kind, rest = kinds[verb], rest[1:]
			e.bytes, err = parsePieces(rest)
			return e, err
		}
	}
	kinds := map[string]kind{
		"control": control, "check": check, "accept": accept, "call": call, "signal": signal,
		"offer": offer, "login": login, "clear": clearly, "eof": eof, "reset": reset, "end": end,
	}
	var known bool
	if e.kind, known = kinds[verb]; !known {
		e.bytes, err = parsePieces(rest)
		return e, err
	}
	last := f[len(f)-1].text
	switch e.kind {
	case accept, call:
		e.stream, err = strconv.Atoi(last)
	case offer:
		e.from = wire.Server
		var n int
		n, err = strconv.Atoi(last)
		e.offer = wire.CryptType(n)
	case signal:
		e.signal = last
	case login, clearly:
		e.user, e.secret = f[len(f)-2].text, last
	}
	return e, err
}

func parsePieces(all []word) (pieces []piece, err error) {
	for _, w := range all {
		var p piece
		switch part := strings.Split(w.text, ":"); {
		case w.quoted:
			p.plain = []byte(w.text)
		case strings.HasPrefix(w.text, "@") && len(part) == 3:
			var lenErr error
			p.of = part[0][1:]
			p.offset, err = strconv.Atoi(part[1])
			p.len, lenErr = strconv.Atoi(part[2])
			err = cmp.Or(err, lenErr)
		case strings.HasPrefix(w.text, "?"):
			p.random = true
			p.len, err = strconv.Atoi(w.text[1:])
		default:
			p.plain, err = hex.DecodeString(w.text)
		}
		if err != nil {
			return nil, err
		}
		pieces = appendPieces(pieces, p)
	}
	return pieces, nil
}

// appendPieces makes one piece of plain bytes that follow each other.
func appendPieces(to []piece, more ...piece) []piece {
	for _, p := range more {
		if n := len(to); n > 0 && p.len == 0 && to[n-1].len == 0 {
			to[n-1].plain = slices.Concat(to[n-1].plain, p.plain)
		} else {
			to = append(to, p)
		}
	}
	return to
}
