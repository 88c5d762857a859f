package replay

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// The text of recordings, testdata/sessions.txt, one after the other with an
// empty line between them. A line each, in this order:
//
//	session NAME
//	run WORD...               the command line
//	password TEXT
//	content NAME lcg SEED SIZE  |  content NAME text SIZE "TEXT"
//	given PATH MODE CONTENT
//	CONNECTION EVENT          in the order it happened
//	exit STATUS
//	left PATH MODE SIZE SHA256 fresh|kept
//	says "LINE"
//
// An EVENT is one of
//
//	control  |  check  |  accept STREAM  |  call STREAM     a connection opens
//	> BYTES  |  > blocks BYTES  |  > cut BYTES              the client sends
//	> login USER PASSWORD  |  > clear USER PASSWORD
//	> end
//	< BYTES  |  < offer TYPE  |  < eof  |  < reset          the server sends
//	signal NAME
//
// BYTES are hexadecimal (00ff), text ("OK"), part of a content
// (@NAME:OFFSET:LENGTH) or, in deviations, LENGTH unforeseeable ones (?LENGTH). What follows a semicolon is a remark.

// String renders a recording.
func (r recording) String() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("session %s", r.name)
	line("run %s", recorded.Quote(r.run))
	if r.password != "" {
		line("password %s", r.password)
	}
	b.WriteString(r.contents.String())
	for _, f := range r.given {
		line("given %s %04o %s", f.path, f.mode, f.of)
	}
	for _, e := range r.events {
		line("%v", e)
	}
	line("exit %s", r.exit)
	for _, f := range r.left {
		line("left %s %04o %d %s %s", f.path, f.mode, f.size, f.sum, f.times)
	}
	for _, s := range r.says {
		line("says %q", s)
	}
	return b.String()
}

// String renders an event.
func (e event) String() string {
	direction := map[wire.Sender]string{wire.Client: ">", wire.Server: "<"}[e.from]
	switch e.kind {
	case control:
		return fmt.Sprintf("%d control", e.conn)
	case check:
		return fmt.Sprintf("%d check", e.conn)
	case accept:
		return fmt.Sprintf("%d accept %d", e.conn, e.stream)
	case call:
		return fmt.Sprintf("%d call %d", e.conn, e.stream)
	case signal:
		return fmt.Sprintf("%d signal %s", e.conn, e.signal)
	case offer:
		return fmt.Sprintf("%d < offer %d", e.conn, e.offer)
	case login:
		return fmt.Sprintf("%d > login %s %s", e.conn, e.user, e.secret)
	case clearly:
		return fmt.Sprintf("%d > clear %s %s", e.conn, e.user, e.secret)
	case eof, reset, end:
		return fmt.Sprintf("%d %s %s", e.conn, direction, map[kind]string{eof: "eof", reset: "reset", end: "end"}[e.kind])
	case blocks:
		direction += " blocks"
	case cut:
		direction += " cut"
	}
	text := fmt.Sprintf("%d %s %s", e.conn, direction, strings.Join(words(e.bytes), " "))
	if name := e.message(); name != "" {
		text += " ; " + name
	}
	return text
}

// message names the message that the bytes of e begin with, if they do.
func (e event) message() string {
	if e.kind != sent || len(e.bytes) != 1 || len(e.bytes[0].Plain) < wire.HeaderSize {
		return ""
	}
	h, _ := wire.ReadHeader(bytes.NewReader(e.bytes[0].Plain)) // it has 8 bytes
	if name := h.Code.String(); strings.HasPrefix(name, "MSG_") {
		return name
	}
	return ""
}

// shortest is how much text behind other bytes is no accident.
const shortest = 3

// words renders bytes: text where there is enough of it, else hexadecimal.
func words(pieces []recorded.Piece) (all []string) {
	for _, p := range pieces {
		if !p.AsBytes() {
			all = append(all, p.String())
			continue
		}
		b := p.Plain
		if len(b) >= wire.HeaderSize {
			all = append(all, hex.EncodeToString(b[:4]), hex.EncodeToString(b[4:8]))
			b = b[8:]
		}
		if n := textual(b); n < len(b) && (n == 0 || len(b)-n >= shortest) {
			all = append(all, hex.EncodeToString(b[:n]))
			b = b[n:]
			all = append(all, strconv.Quote(string(b)))
		} else if len(b) > 0 {
			all = append(all, hex.EncodeToString(b))
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

// textual returns where printable text begins that lasts to the end of b.
func textual(b []byte) int {
	i := len(b)
	for i > 0 && b[i-1] >= ' ' && b[i-1] <= '~' {
		i--
	}
	return i
}
