package tuning

import (
	"time"

	"bbftp/engine/telemetry"
)

// direction is where a better count may lie.
type direction int8

const (
	fewer  direction = -1
	either direction = 0
	more   direction = 1
)

// hint reads from what TCP told of a transfer whether more streams may carry
// more. A receiver is told too little.
func hint(r telemetry.Report) direction {
	const (
		window  = 0.25 // share of time
		lossy   = 2e-5 // of packets
		empty   = 1.15 // mean over least round-trip time
		waiting = 1.5
	)
	var busy, limited time.Duration
	var sent, lost int64
	var mean, least float64
	for _, s := range r.Streams {
		busy += s.Busy
		limited += s.RecvLimited + s.BufferLimited
		sent += s.SegmentsSent
		lost += s.Retransmits
		if s.MinRTT > 0 {
			mean += s.RTT.Seconds()
			least += s.MinRTT.Seconds()
		}
	}
	if !r.Sending || busy == 0 || sent == 0 || least == 0 {
		return either
	}
	switch {
	case float64(limited) > window*float64(busy):
		return more
	case mean < empty*least && float64(lost) > lossy*float64(sent):
		return more // packets are lost though nothing waits: there is room
	case mean > waiting*least:
		return fewer // the streams wait for each other: the path is full
	}
	return either
}

// leastRTT is what the data streams saw of the path, 0 if they saw nothing.
func leastRTT(r telemetry.Report) (least time.Duration) {
	for _, s := range r.Streams {
		if s.MinRTT > 0 && (least == 0 || s.MinRTT < least) {
			least = s.MinRTT
		}
	}
	return least
}
