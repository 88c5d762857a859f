package trial

import "time"

// Record is one trial, one line of a results file.
type Record struct {
	Type string    `json:"type"` // "trial"
	Time time.Time `json:"time"` // of its start
	// Environment is the ID of the line that says where it was run.
	Environment string `json:"environment"`
	Sweep       string `json:"sweep"`  // name of the scenario
	Seed        uint64 `json:"seed"`   // of the path's losses in this trial
	Repeat      int    `json:"repeat"` // from 1; 0 is the warm-up
	Cell

	// Error says why the trial failed. Unfaithful says why the emulated path
	// was not what it claims. A trial with either is not used.
	Error      string   `json:"error,omitempty"`
	Unfaithful string   `json:"unfaithful,omitempty"`
	Warnings   []string `json:"warnings,omitempty"`
	// Settled is on the last trial of a cell and says why there are no more:
	// "interval" (narrow enough), "repeats" (the cap), "failures" or "unfaithful"
	// (too many).
	Settled string `json:"settled,omitempty"`

	Bytes   int64   `json:"bytes"`       // payload moved
	Seconds float64 `json:"seconds"`     // start of the client to its end
	Goodput float64 `json:"goodput_bps"` // Bytes × 8 / Seconds
	// The parts of Seconds (package observe): before the first payload,
	// growing, at speed, and after. Steady is the goodput at speed.
	Setup  float64 `json:"setup_s"`
	Ramp   float64 `json:"ramp_s"`
	Flat   float64 `json:"steady_s"`
	Tail   float64 `json:"tail_s"`
	Steady float64 `json:"steady_bps"`
	// Stall is a fixed wait of the peer itself, part of Setup: a legacy start
	// signal that was lost and came again after 1 s or 20 s (wire.md 5).
	Stall float64 `json:"stall_s,omitempty"`

	ClientCPU   float64 `json:"client_cpu_s"` // user and system
	ServerCPU   float64 `json:"server_cpu_s"`
	EmulatorCPU float64 `json:"emulator_cpu_s,omitempty"`
	// Peak resident memory in bytes, of several processes the sum of their peaks;
	// 0: not known.
	ClientMemory int64 `json:"client_peak_bytes,omitempty"`
	ServerMemory int64 `json:"server_peak_bytes,omitempty"`

	// StreamsUsed is what the client chose where Cell.Streams is 0.
	StreamsUsed int `json:"streams_used,omitempty"`
	// Moving is the client's own figure for the time its data streams took;
	// 0: not known.
	Moving float64 `json:"moving_s,omitempty"`
	// What limited the transfer, as each end itself judged.
	ClientVerdict *Verdict `json:"client_verdict,omitempty"`
	ServerVerdict *Verdict `json:"server_verdict,omitempty"`

	// How the payload travelled at either end, in bytes; all zero: not known.
	SenderSendfile int64 `json:"sender_sendfile_bytes,omitempty"`
	SenderCopied   int64 `json:"sender_copied_bytes,omitempty"`
	SenderDeflated int64 `json:"sender_deflated_bytes,omitempty"` // payload that went compressed
	SenderStored   int64 `json:"sender_stored_bytes,omitempty"`   // payload in blocks, as it is
	SenderBlocks   int64 `json:"sender_block_bytes,omitempty"`    // wire bytes of all blocks
	ReceiverSplice int64 `json:"receiver_splice_bytes,omitempty"`
	ReceiverCopied int64 `json:"receiver_copied_bytes,omitempty"`

	// Retransmits are the segments that both hosts sent again; on a Network path
	// those of the data streams that this one did.
	Retransmits int64 `json:"retransmits"`
	// Settings are the sysctls of the hosts of an emulated path.
	Settings map[string]string `json:"settings,omitempty"`
	// The link of an emulated path, in the payload's direction and against it.
	Link
	Back Link `json:"back_link"`

	// Series are the data streams as the sending host's kernel saw them,
	// ReceiverSeries the same connections at the other end if we could look.
	Series         []Series `json:"series,omitempty"`
	ReceiverSeries []Series `json:"receiver_series,omitempty"`
	// Progress is the payload's course: bytes on the receiving side over time.
	Progress Progress `json:"progress"`
}

// Verdict is what one end says held a transfer back (engine/telemetry).
type Verdict struct {
	Limit  string  `json:"limit"`
	Share  float64 `json:"share"` // of the time
	Reason string  `json:"reason,omitempty"`
	Advice string  `json:"advice,omitempty"`
}

// CPUPerGB is the CPU time of both ends in seconds per 10^9 bytes of payload.
func (r Record) CPUPerGB() float64 {
	if r.Bytes == 0 {
		return 0
	}
	return (r.ClientCPU + r.ServerCPU) / (float64(r.Bytes) / 1e9)
}

// Usable reports whether the trial counts as a measurement: not a warm-up, not
// failed, not on an unfaithful path.
func (r Record) Usable() bool { return r.Repeat > 0 && r.Error == "" && r.Unfaithful == "" }

// Link counts one direction of an emulated path. In = Out + LostRandom +
// LostQueue + LostRefused + what was on its way in the end. LostDevice are
// frames of up to 64 KiB that never came in.
type Link struct {
	PacketsIn   int64   `json:"link_packets_in,omitempty"`
	BytesIn     int64   `json:"link_bytes_in,omitempty"` // IP bytes
	PacketsOut  int64   `json:"link_packets_out,omitempty"`
	BytesOut    int64   `json:"link_bytes_out,omitempty"`
	LostRandom  int64   `json:"link_lost_random,omitempty"` // packets
	LostQueue   int64   `json:"link_lost_queue,omitempty"`  // packets
	LostRefused int64   `json:"link_lost_refused,omitempty"`
	LostDevice  int64   `json:"link_lost_device,omitempty"`
	QueueMax    int64   `json:"link_queue_max_bytes,omitempty"`
	LatenessP50 float64 `json:"link_lateness_p50_s,omitempty"` // delivery after its due time
	LatenessP99 float64 `json:"link_lateness_p99_s,omitempty"`
	LatenessMax float64 `json:"link_lateness_max_s,omitempty"`
}

// Series is one connection over time, a column a figure; all columns have the
// length of Time. Cumulative figures start at the connection's begin.
type Series struct {
	LocalPort  int       `json:"local_port"`
	RemotePort int       `json:"remote_port"`
	Time       []float64 `json:"t_s"` // since the start of the client
	Cwnd       []int64   `json:"cwnd_bytes"`
	RTT        []float64 `json:"rtt_s"`
	Delivery   []float64 `json:"delivery_bps"`
	Acked      []int64   `json:"acked_bytes"`
	Received   []int64   `json:"received_bytes"`
	Retrans    []int64   `json:"retrans_segments"`
	// Parts of the time with data to send.
	Busy          []float64 `json:"busy_s"`
	RwndLimited   []float64 `json:"rwnd_limited_s"`
	SndbufLimited []float64 `json:"sndbuf_limited_s"`
}

// Progress is a cumulative count over time, in seconds since the start of the
// client.
type Progress struct {
	Time  []float64 `json:"t_s"`
	Bytes []int64   `json:"bytes"`
}

// Environment is the machine a sweep ran on: one line of a results file, before
// the trials that name its ID.
type Environment struct {
	Type       string            `json:"type"` // "environment"
	ID         string            `json:"id"`   // a hash of the rest
	Kernel     string            `json:"kernel"`
	System     string            `json:"system"` // distribution
	CPU        string            `json:"cpu"`
	Cores      int               `json:"cores"`
	Memory     int64             `json:"memory_bytes"`
	Build      string            `json:"build"` // commit of bbbench
	Go         string            `json:"go"`
	Congestion string            `json:"congestion"`           // the system's default
	Available  string            `json:"congestion_available"` // space-separated
	Sysctls    map[string]string `json:"sysctls"`
	Versions   map[string]string `json:"versions"` // of each peer's programs
	Files      string            `json:"files"`    // file system under the payload
	Emulator   string            `json:"emulator"` // back-end of the path: "tun" …, "" if none
}
