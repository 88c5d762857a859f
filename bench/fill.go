package bench

import (
	"slices"
	"strings"

	"bbftp/bench/observe"
	"bbftp/bench/peer"
	"bbftp/bench/trial"
)

// fill enters what peer and observer say of a trial. One that failed has what
// was known by then, and no goodput.
func fill(r *trial.Record, o peer.Outcome, seen observe.Observation, complete bool) {
	r.Warnings = append(slices.Clone(o.Warnings), seen.Warnings...)
	r.Bytes = max(o.Bytes, 0)
	r.ClientCPU, r.ServerCPU = o.ClientCPU.Seconds(), o.ServerCPU.Seconds()
	r.ClientMemory, r.ServerMemory = o.ClientMemory, o.ServerMemory
	r.StreamsUsed, r.Moving = o.Streams, o.Moving.Seconds()
	r.ClientVerdict, r.ServerVerdict = o.ClientVerdict, o.ServerVerdict
	r.SenderSendfile, r.SenderCopied = o.Sender.Sendfile, o.Sender.Copied
	r.SenderDeflated, r.SenderStored, r.SenderBlocks = o.Sender.Deflated, o.Sender.Stored, o.Sender.BlockBytes
	r.ReceiverSplice, r.ReceiverCopied = o.Receiver.Splice, o.Receiver.Copied
	r.Retransmits = seen.Retransmits

	began := o.Began.Sub(seen.Origin)
	if o.Began.IsZero() {
		began = 0
	}
	r.Series = dataSeries(seen.Sender, o.DataPort, began.Seconds())
	r.ReceiverSeries = dataSeries(seen.Receiver, o.DataPort, began.Seconds())
	r.Progress = trial.Progress{Time: since(seen.Progress.Time, began.Seconds()), Bytes: seen.Progress.Bytes}
	if r.Path == trial.Network {
		// The machine's own count has what else it sends meanwhile, such as the
		// file of a get on its way to the target.
		r.Retransmits = resent(r.Series) + resent(r.ReceiverSeries)
	}
	if !complete {
		return
	}
	took := o.Ended.Sub(o.Began)
	r.Seconds = took.Seconds()
	r.Goodput = float64(r.Bytes) * 8 / r.Seconds
	p := observe.Split(seen.Progress, began, began+took, r.Bytes, r.RoundTrip())
	r.Setup, r.Ramp, r.Flat, r.Tail = p.Setup.Seconds(), p.Ramp.Seconds(), p.Steady.Seconds(), p.Tail.Seconds()
	r.Steady, r.Stall = p.Rate, max(p.Stall, o.Stall).Seconds()
}

// resent is how many segments so many streams have sent again.
func resent(streams []trial.Series) int64 {
	var sum int64
	for _, s := range streams {
		if n := len(s.Retrans); n > 0 {
			sum += s.Retrans[n-1]
		}
	}
	return sum
}

// dataSeries are the connections that the peer calls data streams, on the
// client's clock.
func dataSeries(all []trial.Series, isData func(local, remote int) bool, began float64) []trial.Series {
	var data []trial.Series
	for _, s := range all {
		if isData == nil || isData(s.LocalPort, s.RemotePort) {
			s.Time = since(s.Time, began)
			data = append(data, s)
		}
	}
	return data
}

// since moves times to a later origin. What was before it is at 0.
func since(times []float64, origin float64) []float64 {
	moved := slices.Clone(times)
	for i := range moved {
		moved[i] = max(moved[i]-origin, 0)
	}
	return moved
}

// fill enters what the path says of itself.
func (l link) fill(r *trial.Record) {
	r.Link, r.Back = l.forward, l.back
	if r.Direction == trial.Get {
		r.Link, r.Back = l.back, l.forward
	}
	r.EmulatorCPU = l.cpu.Seconds()
	r.Unfaithful = strings.Join(l.faults, "; ")
}
