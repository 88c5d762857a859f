package server

import (
	"io/fs"
	"strings"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// recording is one session as it went over the wire: what both sides sent on
// all its connections, in the order it happened, and the files around it.
type recording struct {
	name     string
	server   serverConfig
	contents recorded.Contents
	given    []entry // what is in the tree before, besides the places of every session
	events   []event
	atEnd    func()           // called then, unless nil
	dribble  bool             // the client sends every byte in a segment of its own
	lost     []recorded.Piece // what the server wrote on the control connection and a reset destroyed
	left     []entry          // what must be there afterwards besides given
	gone     []string         // what of given must not
	shell    shellKind
	small    bool // [smallDisk] is a file system of its own
}

// shellKind is how a session over the pipes of a remote shell begins
// (wire.md 3.7).
type shellKind string

const (
	noShell    shellKind = ""
	shellCalls shellKind = "calls" // the client calls, to show its address
	shellTells shellKind = "tells" // the addresses go over the pipes
)

// onControl is the number of the control connection; data connections count
// from 1.
const onControl = 0

// callerStream is the number of the connection that only shows an address
// (wire.md 3.7).
const callerStream = -1

// event is one thing one side did.
type event struct {
	conn   int
	from   wire.Sender
	kind   kind
	bytes  []recorded.Piece // of sent and blocks
	user   string           // of login
	secret string           // of login
	stream int              // of opened: whose port it was connected to, from 0, or callerStream
	// ports changes the ports of a file request on their way to the server,
	// which are those the player listens on.
	ports func(own uint16) int32
}

type kind int

const (
	sent    kind = iota // bytes, which a server of ours must send alike
	blocks              // content in compressed blocks, cut and packed as the sender likes
	perhaps             // bytes that a server of ours sends or, if it noticed something else first, does not
	login               // a MSG_LOG encrypted under the key just offered
	opened              // a data connection, by the side that connects
	eof                 // the side's last byte
	reset               // a reset by that side
	closed              // either: the end of a data connection whose transfer failed
	walkout             // the client's EOF in the middle of something
)

// entry is a file or directory of the tree.
type entry struct {
	path  string
	mode  fs.FileMode // directories have fs.ModeDir
	of    string      // the file's content, by name, or a link's target, or
	size  int64       // its size and
	sum   string      // SHA-256
	times bool        // it has those of every recorded file, unless they are those of the session
}

// answers groups the server's events on a connection: the first group is what
// it sent unasked, the others answer the turns of the client. Each holds
// positions in r.events; at tells where an answer belongs that has none.
func (r *recording) answers(conn int) (groups [][]int, at []int) {
	groups, at = [][]int{nil}, []int{0}
	answered := true
	for i, e := range r.events {
		switch {
		case e.conn != conn || e.kind == opened:
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

func client(b ...byte) event { return event{from: wire.Client, bytes: []recorded.Piece{{Plain: b}}} }

func server(m wire.Message) event {
	return event{from: wire.Server, bytes: []recorded.Piece{{Plain: m.Append(nil)}}}
}
func reply(k wire.Code, text string) event { return server(wire.Reply{Kind: k, Text: text}) }
func ok(text string) event                 { return reply(wire.MsgOK, text) }
func bad(text string) event                { return reply(wire.MsgBad, text) }
func badNoRetry(text string) event         { return reply(wire.MsgBadNoRetry, text) }
func serverEOF() event                     { return event{from: wire.Server, kind: eof} }

// maybe is e, unless the server noticed something else before.
func maybe(e event) event {
	e.kind = perhaps
	return e
}

// same reports whether two events say the same about the wire.
func same(a, b event) bool { return a.String() == b.String() }

func (e event) String() string { return strings.TrimSuffix(format(e), "\n") }
