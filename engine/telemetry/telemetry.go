// Package telemetry tells what a transfer cost and what held it back: TCP_INFO
// of each data stream, processor time, waits for disk and network, and a
// verdict made of them.
//
//	streams ──TCP_INFO──► Recorder ─┐
//	clocks of the machine ──────────┼──► Report ──► verdict
//	owner of the streams ───Work────┘
package telemetry

import "time"

// Work is where the time of the streams of one transfer went, as their owner
// counted it, summed over the streams.
type Work struct {
	SocketWait time.Duration // for the connection: to take bytes, or to bring some
	FileTime   time.Duration // in calls that read or write the file
	FileCPU    time.Duration // of it, time at work; the rest was waiting for the disk
	LimitWait  time.Duration // for the rate limit, where the kernel does not keep it
	Codec      time.Duration // deflating or inflating, processor time
	CodecWait  time.Duration // of streams for a block that was not deflated or inflated yet
	Payload    int64         // bytes of the file that moved
	Stored     int64         // of it, in blocks left as they are
	Deflated   int64         // of it, in blocks that were deflated
	BlockBytes int64         // what all of them took on the wire
}

// DiskWait is the time in which calls that read or write the file did not work.
func (w Work) DiskWait() time.Duration { return max(w.FileTime-w.FileCPU, 0) }

// Report is what one transfer cost and what held it back, seen from this side.
// Its JSON form is flat, in seconds, bytes and bytes per second.
type Report struct {
	Sending  bool          // this side sent
	Loopback bool          // both sides are this machine
	Elapsed  time.Duration // from Begin to End
	// Ramp is how long it took until half of the highest rate was reached.
	Ramp    time.Duration
	Streams []Stream
	// Steady is what the streams carried from then on, the median over time in
	// bytes per second.
	Steady int64
	// SendFixed and RecvFixed are the sizes of this side's socket buffers, in
	// bytes, if they were asked for; 0 if the kernel finds them.
	SendFixed, RecvFixed int
	// User and System are the processor time of the whole process meanwhile:
	// that of other transfers too, if there were some.
	User, System time.Duration
	// Cores is how many processors this process may use at once.
	Cores int
	// Idle is the share of the machine's processors that had nothing to do, 0 to
	// 1; negative where the system does not tell, or the transfer was too short.
	Idle float64
	Work
	Verdict Verdict
	// Crash is the panic, with its stack, that ended the sampling; "" for none.
	Crash string
}

// Stream is one data stream. Sizes are in bytes, rates in bytes per second;
// means are over the time of the transfer.
type Stream struct {
	Congestion   string
	MSS          int
	RTT          time.Duration // mean of the smoothed round-trip time
	MinRTT       time.Duration
	Cwnd         int64 // congestion window at the end
	MaxCwnd      int64
	DeliveryRate int64 // the highest that was not held down by the sender having no data
	MaxPacing    int64 // the rate that the kernel was told to keep, 0: none
	Bytes        int64 // acknowledged or received
	SegmentsSent int64
	Retransmits  int64 // segments
	RetransBytes int64
	// OutOfOrder are segments that came after a gap: a receiver's sight of loss.
	SegmentsReceived, OutOfOrder int64

	Elapsed        time.Duration
	Busy           time.Duration // with data to send; of it:
	RecvLimited    time.Duration // the peer's window was full
	BufferLimited  time.Duration // the send buffer was too small
	SendWindow     int64         // the largest the peer announced
	MeanSendWindow int64
	RecvWindow     int64 // the largest announced to the peer
	Samples        int
}
