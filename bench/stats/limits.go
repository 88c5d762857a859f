package stats

import (
	"fmt"
	"math"
	"strings"
)

// sshChannel is the window of an OpenSSH session channel, which TCP's windows
// do not widen (CHAN_SES_WINDOW_DEFAULT in its channels.h: 64 packets of 32 KiB).
const sshChannel = 64 * 32 << 10

// windowTooSmall: a size was asked for, and N·W/RTT is what comes of it.
func windowTooSmall(e evidence) (Verdict, bool) {
	window := Window(e.Cell)
	bound := WindowLimit(e.Streams, window, e.rtt)
	reached := e.rate / bound
	// NaN if nothing is known: then figures that agree will do.
	held := e.receiver + e.sendBuffer
	switch {
	case math.IsInf(bound, 0) || reached < windowUsed || held < heldAtAll:
		return Verdict{}, false
	case reached > windowMore && !(held >= heldBack):
		// Only buffers seen to hold the streams back show that the kernel granted
		// more than was asked.
		return Verdict{}, false
	}
	v := Verdict{Limit: LimitWindow, Sentence: fmt.Sprintf("%s over %s %s %s; measured %s",
		streamsOf(e.Streams, window), FormatTime(e.rtt), allow(e.Streams), FormatRate(bound), FormatRate(e.rate))}
	if reached > windowMore {
		v.Sentence += ", the kernel having granted more than was asked"
	}
	v.Advice = "larger windows, best left to the kernel's tuning, or more streams"
	if bdp := e.inFlight(float64(e.Rate)); bdp > float64(e.Streams)*float64(window) {
		v.Advice = fmt.Sprintf("to fill the path (%s in flight): windows of %s, left to the kernel's tuning or asked for with net.core.rmem_max and wmem_max no smaller; or %.0f streams",
			formatVolume(bdp), formatVolume(powerOfTwo(bdp/float64(e.Streams))), math.Ceil(bdp/float64(window)))
	}
	return v, true
}

// cpuBusy: a core for each stream, or the whole machine, has no time left.
func cpuBusy(e evidence) (Verdict, bool) {
	side, cores := "client", e.client
	if orZero(e.server) > orZero(e.client) {
		side, cores = "server", e.server
	}
	all := orZero(e.client) + orZero(e.server) + orZero(e.emulator)
	v := Verdict{Limit: LimitCPU}
	switch {
	case e.cores > 0 && all >= machineBusy*float64(e.cores):
		v.Sentence = fmt.Sprintf("the machine's %s busy: client %.2f, server %.2f, emulated path %.2f",
			plural(e.cores, "core is", "cores are"), orZero(e.client), orZero(e.server), orZero(e.emulator))
		v.Advice = "more cores, or client and server on machines of their own"
	case cores >= coreBusy*float64(max(e.Streams, 1)):
		v.Sentence = fmt.Sprintf("the %s uses %.2f cores for %s", side, cores, count(e.Streams, "stream"))
		v.Advice = "more streams, where the program gives each a core; else a faster core"
		if e.enough {
			v.Advice = "a faster core"
		}
	default:
		return Verdict{}, false
	}
	v.Sentence += "; measured " + FormatRate(e.rate)
	if e.Compressed {
		v.Advice = "no compression, or " + v.Advice
	}
	return v, true
}

// sshWindow: what ssh allows to be under way is less than TCP does.
func sshWindow(e evidence) (Verdict, bool) {
	bound := WindowLimit(1, sshChannel, e.rtt)
	if e.Peer != "scp" || e.rate < windowUsed*bound || e.rate > windowMore*bound {
		return Verdict{}, false
	}
	return Verdict{
		Limit: LimitWindow,
		Sentence: fmt.Sprintf("the ssh channel's own window of %s over %s allows %s; measured %s",
			FormatBytes(sshChannel), FormatTime(e.rtt), FormatRate(bound), FormatRate(e.rate)),
		Advice: "no socket buffer widens it; use a program without the limit",
	}, true
}

// receiverHolds: the window that the receiver offered was full.
func receiverHolds(e evidence) (Verdict, bool) {
	if !(e.receiver >= heldBack) || e.receiver < orZero(e.sendBuffer) {
		return Verdict{}, false
	}
	return Verdict{
		Limit: LimitReceiver,
		Sentence: fmt.Sprintf("the receiver's window held the senders back for %s of their time, at %s; measured %s",
			FormatShare(e.receiver), e.perStream(), FormatRate(e.rate)),
		Advice: e.buffers("the receiver", "net.ipv4.tcp_rmem", "net.core.rmem_max") +
			"; if they are large enough, its disk or program is too slow",
	}, true
}

// sendBufferHolds: the send buffer was full of data not yet acknowledged.
func sendBufferHolds(e evidence) (Verdict, bool) {
	if !(e.sendBuffer >= heldBack) {
		return Verdict{}, false
	}
	return Verdict{
		Limit: LimitSenderBuffer,
		Sentence: fmt.Sprintf("full send buffers held the senders back for %s of their time, at %s; measured %s",
			FormatShare(e.sendBuffer), e.perStream(), FormatRate(e.rate)),
		Advice: e.buffers("the sender", "net.ipv4.tcp_wmem", "net.core.wmem_max"),
	}, true
}

// perStream is what each stream has in flight at the rate measured.
func (e evidence) perStream() string {
	return formatVolume(e.inFlight(e.rate)/float64(max(e.Streams, 1))) + " in flight a stream"
}

// buffers says which maximum of a host lets a stream's share of the path fit.
// The kernel counts its own overhead too, about as much again (tcp(7),
// tcp_adv_win_scale).
func (e evidence) buffers(host, tuned, asked string) string {
	setting := "the maximum of " + tuned
	if Window(e.Cell) > 0 {
		setting = "the window asked for, and " + asked
	}
	if e.Rate == 0 || e.rtt == 0 {
		return fmt.Sprintf("raise %s on %s, or use more streams", setting, host)
	}
	share := e.inFlight(float64(e.Rate)) / float64(max(e.Streams, 1))
	return fmt.Sprintf("raise %s on %s to %s or more (twice a stream's share of the path), or use more streams",
		setting, host, formatVolume(powerOfTwo(2*share)))
}

// lossHolds: the congestion window never opens, packets being lost.
func lossHolds(e evidence) (Verdict, bool) {
	if !(e.retransmits > 0) || !(e.lost > 0) {
		return Verdict{}, false
	}
	p := e.lost
	if e.Loss > 0 {
		p = e.Loss
	}
	v := Verdict{Limit: LimitLoss}
	model := Mathis(e.Streams, MSS, e.rtt, p)
	followsMathis := !strings.HasPrefix(e.Congestion, "bbr")
	switch {
	case math.IsInf(model, 0) || model > mathisReach*e.rate:
		// So few losses would leave room for far more.
		return Verdict{}, false
	case e.Loss == 0 && e.dropped > 0:
		v.Sentence = fmt.Sprintf("the queue of %s before the link overflowed: %s dropped in a transfer, %s; measured %s",
			e.queueWords(), countOf(e.dropped, "packet"), countOf(e.retransmits, "retransmit"), FormatRate(e.rate))
		v.Advice = "a deeper queue, pacing (net.core.default_qdisc = fq) or bbr"
		return v, true
	case followsMathis:
		v.Sentence = fmt.Sprintf("a loss of %s over %s leaves %s about %s (Mathis); measured %s, %s in a transfer",
			FormatShare(p), FormatTime(e.rtt), count(e.Streams, "stream"), FormatRate(min(model, LinkLimit(e.Rate))), FormatRate(e.rate), countOf(e.retransmits, "retransmit"))
	default:
		v.Sentence = fmt.Sprintf("a loss of %s over %s; measured %s, %s in a transfer",
			FormatShare(p), FormatTime(e.rtt), FormatRate(e.rate), countOf(e.retransmits, "retransmit"))
	}
	v.Advice = "more streams, or a congestion control that does not take each loss for congestion (bbr)"
	switch {
	case e.enough && followsMathis:
		v.Advice = "a congestion control that does not take each loss for congestion (bbr); more streams brought nothing"
		return v, true
	case e.enough:
		v.Advice = "fewer losses: more streams brought nothing"
		return v, true
	case !followsMathis:
		v.Advice = "more streams"
	}
	if need := math.Ceil(LinkLimit(e.Rate) / e.rate * float64(e.Streams)); need > float64(e.Streams) && !math.IsInf(need, 0) {
		v.Advice = fmt.Sprintf("%s; at this rate each, %.0f streams fill the link", v.Advice, need)
	}
	return v, true
}

// queueWords is the size of the queue before the link.
func (e evidence) queueWords() string {
	if e.Queue > 0 {
		return FormatBytes(e.Queue)
	}
	return "one BDP (" + formatVolume(e.inFlight(float64(e.Rate))) + ")"
}

// inFlight is what a rate in bit/s has under way on the path, in bytes.
func (e evidence) inFlight(rate float64) float64 { return rate / 8 * e.rtt.Seconds() }
