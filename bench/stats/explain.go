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
	startDominant = 0.50 // of a trial, in set-up and ramp
	startNoted    = 0.10 // of a trial, before it is worth a word
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
		stalled, starting, linkIsFull, windowTooSmall, cpuBusy, sshWindow, receiverHolds, sendBufferHolds, lossHolds,
	} {
		if v, ok := cause(e); ok {
			return e.finish(v)
		}
	}
	return e.finish(e.unexplained())
}

// finish adds what is worth a word whatever the limit, and ends the sentences.
func (e evidence) finish(v Verdict) Verdict {
	if v.Limit != LimitStartup && e.startShare >= startNoted {
		v.Sentence += fmt.Sprintf("; set-up and ramp took %s of the time", FormatShare(e.startShare))
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

// starting: most of the trial passes before the streams are at speed.
func starting(e evidence) (Verdict, bool) {
	if !(e.startShare >= startDominant) {
		return Verdict{}, false
	}
	v := Verdict{Limit: LimitStartup, Sentence: fmt.Sprintf("set-up (%s) and ramp (%s) are %s of a transfer of %s: the file is too short for the path",
		FormatTime(seconds(e.setup)), FormatTime(seconds(e.ramp)), FormatShare(e.startShare), FormatTime(seconds(e.seconds-e.stall)))}
	// At nine parts of speed to one of start-up a tenth is lost.
	start := e.setup + e.ramp
	v.Advice = fmt.Sprintf("move files of %s or more, or many in one session; more streams shorten the ramp",
		formatVolume(powerOfTwo(9*start*e.rate/8)))
	return v, true
}

// linkIsFull: no setting moves more bits over the path.
func linkIsFull(e evidence) (Verdict, bool) {
	if !(e.used >= linkFull) {
		return Verdict{}, false
	}
	v := Verdict{Limit: LimitLink, Advice: "nothing to set: the path is full"}
	if e.Compressed {
		v.Sentence = fmt.Sprintf("the compressed streams fill %s of the %s link; measured %s of payload",
			FormatShare(min(e.used, 1)), FormatRate(float64(e.Rate)), FormatRate(e.rate))
		return v, true
	}
	v.Sentence = fmt.Sprintf("a %s link carries %s of payload; measured %s",
		FormatRate(float64(e.Rate)), FormatRate(LinkLimit(e.Rate)), FormatRate(e.rate))
	v.Advice += "; compression can gain more if the data allow it"
	return v, true
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
