package stats

import (
	"fmt"
	"math"
	"strings"
)

// Verdict says what held the trials of a cell back.
type Verdict struct {
	Limit    string // one of the Limit constants
	Sentence string // why we think so, with the figures
	Advice   string // what to set or do; "" if there is nothing
}

// What can limit a transfer.
const (
	LimitLink         = "link"
	LimitWindow       = "window"
	LimitLoss         = "loss"
	LimitReceiver     = "receiver"
	LimitSenderBuffer = "sender buffer"
	LimitCPU          = "cpu"
	LimitStartup      = "start-up"
	LimitTail         = "tail"  // streams that end one after another
	LimitStall        = "stall" // the peer's own fixed waits
	LimitUnknown      = "unknown"
)

// From which share on we blame something. They are conventions: the shares are
// given in the sentences for the reader to judge.
const (
	linkFull      = 0.90 // of the link's rate
	windowUsed    = 0.75 // of what the windows allow
	windowMore    = 1.15 // of it, before the kernel must have granted more than was asked
	heldBack      = 0.30 // of the senders' busy time, by a buffer
	heldAtAll     = 0.10 // of it, without which no window was full
	endsDominant  = 0.50 // of a trial, in set-up and ramp, or in the tail
	endsMatter    = 0.25 // of a trial, in all three, if they cost more than the speed
	endsNoted     = 0.10 // of a trial, before it is worth a word
	stallDominant = 0.20 // of a trial, in the peer's own waits
	coreBusy      = 0.85 // of one core, for each stream
	machineBusy   = 0.90 // of all cores
	senderIdle    = 0.50 // of the connections' time, with data under way
	mathisReach   = 3.0  // the most that the loss model may exceed what it explains
)

// Explain names what limits the cell of g and what to set. Causes are tried
// from the plain to the guessed: one that would hide the next comes first.
func Explain(g Group) Verdict {
	if len(g.Records) == 0 {
		return Verdict{Limit: LimitUnknown, Sentence: noRecords(g)}
	}
	e := gather(g)
	if !(e.rate > 0) || math.IsInf(e.rate, 0) {
		return Verdict{Limit: LimitUnknown, Sentence: "No payload was moved in a measurable time."}
	}
	for _, cause := range []func(evidence) (Verdict, bool){
		stalled, endsCost, linkIsFull, windowTooSmall, cpuBusy, sshWindow, receiverHolds, sendBufferHolds, lossHolds,
	} {
		if v, ok := cause(e); ok {
			return e.finish(v)
		}
	}
	return e.finish(e.unexplained())
}

// finish adds what is worth a word whatever the limit, and ends the sentences.
func (e evidence) finish(v Verdict) Verdict {
	if v.Limit != LimitStartup && v.Limit != LimitTail {
		var ends []string
		if e.startShare >= endsNoted {
			ends = append(ends, "set-up and ramp took "+FormatShare(e.startShare))
		}
		if e.tailShare >= endsNoted {
			ends = append(ends, "the tail took "+FormatShare(e.tailShare))
		}
		if len(ends) > 0 {
			v.Sentence += "; " + strings.Join(ends, " and ") + " of the time"
		}
	}
	if v.Limit != LimitStall && e.stallShare > 0 {
		v.Sentence += fmt.Sprintf("; waits of the program's own, %s a file, are left out", FormatTime(seconds(e.stall)))
	}
	return Verdict{v.Limit, sentence(v.Sentence), sentence(v.Advice)}
}

func noRecords(g Group) string {
	switch {
	case len(g.Failed) > 0:
		return sentence(fmt.Sprintf("no usable trial, %d failed: %s", len(g.Failed), g.Failed[0].Error))
	case len(g.Unfaithful) > 0:
		return sentence(fmt.Sprintf("no usable trial, the path was unfaithful in %d: %s", len(g.Unfaithful), g.Unfaithful[0].Unfaithful))
	}
	return "No usable trial."
}

// stalled: the program waits by itself (wire.md 5).
func stalled(e evidence) (Verdict, bool) {
	if !(e.stallShare >= stallDominant) {
		return Verdict{}, false
	}
	return Verdict{
		Limit: LimitStall,
		Sentence: fmt.Sprintf("the program's own waits at the start, %s a file, take %s of the time; without them it moves %s",
			FormatTime(seconds(e.stall)), FormatShare(e.stallShare), FormatRate(e.goodput)),
		Advice: "nothing on the path helps; larger files make the waits matter less",
	}, true
}

// endsCost: what passes before the streams are at speed and after it costs the
// user more than what holds them at speed. Were all of a transfer at speed it
// would gain rate/goodput; were its speed that of the link, 1/used.
func endsCost(e evidence) (Verdict, bool) {
	start, tail := orZero(e.startShare), orZero(e.tailShare)
	costs := start+tail >= endsMatter && e.goodput/e.rate < min(e.used, 1)
	if !costs && max(start, tail) < endsDominant {
		return Verdict{}, false
	}
	v := Verdict{Limit: LimitStartup}
	if e.used >= linkFull {
		v.Sentence = fmt.Sprintf("at speed the link is full (%s), but ", FormatRate(e.rate))
	}
	whole := FormatTime(seconds(e.seconds - e.stall))
	if tail > start {
		v.Limit = LimitTail
		v.Sentence += e.tailWords() + fmt.Sprintf(" takes %s, %s of a transfer of %s", FormatTime(seconds(e.tail)), FormatShare(tail), whole)
		if start >= endsNoted {
			v.Sentence += fmt.Sprintf("; set-up and ramp take %s", FormatShare(start))
		}
		v.Advice = "larger files make start and tail matter less"
		if e.Streams > 1 {
			v.Advice = "fewer streams end closer together; " + v.Advice
		}
		return v, true
	}
	v.Sentence += fmt.Sprintf("set-up (%s) and ramp (%s) are %s of a transfer of %s",
		FormatTime(seconds(e.setup)), FormatTime(seconds(e.ramp)), FormatShare(start), whole)
	if tail >= endsNoted {
		v.Sentence += fmt.Sprintf(", the tail another %s", FormatShare(tail))
	}
	v.Sentence += ": the file is too short for the path"
	// At nine parts of speed to one of start-up a tenth is lost.
	v.Advice = fmt.Sprintf("move files of %s or more, or many in one session", formatVolume(powerOfTwo(9*(e.setup+e.ramp)*e.rate/8)))
	if e.ramp > e.setup && !e.enough {
		v.Advice += "; more streams shorten the ramp"
	}
	return v, true
}

// tailWords say what happens in the tail.
func (e evidence) tailWords() string {
	if e.Streams > 1 {
		return fmt.Sprintf("the %d streams do not end together: the tail, in which only some still move data,", e.Streams)
	}
	return "the tail, from the end of full speed to the end of the client,"
}

// linkIsFull: no setting moves more bits over the path.
func linkIsFull(e evidence) (Verdict, bool) {
	if !(e.used >= linkFull) {
		return Verdict{}, false
	}
	v := Verdict{Limit: LimitLink, Advice: "nothing to set: the path is full"}
	if orZero(e.startShare)+orZero(e.tailShare) >= endsNoted {
		v.Advice = "nothing to set: at speed the path is full; larger files make start and tail matter less"
	}
	if e.Compressed {
		v.Sentence = fmt.Sprintf("the compressed streams fill %s of the %s link; measured %s of payload",
			FormatShare(min(e.used, 1)), formatNominal(e.Rate), FormatRate(e.rate))
		return v, true
	}
	v.Sentence = fmt.Sprintf("a %s link carries %s of payload; measured %s%s",
		formatNominal(e.Rate), FormatRate(LinkLimit(e.Rate)), FormatRate(e.rate), e.atSpeed())
	v.Advice += "; compression can gain more if the data allow it"
	return v, true
}

// atSpeed tells a reader that a rate is not the goodput of the whole transfer,
// where the difference shows.
func (e evidence) atSpeed() string {
	if e.goodput < (1-kneeMargin)*e.rate {
		return " at speed"
	}
	return ""
}

// unexplained lists what the figures rule out.
func (e evidence) unexplained() Verdict {
	v := Verdict{Limit: LimitUnknown, Sentence: "measured " + FormatRate(e.rate)}
	if e.busy < senderIdle {
		v.Sentence += fmt.Sprintf(", with data under way only %s of the time: the sender's disk or program does not deliver", FormatShare(e.busy))
		v.Advice = "look at the disk and the program of the sending side, not at the network"
		return v
	}
	if e.Rate > 0 {
		v.Sentence += " of " + FormatRate(LinkLimit(e.Rate)) + " that the link allows"
	}
	var known []string
	if !math.IsNaN(e.receiver) && !math.IsNaN(e.sendBuffer) {
		known = append(known, fmt.Sprintf("buffers held the senders %s of their time", FormatShare(e.receiver+e.sendBuffer)))
	}
	known = append(known, countOf(e.retransmits, "retransmit"))
	if used := max(orZero(e.client), orZero(e.server)); used > 0 {
		known = append(known, fmt.Sprintf("%.2f cores in the busier program", used))
	}
	v.Sentence += ", but nothing stands out: " + strings.Join(known, ", ")
	v.Advice = "look at the disks and the programs of both sides"
	return v
}
