// Package replay plays the recorded sessions of legacy clients against ours:
// the real program, at a terminal, with the same command line and the same
// files. The server is a script that plays what the recorded one did and
// insists that our client does what the recorded client did, on every
// connection, on the terminal and in its files. What differs on purpose is the
// table of deviations.
package replay

import (
	"io/fs"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// recording is one session: a command line, what both sides did on all
// connections in the order it happened, and what was there afterwards.
type recording struct {
	name     string
	run      []string // the legacy program's arguments, the first word its name
	password string   // typed at the terminal; "" if nobody is asked
	contents recorded.Contents
	given    []file // before
	events   []event
	exit     string   // the exit status, or "killed"
	left     []file   // afterwards, all there is
	says     []string // the lines on the terminal
}

// event is one thing one side did on one connection. Control, data and other
// connections count together from 0.
type event struct {
	conn   int
	kind   kind
	from   wire.Sender
	bytes  []recorded.Piece // of sent, blocks and cut
	stream int              // of accept and call, from 0
	offer  wire.CryptType   // of offer
	user   string           // of login and clear
	secret string           // likewise
	signal string           // of signal, without SIG
}

type kind int

const (
	sent    kind = iota // bytes
	blocks              // content in compressed blocks, cut and packed as the sender likes
	cut                 // the beginning of these bytes, or all, or nothing, and then the end
	offer               // MSG_CRYPT with a key of the server
	login               // MSG_LOG encrypted under the key offered
	clearly             // MSG_LOG in clear text
	control             // a control connection
	check               // the connection of ssh mode to the port of MSG_LOGGED_STDIN
	accept              // the client connects a data stream (version 3)
	call                // the server connects a data stream (version 2)
	eof                 // the server's last byte
	reset               // a reset by the server
	end                 // the client's last byte, or a reset: which one depends on what was still on its way
	signal              // the client gets a signal
)

// file is a file of the client. Its path begins with the directory the
// recording had below /mnt: client, small or forbidden.
type file struct {
	path  string
	mode  fs.FileMode
	of    string // content, by name, of a file given
	size  int64  // of a file left
	sum   string // SHA-256 of a file left
	times string // of a file left: fresh or kept
}

const (
	fresh = "fresh" // times of now
	kept  = "kept"  // the times of every source
)

// Times of every source file, in seconds (the recordings' README).
const (
	sourceAccessed = 1000000000
	sourceModified = 1000000060
)

// foresee puts the random bytes of what was got into what is wanted.
func foresee(want, got []byte, pieces []recorded.Piece) {
	at := 0
	for _, p := range pieces {
		if p.Unforeseen && at < len(got) {
			copy(want[at:at+p.Len], got[at:])
		}
		at += p.Len + len(p.Plain)
	}
}
