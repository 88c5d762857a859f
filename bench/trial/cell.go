// Package trial has the flat records of a sweep: what was asked for, what was
// measured, and on what. A results file holds one JSON object a line; all
// reports are made from these lines alone.
package trial

import "time"

// Cell is one point of a sweep: everything chosen before a trial starts.
// Trials of equal cells are repeats of one measurement.
type Cell struct {
	Peer       string `json:"peer"`              // "bbftp", "legacy", "iperf3" …: package peer
	Version    int    `json:"version,omitempty"` // of the bbftp protocol; 0: not bbftp
	Direction  string `json:"direction"`         // Put or Get, seen from the client
	Streams    int    `json:"streams"`           // 0: the program's own choice
	Window     int64  `json:"window_bytes"`      // socket buffer asked for; 0: the kernel tunes it
	Compressed bool   `json:"compressed"`
	Kind       string `json:"kind"` // of payload: package payload
	// Files is how many files one session moves, each of Bytes / Files; 0: one.
	Files int `json:"files,omitempty"`
	// Storage is where the files are: Memory or Disk; "": where the sweep chose.
	Storage string `json:"storage,omitempty"`
	// Bytes is the size of the file, or of all files. With Duration, it is chosen after the
	// warm-up of the cell so that a trial takes about that long, and is the
	// most it may be.
	Bytes    int64   `json:"bytes_asked"`
	Duration float64 `json:"duration_s,omitempty"`

	Path string `json:"path"` // Emulated, Loopback or Network
	// Target is the host of a Network path.
	Target string `json:"target,omitempty"`
	// What follows describes an Emulated path; both directions are alike.
	RTT        float64 `json:"rtt_s"`
	Jitter     float64 `json:"jitter_s,omitempty"` // one way, up to
	Rate       int64   `json:"rate_bps"`           // of IP packets; 0: unlimited
	Loss       float64 `json:"loss"`               // probability for each MTU-sized packet
	Queue      int64   `json:"queue_bytes"`        // drop-tail; 0: one BDP (package wan)
	Congestion string  `json:"congestion"`         // algorithm of every peer; "": the system's
}

// The directions.
const (
	Put = "put"
	Get = "get"
)

// The places of files.
const (
	Memory = "memory" // a file system in memory, such as tmpfs
	Disk   = "disk"
)

// The kinds of path.
const (
	Emulated = "emulated"
	Loopback = "loopback"
	Network  = "network"
)

// Route is the part of a cell that names the path and the work, without what
// a user may tune: cells of one route are compared with each other.
type Route struct {
	Path, Target string
	RTT, Jitter  float64
	Rate         int64
	Loss         float64
	Queue        int64
	Congestion   string
	Direction    string
	Kind         string
	Files        int    `json:",omitempty"` // as if it were not there for older seeds
	Storage      string `json:",omitempty"`
}

// Route returns the cell's.
func (c Cell) Route() Route {
	return Route{c.Path, c.Target, c.RTT, c.Jitter, c.Rate, c.Loss, c.Queue, c.Congestion, c.Direction, c.Kind, c.Files, c.Storage}
}

// Count is how many files are moved.
func (c Cell) Count() int { return max(c.Files, 1) }

// BDP is the bandwidth-delay product of the path in bytes; 0 if the rate is
// unlimited.
func (c Cell) BDP() int64 { return int64(float64(c.Rate) / 8 * c.RTT) }

// RoundTrip is the RTT as a time.Duration.
func (c Cell) RoundTrip() time.Duration { return time.Duration(c.RTT * float64(time.Second)) }
