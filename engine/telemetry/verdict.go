package telemetry

import "time"

// Limit is what can hold a transfer back.
type Limit string

// The limits, from the network to the machine.
const (
	Unknown     Limit = ""             // too short to tell, or nothing stands out
	Link        Limit = "link"         // the rate that the path has left, as congestion control found it
	Loss        Limit = "loss"         // the path loses packets, and congestion control gives way
	RecvWindow  Limit = "recv-window"  // the receiver's window
	SendBuffer  Limit = "send-buffer"  // the sender's socket buffer
	Peer        Limit = "peer"         // the other side did not take more, for reasons only it knows
	PeerOrPath  Limit = "peer-or-path" // the connection brought no more, and this side can't tell why
	DiskRead    Limit = "disk-read"
	DiskWrite   Limit = "disk-write"
	CPU         Limit = "cpu"
	Compression Limit = "compression"
	RateLimited Limit = "rate-limit" // the limit that was asked for
	StartUp     Limit = "start-up"   // over before the windows had grown
)

// Verdict says what limited a transfer.
type Verdict struct {
	Limit  Limit   `json:"limit"`
	Share  float64 `json:"share"`            // of the streams' time, 0 to 1
	Reason string  `json:"reason,omitempty"` // why we think so, with the figures: a clause for people
	Advice string  `json:"advice,omitempty"` // the one setting that would help, "" for none
}

// From which share on we blame something. They are conventions: the reason
// gives the figures for the reader to judge.
const (
	shortest    = 100 * time.Millisecond // below it, the clocks' ticks show more than the transfer
	limitFull   = 0.85                   // of the rate limit, headers not counted
	programBusy = 0.70                   // of the processors that its streams could use
	machineBusy = 0.10                   // of the processors idle: none was free when wanted;
	spareBusy   = 0.50                   // or of one processor
	codecMost   = 0.50                   // of the program's processor time, for zlib
	underWay    = 0.50                   // of the time, data were: TCP had work
)

// judge names what limited the transfer of r. The time of the streams is parted
// by what they waited for, and the largest part is asked for its cause.
func judge(r Report) Verdict {
	t := apportion(r)
	if r.Elapsed < shortest || r.Payload <= 0 || t.whole <= 0 {
		return Verdict{}
	}
	if v, ok := rateLimited(r, t); ok {
		return v
	}
	switch max(t.network, t.disk, t.codec, t.work) {
	case t.network:
		return network(r, t)
	case t.codec:
		return Verdict{
			Limit: Compression, Share: t.codec,
			Reason: "streams waited for zlib: " + share(t.codec) + " of their time",
			Advice: "no -c",
		}
	case t.disk:
		// A call that lacks a processor looks as if it waited for the disk.
		if !r.starved() {
			return diskHolds(r, t)
		}
		return processors(r, t, t.disk+t.work)
	}
	return processors(r, t, t.work)
}

// parts are shares of the time of all streams, from 0 to 1.
type parts struct {
	whole   time.Duration // summed over the streams
	network float64       // waiting for the connection
	limit   float64       // waiting for the rate limit
	codec   float64       // waiting for zlib
	disk    float64       // waiting for the file
	work    float64       // the rest: at work, or ready for it without a processor
}

func apportion(r Report) parts {
	var t parts
	for _, s := range r.Streams {
		t.whole += s.Elapsed
	}
	if t.whole <= 0 {
		return t
	}
	t.network, t.limit = t.of(r.SocketWait), t.of(r.LimitWait)
	t.codec, t.disk = t.of(r.CodecWait), t.of(r.DiskWait())
	t.work = max(1-t.network-t.limit-t.codec-t.disk, 0)
	return t
}

// of is d's share of the streams' time.
func (t parts) of(d time.Duration) float64 {
	return min(max(d.Seconds()/t.whole.Seconds(), 0), 1)
}

// rateLimited: streams waited for their turn, or the kernel spaced packets at
// the whole rate.
func rateLimited(r Report, t parts) (Verdict, bool) {
	var allowed int64
	for _, s := range r.Streams {
		allowed = max(allowed, s.MaxPacing)
	}
	v := Verdict{
		Limit: RateLimited, Share: t.limit,
		Reason: rate(r.wireRate()) + " passed under the limit that was asked for",
		Advice: "a higher --limit-rate",
	}
	if allowed > 0 && float64(r.wireRate()) >= limitFull*float64(allowed) {
		v.Share = min(t.limit+t.network, 1)
		return v, true
	}
	return v, t.limit > max(t.network, t.disk, t.codec, t.work)
}

// starved tells whether the machine had no processor to spare.
func (r Report) starved() bool {
	return r.Idle >= 0 && r.Idle <= max(machineBusy, spareBusy/float64(max(r.Cores, 1)))
}

// wireRate is what the streams carried, in bytes per second.
func (r Report) wireRate() int64 {
	var bytes int64
	for _, s := range r.Streams {
		bytes += s.Bytes
	}
	return perSecond(bytes, r.Elapsed)
}

func perSecond(bytes int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(float64(bytes) / d.Seconds())
}
