package telemetry

import "fmt"

// windowFull: the receiver's window, or the receiver itself.
func windowFull(r Report, t parts, s streams) (Verdict, bool) {
	if s.busy <= 0 || s.received < s.buffered {
		return Verdict{}, false
	}
	held := s.received.Seconds() / s.busy.Seconds()
	if held < heldAtAll {
		return Verdict{}, false
	}
	_, queue := s.queued()
	full := !queue && s.kept > 0 && s.inFlight >= windowUsed*s.kept && s.kept >= windowKept*s.window
	switch {
	case full:
		v := windowVerdict(r, s, s.window, "on the receiver")
		v.Share = max(t.of(s.received), t.network*min(s.inFlight/s.kept, 1))
		return v, true
	case held < heldBack:
		return Verdict{}, false
	}
	return Verdict{
		Limit: Peer, Share: t.of(s.received),
		Reason: fmt.Sprintf("the receiver did not empty its window for %s of the time: its disk or program takes no more than %s",
			share(t.of(s.received)), rate(r.wireRate())),
	}, true
}

// windowOffered is what a receiver knows of its own window.
func windowOffered(r Report, t parts, s streams) (Verdict, bool) {
	if s.offered <= 0 || s.inFlight < windowUsed*s.offered {
		return Verdict{}, false
	}
	v := windowVerdict(r, s, s.offered, "here")
	v.Share = t.network
	if r.RecvFixed > 0 {
		v.Advice = "--window auto"
	}
	return v, true
}

// windowVerdict names the window that would carry twice as much. The kernel
// takes as much again for its own overhead (tcp_adv_win_scale in tcp(7)).
func windowVerdict(r Report, s streams, windows float64, where string) Verdict {
	n := float64(len(r.Streams))
	return Verdict{
		Limit:  RecvWindow,
		Reason: fmt.Sprintf("windows of %s a stream over %s let no more than %s pass", size(windows/n), span(s.trip), rate(r.wireRate())),
		Advice: fmt.Sprintf("--window auto, with net.ipv4.tcp_rmem's third figure at %s or more %s", size(powerOfTwo(4*windows/n)), where),
	}
}

// bufferFull: the send buffer held no more than what was under way. The kernel
// does not count it where a window's worth of packets leaves at once. Then a size
// that was asked for tells it, or a congestion window that was not used; bbr's
// has room at all times.
func bufferFull(r Report, t parts, s streams) (Verdict, bool) {
	if _, queue := s.queued(); queue {
		return Verdict{}, false // larger ones would only lengthen it
	}
	each := s.inFlight / float64(len(r.Streams))
	fixed := r.SendFixed > 0 && each >= windowUsed*float64(r.SendFixed)
	unused := !s.bbr && s.inFlight > 0 && s.cwnd >= windowMore*s.inFlight
	if !fixed && !unused && s.buffered.Seconds() < heldBack*s.busy.Seconds() {
		return Verdict{}, false
	}
	v := Verdict{
		Limit: SendBuffer, Share: t.of(s.buffered),
		Reason: fmt.Sprintf("send buffers held no more than the %s in flight a stream over %s, %s in all", size(each), span(s.rtt), rate(r.wireRate())),
		Advice: fmt.Sprintf("net.ipv4.tcp_wmem's third figure at %s or more here", size(powerOfTwo(4*each))),
	}
	if fixed || unused {
		v.Share = t.network
	}
	if fixed {
		v.Advice = "--window auto"
	}
	return v, true
}
