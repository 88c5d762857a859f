package server

import (
	"cmp"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// parseAll reads recordings.
func parseAll(text string) ([]recording, error) {
	var all []recording
	for i, line := range strings.Split(text, "\n") {
		f, err := recorded.Words(line)
		if err == nil && len(f) > 0 {
			if f[0].Text == "session" && len(f) == 2 {
				all = append(all, recording{name: f[1].Text, contents: make(recorded.Contents)})
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

func (r *recording) parse(f []recorded.Word) (err error) {
	arg := func(i int) string {
		if i < len(f) {
			return f[i].Text
		}
		return ""
	}
	switch f[0].Text {
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
		err = r.contents.ParseLine(f)
	case "given":
		e := entry{path: arg(1), mode: 0o755 | fs.ModeDir, of: arg(3)}
		if dir, isDir := strings.CutSuffix(e.path, "/"); isDir {
			e.path = dir
		} else if arg(2) == "->" {
			e.mode = 0o777 | fs.ModeSymlink
		} else {
			e.mode, err = recorded.ParseMode(arg(2))
		}
		r.given = append(r.given, e)
	case "left":
		e := entry{path: arg(1), sum: arg(4), times: arg(5) == "times"}
		e.mode, err = recorded.ParseMode(arg(2))
		if dir, isDir := strings.CutSuffix(e.path, "/"); isDir {
			e.path, e.mode = dir, e.mode|fs.ModeDir
		} else if err == nil {
			e.size, err = strconv.ParseInt(arg(3), 10, 64)
		}
		r.left = append(r.left, e)
	case "gone":
		r.gone = append(r.gone, arg(1))
	case "lost":
		r.lost, err = recorded.ParsePieces(f[1:])
	default:
		var e event
		e, err = parseEvent(f)
		r.events = append(r.events, e)
	}
	return err
}

func parseEvent(f []recorded.Word) (e event, err error) {
	if e.conn, err = strconv.Atoi(f[0].Text); err != nil || len(f) < 3 {
		return e, cmp.Or(err, fmt.Errorf("incomplete: %v", f))
	}
	switch f[1].Text {
	case "open", "connect":
		e.kind, e.from = opened, wire.Server
		if f[1].Text == "connect" {
			e.from = wire.Client
		}
		if f[2].Text == "caller" {
			e.stream = callerStream
			return e, nil
		}
		e.stream, err = strconv.Atoi(f[2].Text)
		return e, err
	case ">":
		e.from = wire.Client
	case "<":
		e.from = wire.Server
	default:
		return e, fmt.Errorf("direction %v", f[1])
	}
	for kind, word := range ends {
		if !f[2].Quoted && f[2].Text == word {
			e.kind = kind
			return e, nil
		}
	}
	rest := f[2:]
	switch {
	case rest[0].Text == "login" && !rest[0].Quoted && len(rest) == 3:
		e.kind, e.user, e.secret = login, rest[1].Text, rest[2].Text
		return e, nil
	case rest[0].Text == "blocks" && !rest[0].Quoted:
		e.kind, rest = blocks, rest[1:]
	}
	e.bytes, err = recorded.ParsePieces(rest)
	return e, err
}
