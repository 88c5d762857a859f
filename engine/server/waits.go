package server

import (
	"fmt"
	"time"
)

// Waits are the server's time limits (wire.md 5). Zero values are the documented
// defaults.
type Waits struct {
	Login   time.Duration // the whole login, default 60 s
	First   time.Duration // after login, for the first command or the choice of a version, default 10 s
	Command time.Duration // between commands, default 900 s
	// Start bounds the wait for the start of a file that was offered to the client.
	// Default 100 s, in all versions: it holds streams and data ports that others may
	// want. Legacy servers wait 900 s in versions 2 and 3.
	Start      time.Duration
	Filename   time.Duration // after MSG_STORE_V2 and MSG_RETR_V2, for the file's name, default 10 s
	StoreStart time.Duration // after MSG_TRANS_OK for a store, default 10 s
	List       time.Duration // for matching a pattern, default 60 s
	Connect    time.Duration // for all data streams of a transfer to be connected, default 30 s
	Ports      time.Duration // for data ports that others of the range use, default 5 s
	Idle       time.Duration // a data stream without progress, default 300 s
	Ack        time.Duration // for the ACK of a sent segment, default 100 s
	Receive    time.Duration // for the rest of a message that has begun, default 180 s
	Send       time.Duration // for the client to take a message, default 180 s
	Caller     time.Duration // for the call-back of a client that came through ssh, default 300 s
}

// limit is one of the fields.
type limit struct {
	name  string
	field *time.Duration
	def   time.Duration
}

func (w *Waits) limits() []limit {
	return []limit{
		{"Login", &w.Login, 60 * time.Second},
		{"First", &w.First, 10 * time.Second},
		{"Command", &w.Command, 900 * time.Second},
		{"Start", &w.Start, 100 * time.Second},
		{"Filename", &w.Filename, 10 * time.Second},
		{"StoreStart", &w.StoreStart, 10 * time.Second},
		{"List", &w.List, 60 * time.Second},
		{"Connect", &w.Connect, 30 * time.Second},
		{"Ports", &w.Ports, 5 * time.Second},
		{"Idle", &w.Idle, 300 * time.Second},
		{"Ack", &w.Ack, 100 * time.Second},
		{"Receive", &w.Receive, 180 * time.Second},
		{"Send", &w.Send, 180 * time.Second},
		{"Caller", &w.Caller, 300 * time.Second},
	}
}

func (w Waits) withDefaults() Waits {
	for _, l := range w.limits() {
		if *l.field == 0 {
			*l.field = l.def
		}
	}
	return w
}

func (w Waits) validate() error {
	for _, l := range w.limits() {
		if *l.field < 0 {
			return fmt.Errorf("wait %s is negative: %v", l.name, *l.field)
		}
	}
	return nil
}
