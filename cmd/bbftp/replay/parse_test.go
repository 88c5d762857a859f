package replay

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// parseRecording reads what String wrote.
func parseRecording(text string) (recording, error) {
	r := recording{contents: make(recorded.Contents)}
	for i, line := range strings.Split(text, "\n") {
		f, err := recorded.Words(line)
		if err == nil && len(f) > 0 {
			err = r.parse(f)
		}
		if err != nil {
			return r, fmt.Errorf("%s, line %d, %q: %w", r.name, i+1, line, err)
		}
	}
	return r, nil
}

func (r *recording) parse(f []recorded.Word) error {
	args := make([]string, max(len(f), 6))
	for i := range f {
		args[i] = f[i].Text
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
		err = r.contents.ParseLine(f)
	case "given":
		r.given = append(r.given, file{path: args[1], of: args[3]})
		r.given[len(r.given)-1].mode, err = recorded.ParseMode(args[2])
	case "exit":
		r.exit = args[1]
	case "left":
		l := file{path: args[1], sum: args[4], times: args[5]}
		var sizeErr error
		l.mode, err = recorded.ParseMode(args[2])
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

func parseEvent(f []recorded.Word) (e event, err error) {
	if e.conn, err = strconv.Atoi(f[0].Text); err != nil || len(f) < 2 {
		return e, cmp.Or(err, fmt.Errorf("incomplete"))
	}
	verb, rest, sends := f[1].Text, f[2:], false
	if verb == ">" || verb == "<" {
		if verb == "<" {
			e.from = wire.Server
		}
		if len(rest) == 0 {
			return e, fmt.Errorf("sends nothing")
		}
		verb, sends = rest[0].Text, true
		if rest[0].Quoted {
			verb = "" // bytes
		}
		if kinds := map[string]kind{"blocks": blocks, "cut": cut}; kinds[verb] != sent {
			e.kind, rest = kinds[verb], rest[1:]
			e.bytes, err = recorded.ParsePieces(rest)
			return e, err
		}
	}
	kinds := map[string]kind{
		"control": control, "check": check, "accept": accept, "call": call, "signal": signal,
		"offer": offer, "login": login, "clear": clearly, "eof": eof, "reset": reset, "end": end,
	}
	var known bool
	if e.kind, known = kinds[verb]; !known {
		if !sends {
			return e, fmt.Errorf("unknown event %q", verb)
		}
		e.bytes, err = recorded.ParsePieces(rest)
		return e, err
	}
	last := f[len(f)-1].Text
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
		e.user, e.secret = f[len(f)-2].Text, last
	}
	return e, err
}
