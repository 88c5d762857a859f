package control

import (
	"net"
	"time"
)

// timed is a connection whose read deadline is set when a read needs it. Most
// messages arrive whole: their header and body are then in memory, and a deadline
// would only cost, up to the waking of a thread that has to be told the time.
type timed struct {
	net.Conn
	deadline time.Time
	due      bool   // deadline is not set yet
	early    []byte // to be read first
}

// until has the reads that follow fail after t; zero: never.
func (t *timed) until(deadline time.Time) { t.deadline, t.due = deadline, true }

// set is until, now: for a read in another goroutine.
func (t *timed) set(deadline time.Time) {
	t.due = false
	_ = t.SetReadDeadline(deadline) // a dead connection fails the read
}

func (t *timed) Read(b []byte) (int, error) {
	if len(t.early) > 0 {
		n := copy(b, t.early)
		t.early = t.early[n:]
		return n, nil
	}
	if t.due {
		t.set(t.deadline)
	}
	return t.Conn.Read(b)
}
