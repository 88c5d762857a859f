// Package demo shows the programs as their users run them: real processes,
// real files, every copy compared with its source.
package demo

import (
	"fmt"
	"time"

	"bbftp/engine/transfer"
)

// Scenario is one way to move a file.
type Scenario struct {
	Op         string `json:"op"` // "put" or "get"
	Streams    int    `json:"streams"`
	Compressed bool   `json:"compressed"`
}

func (s Scenario) String() string {
	framing := "plain"
	if s.Compressed {
		framing = "zlib"
	}
	return fmt.Sprintf("%s, %d streams, %s", s.Op, s.Streams, framing)
}

// Result is the record of one trial; all sizes are in bytes.
type Result struct {
	Scenario
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	// Client and Server say how the payload travelled on either side.
	Client transfer.Paths `json:"client"`
	Server transfer.Paths `json:"server"`
}

// Goodput is the payload moved per second, in bits.
func (r Result) Goodput() float64 { return float64(r.Bytes) * 8 / r.Seconds }

// Sender and Receiver are the two sides by their part in the trial.
func (r Result) Sender() transfer.Paths {
	if r.Op == "put" {
		return r.Client
	}
	return r.Server
}

// Receiver is the side that wrote the file.
func (r Result) Receiver() transfer.Paths {
	if r.Op == "put" {
		return r.Server
	}
	return r.Client
}

// startLimit bounds the start of a server process.
const startLimit = 10 * time.Second
