package server

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bbftp/engine/wire"
)

// The compact text of recordings, testdata/sessions.txt. A line each:
//
//	session NAME              begins a session
//	clear                     the server accepts passwords in clear text
//	content NAME lcg SEED SIZE  |  content NAME text SIZE "TEXT"
//	given PATH/  |  given PATH CONTENT       in the tree before
//	left PATH/ MODE  |  left PATH MODE SIZE SHA256   there afterwards besides
//	lost BYTES                what the server wrote at its end and the client never got
//	CONNECTION > BYTES        the client sends, on connection 0 (control), 1, 2, …
//	CONNECTION < BYTES        the server sends
//	CONNECTION open STREAM    the server connects to the port of a stream, from 0
//	; …                       a remark, also at the end of a line
//
// BYTES are hexadecimal (00ff), a byte repeated (00*128), text ("OK"), part of
// a content (@NAME:OFFSET:LENGTH), or one of
//
//	login USER PASSWORD       MSG_LOG, to be encrypted under the server's key
//	blocks BYTES              these bytes in compressed blocks
//	eof | reset | closed      the side's end; walkout: the client's, in the middle of something

// formatAll renders recordings.
func formatAll(all []recording) string {
	var b strings.Builder
	for _, r := range all {
		fmt.Fprintf(&b, "\nsession %s\n", r.name)
		if r.server.Clear {
			b.WriteString("clear\n")
		}
		for _, name := range slices.Sorted(maps.Keys(r.contents)) {
			c := r.contents[name]
			if c.text != "" {
				fmt.Fprintf(&b, "content %s text %d %q\n", name, c.size, c.text)
			} else {
				fmt.Fprintf(&b, "content %s lcg %d %d\n", name, c.seed, c.size)
			}
		}
		for _, e := range r.given {
			fmt.Fprintf(&b, "given %s\n", strings.TrimSpace(e.name()+" "+e.of))
		}
		for _, e := range r.left {
			fmt.Fprintf(&b, "left %s %#o", e.name(), e.mode.Perm())
			if !e.mode.IsDir() {
				fmt.Fprintf(&b, " %d %s", e.size, e.sum)
			}
			b.WriteByte('\n')
		}
		for _, p := range r.lost {
			fmt.Fprintf(&b, "lost %s\n", strings.Join(appendTokens(nil, p.plain), " "))
		}
		for _, e := range r.events {
			b.WriteString(format(e))
		}
	}
	return b.String()
}

// name is the path, with a slash behind that of a directory.
func (e entry) name() string {
	if e.mode.IsDir() {
		return e.path + "/"
	}
	return e.path
}

var ends = map[kind]string{eof: "eof", reset: "reset", closed: "closed", walkout: "walkout"}

// format renders one event.
func format(e event) string {
	if e.kind == opened {
		return fmt.Sprintf("%d open %d\n", e.conn, e.stream)
	}
	line := fmt.Sprintf("%d %s ", e.conn, map[wire.Sender]string{wire.Client: ">", wire.Server: "<"}[e.from])
	switch e.kind {
	case login:
		return line + "login " + e.user + " " + e.secret + "\n"
	case blocks:
		line += "blocks "
	case sent:
	default:
		return line + ends[e.kind] + "\n"
	}
	var tokens []string
	for i, p := range e.bytes {
		if p.of != "" {
			tokens = append(tokens, fmt.Sprintf("@%s:%d:%d", p.of, p.offset, p.len))
			continue
		}
		b := p.plain
		if i == 0 && e.conn == onControl && len(b) >= wire.HeaderSize {
			tokens = append(tokens, hex.EncodeToString(b[:4]), hex.EncodeToString(b[4:8]))
			b = b[8:]
		}
		tokens = appendTokens(tokens, maskedBody(e, b))
	}
	line += strings.Join(tokens, " ")
	if e.conn == onControl && len(e.bytes) > 0 && len(e.bytes[0].plain) >= wire.HeaderSize {
		h, _ := wire.ReadHeader(bytes.NewReader(e.bytes[0].plain))
		line += " ; " + h.Code.String()
	}
	return line + "\n"
}

// maskedBody is the body b of e, without the random part of a key.
func maskedBody(e event, b []byte) []byte {
	if len(e.bytes) != 1 || e.from != wire.Server || e.conn != onControl {
		return b
	}
	whole := maskKey(e.bytes[0].plain)
	return whole[len(whole)-len(b):]
}

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

// parseAll reads recordings.
func parseAll(text string) ([]recording, error) {
	var all []recording
	for i, line := range strings.Split(text, "\n") {
		f, err := fields(line)
		if err == nil && len(f) > 0 {
			if f[0] == "session" && len(f) == 2 {
				all = append(all, recording{name: f[1], contents: make(map[string]content)})
				continue
			}
			if len(all) == 0 {
				err = fmt.Errorf("no session yet")
			} else {
				err = all[len(all)-1].parse(f)
			}
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return all, nil
}

// fields cuts a line at blanks; texts keep their quotes.
func fields(line string) (f []string, err error) {
	for {
		line = strings.TrimLeft(line, " ")
		switch {
		case line == "" || line[0] == ';' || line[0] == '#':
			return f, nil
		case line[0] == '"':
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("text %q: %w", line, err)
			}
			f, line = append(f, quoted), line[len(quoted):]
		default:
			word, rest, _ := strings.Cut(line, " ")
			f, line = append(f, word), rest
		}
	}
}

func (r *recording) parse(f []string) error {
	arg := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	switch f[0] {
	case "clear":
		r.server.Clear = true
		return nil
	case "content":
		c, err := parseContent(arg(2), arg(3), arg(4))
		r.contents[arg(1)] = c
		return err
	case "given", "left":
		e := entry{path: strings.TrimSuffix(arg(1), "/"), mode: 0o644, of: arg(2)}
		dir := e.path != arg(1)
		if f[0] == "given" {
			if dir {
				e.mode = 0o755 | fs.ModeDir
			}
			r.given = append(r.given, e)
			return nil
		}
		mode, err := strconv.ParseUint(arg(2), 8, 32)
		e.of, e.mode, e.sum = "", fs.FileMode(mode), arg(4)
		if dir {
			e.mode |= fs.ModeDir
		} else if err == nil {
			e.size, err = strconv.ParseInt(arg(3), 10, 64)
		}
		r.left = append(r.left, e)
		return err
	}
	if f[0] == "lost" {
		var err error
		r.lost, err = parsePieces(f[1:])
		return err
	}
	e, err := parseEvent(f)
	r.events = append(r.events, e)
	return err
}

func parseContent(kind, first, second string) (content, error) {
	switch kind {
	case "lcg":
		seed, err := strconv.ParseUint(first, 10, 32)
		size, sizeErr := strconv.Atoi(second)
		return random(uint32(seed), size), cmp.Or(err, sizeErr)
	case "text":
		size, err := strconv.Atoi(first)
		text, textErr := strconv.Unquote(second)
		return repeated(text, size), cmp.Or(err, textErr)
	}
	return content{}, fmt.Errorf("content of kind %q", kind)
}

func parseEvent(f []string) (e event, err error) {
	if e.conn, err = strconv.Atoi(f[0]); err != nil || len(f) < 3 {
		return e, cmp.Or(err, fmt.Errorf("incomplete: %q", f))
	}
	switch f[1] {
	case "open":
		e.kind, e.from = opened, wire.Server
		e.stream, err = strconv.Atoi(f[2])
		return e, err
	case ">":
		e.from = wire.Client
	case "<":
		e.from = wire.Server
	default:
		return e, fmt.Errorf("direction %q", f[1])
	}
	for kind, word := range ends {
		if f[2] == word {
			e.kind = kind
			return e, nil
		}
	}
	rest := f[2:]
	switch {
	case rest[0] == "login" && len(rest) == 3:
		e.kind, e.user, e.secret = login, rest[1], rest[2]
		return e, nil
	case rest[0] == "blocks":
		e.kind, rest = blocks, rest[1:]
	}
	e.bytes, err = parsePieces(rest)
	return e, err
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
