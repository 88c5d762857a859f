package server

import (
	"cmp"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"bbftp/engine/wire"
)

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

func (r *recording) parse(f []string) (err error) {
	arg := func(i int) string {
		if i < len(f) {
			return f[i]
		}
		return ""
	}
	switch f[0] {
	case "clear":
		r.server.Clear = true
	case "anysource":
		r.server.AnySourcePort = true
	case "streams":
		r.server.MaxStreams, err = strconv.Atoi(arg(1))
	case "ports":
		_, err = fmt.Sscan(arg(1)+" "+arg(2), &r.server.DataPorts.Min, &r.server.DataPorts.Max)
	case "shell":
		r.shell = shellKind(arg(1))
	case "small":
		r.small = true
	case "content":
		r.contents[arg(1)], err = parseContent(arg(2), arg(3), arg(4))
	case "given":
		e := entry{path: arg(1), mode: 0o755 | fs.ModeDir, of: arg(3)}
		if dir, isDir := strings.CutSuffix(e.path, "/"); isDir {
			e.path = dir
		} else if arg(2) == "->" {
			e.mode = 0o777 | fs.ModeSymlink
		} else {
			e.mode, err = parseMode(arg(2))
		}
		r.given = append(r.given, e)
	case "left":
		e := entry{path: arg(1), sum: arg(4), times: arg(5) == "times"}
		e.mode, err = parseMode(arg(2))
		if dir, isDir := strings.CutSuffix(e.path, "/"); isDir {
			e.path, e.mode = dir, e.mode|fs.ModeDir
		} else if err == nil {
			e.size, err = strconv.ParseInt(arg(3), 10, 64)
		}
		r.left = append(r.left, e)
	case "gone":
		r.gone = append(r.gone, arg(1))
	case "lost":
		r.lost, err = parsePieces(f[1:])
	default:
		var e event
		e, err = parseEvent(f)
		r.events = append(r.events, e)
	}
	return err
}

func parseMode(octal string) (fs.FileMode, error) {
	mode, err := strconv.ParseUint(octal, 8, 32)
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
	case "open", "connect":
		e.kind, e.from = opened, wire.Server
		if f[1] == "connect" {
			e.from = wire.Client
		}
		if f[2] == "caller" {
			e.stream = callerStream
			return e, nil
		}
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
