package faults

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// row is one line of the table: a fault, where it strikes, what may come of it
// and what did.
type row struct {
	fault     string
	role      string // who is struck
	step      step
	version   int
	operation string
	gzip      bool
	tls       bool // the server offers it
	tries     int  // of the client

	allowed []string // outcomes

	linked  bool          // needs links to cut: both programs on hosts of their own
	size    int64         // of the file
	streams int           // default 3
	seconds int           // setackto and its like of the server
	timeout time.Duration // of the client
	target  string        // its name, default "f"
	system  bool          // the server serves the system's accounts
	wrap    func(*scene) (server, client []string)
	before  func(*scene) error       // when the files are there
	strike  func(*scene) (lost bool) // at the step; see relay.fault
	mend    func(*scene) error       // once the client has ended
	repair  func(*scene) error       // once the outcome was looked at
	survive func(*scene) bool        // waits for the survivor to notice, and tells whether it did

	perform func(*world, *testing.T, *row) (outcome string) // in the place of all that

	outcome string
	says    string // of the client, when it failed
	trouble []string
}

func (r *row) String() string {
	name := fmt.Sprintf("%s,%s,%s,v%d,%s,%s,%d-tries", r.fault, r.role, r.step, r.version, r.operation, framing(r.gzip), r.tries)
	if r.tls {
		name += ",TLS"
	}
	return name
}

func framing(gzip bool) string {
	if gzip {
		return "gzip"
	}
	return "plain"
}

func (r *row) explained() bool { return slices.Contains(r.allowed, r.outcome) }

// precious is what a target holds before.
const precious = "what was there before\n"

// usual is a file of several streams and blocks that takes no time.
const usual = 3<<20 + 17

// theirs is what somebody else puts in the target's place.
const theirs = "somebody else's\n"
