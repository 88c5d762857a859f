// Package demo shows the programs as their users run them: real processes,
// real files, every copy compared with its source.
package demo

import (
	"fmt"

	"bbftp/engine/transfer"
)

// Scenario is one way to move a file.
type Scenario struct {
	Op         string // "put" or "get"
	Streams    int
	Compressed bool
}

func (s Scenario) String() string {
	framing := "plain"
	if s.Compressed {
		framing = "zlib"
	}
	return fmt.Sprintf("%s, %d streams, %s", s.Op, s.Streams, framing)
}

// Result is what one trial showed; all sizes are in bytes.
type Result struct {
	Scenario
	Bytes   int64
	Seconds float64 // of the transfer, as the client tells it
	// Sender and Receiver say how the payload travelled on either side.
	Sender, Receiver transfer.Paths
}

// Goodput is the payload moved per second, in bits.
func (r Result) Goodput() float64 { return float64(r.Bytes) * 8 / r.Seconds }
