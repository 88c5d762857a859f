package server

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"bbftp/engine/wire"
)

// The compact text of recordings, testdata/sessions.txt. A line each:
//
//	session NAME              begins a session
//	clear                     the server accepts passwords in clear text
//	streams N                 it allows so many data streams
//	ports MIN MAX             and listens for them there
//	anysource                 or connects them from any port
//	shell calls | shell tells  it runs over the pipes of a remote shell; the client calls, or both tell their addresses
//	small                     /mnt/small is a file system of 256 KiB
//	content NAME lcg SEED SIZE  |  content NAME text SIZE "TEXT"
//	given PATH/  |  given PATH MODE CONTENT  |  given PATH -> TARGET       in the tree before
//	left PATH/ MODE  |  left PATH MODE SIZE SHA256 [times]   there afterwards besides, with the times of given files
//	gone PATH                 not there any more
//	lost BYTES                what the server wrote at its end and the client never got
//	CONNECTION > BYTES        the client sends, on connection 0 (control), 1, 2, …
//	CONNECTION < BYTES        the server sends
//	CONNECTION open STREAM    the server connects to the port of a stream, from 0
//	CONNECTION connect STREAM  the client does, or to the port for the "caller"
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
		r.formatServer(&b)
		r.formatTree(&b)
		for _, p := range r.lost {
			fmt.Fprintf(&b, "lost %s\n", strings.Join(appendTokens(nil, p.Plain), " "))
		}
		for _, e := range r.events {
			b.WriteString(format(e))
		}
	}
	return b.String()
}

func (r *recording) formatServer(b *strings.Builder) {
	if r.server.Clear {
		b.WriteString("clear\n")
	}
	if n := r.server.MaxStreams; n != 0 {
		fmt.Fprintf(b, "streams %d\n", n)
	}
	if p := r.server.DataPorts; p.Max != 0 {
		fmt.Fprintf(b, "ports %d %d\n", p.Min, p.Max)
	}
	if r.server.AnySourcePort {
		b.WriteString("anysource\n")
	}
	if r.shell != noShell {
		fmt.Fprintf(b, "shell %s\n", r.shell)
	}
}

func (r *recording) formatTree(b *strings.Builder) {
	if r.small {
		b.WriteString("small\n")
	}
	b.WriteString(r.contents.String())
	for _, e := range r.given {
		switch e.mode.Type() {
		case fs.ModeDir:
			fmt.Fprintf(b, "given %s\n", e.name())
		case fs.ModeSymlink:
			fmt.Fprintf(b, "given %s -> %s\n", e.path, e.of)
		default:
			fmt.Fprintf(b, "given %s %#o %s\n", e.path, e.mode, e.of)
		}
	}
	for _, e := range r.left {
		fmt.Fprintf(b, "left %s %#o", e.name(), e.mode.Perm())
		if !e.mode.IsDir() {
			fmt.Fprintf(b, " %d %s", e.size, e.sum)
		}
		if e.times {
			b.WriteString(" times")
		}
		b.WriteByte('\n')
	}
	for _, name := range r.gone {
		fmt.Fprintf(b, "gone %s\n", name)
	}
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
	switch {
	case e.kind == opened && e.from == wire.Server:
		return fmt.Sprintf("%d open %d\n", e.conn, e.stream)
	case e.kind == opened && e.stream == callerStream:
		return fmt.Sprintf("%d connect caller\n", e.conn)
	case e.kind == opened:
		return fmt.Sprintf("%d connect %d\n", e.conn, e.stream)
	}
	line := fmt.Sprintf("%d %s ", e.conn, map[wire.Sender]string{wire.Client: ">", wire.Server: "<"}[e.from])
	switch e.kind {
	case login:
		return line + "login " + e.user + " " + e.secret + "\n"
	case blocks:
		line += "blocks "
	case perhaps:
		line += "perhaps "
	case sent:
	default:
		return line + ends[e.kind] + "\n"
	}
	var tokens []string
	for i, p := range e.bytes {
		if !p.AsBytes() {
			tokens = append(tokens, p.String())
			continue
		}
		b := p.Plain
		if i == 0 && e.conn == onControl && len(b) >= wire.HeaderSize {
			tokens = append(tokens, hex.EncodeToString(b[:4]), hex.EncodeToString(b[4:8]))
			b = b[8:]
		}
		tokens = appendTokens(tokens, maskedBody(e, b))
	}
	line += strings.Join(tokens, " ")
	if e.conn == onControl && len(e.bytes) > 0 && len(e.bytes[0].Plain) >= wire.HeaderSize {
		h, _ := wire.ReadHeader(bytes.NewReader(e.bytes[0].Plain))
		line += " ; " + h.Code.String()
	}
	return line + "\n"
}

// maskedBody is the body b of e, without the random part of a key.
func maskedBody(e event, b []byte) []byte {
	if len(e.bytes) != 1 || e.from != wire.Server || e.conn != onControl {
		return b
	}
	whole := maskKey(e.bytes[0].Plain)
	return whole[len(whole)-len(b):]
}
