// Package audit says what a server did, for whom and to what, in one flat record
// an event, so that an operator can answer for it later. Records go to any
// number of sinks: a file, counters, another process.
package audit

import (
	"net/netip"
	"time"
)

// Event is what a record is about.
type Event string

// The events.
const (
	Refused Event = "refused" // a connection that was turned away before its login
	Login   Event = "login"
	Session Event = "session" // the end of one, with its duration
	File    Event = "file"    // a file stored, sent or removed, or not
	Change  Event = "change"  // a directory made, or not
)

// Outcome is how it went.
type Outcome string

// The outcomes.
const (
	OK     Outcome = "ok"
	Failed Outcome = "failed" // it did not work
	Denied Outcome = "denied" // it was not allowed: a wrong password, a limit, read-only
)

// Record is one event. Fields that say nothing about it are zero.
type Record struct {
	Time    time.Time      `json:"time"`
	Event   Event          `json:"event"`
	Outcome Outcome        `json:"outcome"`
	Reason  string         `json:"reason,omitempty"` // of anything but OK; never a password, never a path of the machine
	Client  netip.AddrPort `json:"client"`
	Session uint64         `json:"session,omitempty"` // number within this run of the server
	User    string         `json:"user,omitempty"`    // of a failed login: as claimed, cut to 86 bytes
	TLS     bool           `json:"tls,omitempty"`
	Version int            `json:"version,omitempty"` // of the protocol

	Operation  string  `json:"operation,omitempty"` // put, get, rm, mkdir
	File       string  `json:"file,omitempty"`      // absolute, as the session sees it; cut where longer than 4096 bytes
	Asked      string  `json:"asked,omitempty"`     // File as the client spelled it, where that differs
	Bytes      int64   `json:"bytes,omitempty"`     // of the file
	Moved      int64   `json:"moved,omitempty"`     // bytes of the file that went over data streams, also of a transfer that failed
	Wire       int64   `json:"wire,omitempty"`      // what they took there
	Seconds    float64 `json:"seconds,omitempty"`
	Streams    int     `json:"streams,omitempty"`
	Compressed bool    `json:"compressed,omitempty"`
	Simulated  bool    `json:"simulated,omitempty"`
	Verdict    string  `json:"verdict,omitempty"` // what held the transfer back
}

// Sink takes records. Record must not block for long and be safe for concurrent
// use: sessions wait for it.
type Sink interface{ Record(Record) }

// Sinks gives each record to all of them.
type Sinks []Sink

// Record gives r to each sink in turn.
func (s Sinks) Record(r Record) {
	for _, sink := range s {
		sink.Record(r)
	}
}
