package server

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"bbftp/engine/wire"
)

// recording is one session as it went over the wire: what both sides sent on
// all its connections, in the order it happened, and the files around it.
type recording struct {
	name     string
	server   serverConfig
	contents map[string]content
	given    []entry // what is in the tree before, besides the places of every session
	events   []event
	atEnd    func()  // called then, unless nil
	dribble  bool    // the client sends every byte in a segment of its own
	lost     []piece // what the server wrote on the control connection and a reset destroyed
	left     []entry // what must be there afterwards besides given
}

// onControl is the number of the control connection; data connections count
// from 1.
const onControl = 0

// event is one thing one side did.
type event struct {
	conn   int
	from   wire.Sender
	kind   kind
	bytes  []piece // of sent and blocks
	user   string  // of login
	secret string  // of login
	stream int     // of opened: whose port the server connected to, from 0
	// ports changes the ports of a file request on their way to the server,
	// which are those the player listens on.
	ports func(own uint16) int32
}

type kind int

const (
	sent    kind = iota // bytes, which a server of ours must send alike
	blocks              // content in compressed blocks, cut and packed as the sender likes
	login               // a MSG_LOG encrypted under the key just offered
	opened              // a data connection
	eof                 // the side's last byte
	reset               // a reset by that side
	closed              // either: the end of a data connection whose transfer failed
	walkout             // the client's EOF in the middle of something
)

// piece is a part of what was sent: bytes as they were, or a part of a content.
type piece struct {
	plain       []byte
	of          string
	offset, len int
}

// content is a file made of a formula (Replay, "File content", in the
// transcripts' README).
type content struct {
	seed  uint32 // of a linear congruential generator, unless there is a text
	text  string
	size  int
	bytes func() []byte // for reading
}

func random(seed uint32, size int) content {
	return content{seed: seed, size: size, bytes: sync.OnceValue(func() []byte {
		b := make([]byte, size)
		x := seed
		for i := range b {
			x = (1103515245*x + 12345) & (1<<31 - 1)
			b[i] = byte(x >> 16)
		}
		return b
	})}
}

func repeated(text string, size int) content {
	return content{text: text, size: size, bytes: sync.OnceValue(func() []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = text[(i+i/1000)%len(text)]
		}
		return b
	})}
}

// entry is a file or directory of the tree.
type entry struct {
	path string
	mode fs.FileMode // directories have fs.ModeDir
	of   string      // the file's content, by name, or
	size int64       // its size and
	sum  string      // SHA-256
}

// join returns the bytes that pieces stand for.
func (r *recording) join(pieces []piece) ([]byte, error) {
	var all []byte
	for _, p := range pieces {
		if p.of == "" {
			all = append(all, p.plain...)
			continue
		}
		c, ok := r.contents[p.of]
		if !ok || p.offset < 0 || p.len < 0 || p.offset+p.len > c.size {
			return nil, fmt.Errorf("no bytes %d..%d of content %q", p.offset, p.offset+p.len, p.of)
		}
		all = append(all, c.bytes()[p.offset:p.offset+p.len]...)
	}
	return all, nil
}

// answers groups the server's events on the control connection: the first
// group is the greeting, the others answer the turns of the client. Each holds
// positions in r.events; at tells where an answer belongs that has none.
func (r *recording) answers() (groups [][]int, at []int) {
	groups, at = [][]int{nil}, []int{0}
	answered := true
	for i, e := range r.events {
		switch {
		case e.conn != onControl:
		case e.from == wire.Server:
			groups[len(groups)-1] = append(groups[len(groups)-1], i)
			answered = true
		case answered:
			groups, at = append(groups, nil), append(at, i+1)
			answered = false
		default:
			at[len(at)-1] = i + 1
		}
	}
	return groups, at
}

// What the control connection is made of.

func client(b ...byte) event { return event{from: wire.Client, bytes: []piece{{plain: b}}} }

func server(m wire.Message) event {
	return event{from: wire.Server, bytes: []piece{{plain: m.Append(nil)}}}
}
func reply(k wire.Code, text string) event { return server(wire.Reply{Kind: k, Text: text}) }
func ok(text string) event                 { return reply(wire.MsgOK, text) }
func bad(text string) event                { return reply(wire.MsgBad, text) }
func badNoRetry(text string) event         { return reply(wire.MsgBadNoRetry, text) }
func serverEOF() event                     { return event{from: wire.Server, kind: eof} }

// same reports whether two events say the same about the wire.
func same(a, b event) bool { return a.String() == b.String() }

func (e event) String() string { return strings.TrimSuffix(format(e), "\n") }
