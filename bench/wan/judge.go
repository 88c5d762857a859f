package wan

import (
	"fmt"
	"time"
)

// watch is what a link notices about itself.
type watch struct {
	way  Direction
	late histogram // handed over after the due time
	// stale is how long a packet may have waited to be noticed: since the link
	// last looked for one, or should have.
	stale   histogram
	last    int64 // when that was
	fulls   int64
	strange int64         // frames of an offload the link does not know
	failed  error         // of the latest packet the receiving device refused
	stolen  time.Duration // what a hypervisor gave to others meanwhile
}

func (w *watch) delivered(late, packets int64) { w.late.add(late, packets) }

// looked says that at now there was no packet to take that had come before.
func (w *watch) looked(now int64) { w.last = now }

// took says that packets were taken at now.
func (w *watch) took(now, packets int64) {
	w.stale.add(now-w.last, packets)
}

// full says that at now there was no room for a packet.
func (w *watch) full(now int64) {
	w.fulls++
	w.last = now
}

// tolerance is the lateness that one packet in a hundred may exceed: a
// twentieth of what the path took by itself at most, its queue as full as it
// was, and always what a kernel whose threads preempt each other at its tick
// does under load. Lateness of that size moves neither rate nor loss: both are
// decided by the link's own clock.
func (w *watch) tolerance(r DirectionReport) time.Duration {
	took := w.way.Delay + w.way.Jitter
	if w.way.Rate > 0 {
		took += time.Duration(float64(r.QueueMax) * 8 / float64(w.way.Rate) * float64(time.Second))
	}
	return max(took/20, time.Millisecond)
}

// faults says why the link was not what it claims to be.
func (w *watch) faults(r DirectionReport) (faults []string) {
	say := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	excuse := ""
	if w.stolen >= 100*time.Millisecond {
		excuse = fmt.Sprintf("; the hypervisor withheld %v of processor time meanwhile", w.stolen)
	}
	if w.way.bound() > 0 {
		if late, most := w.late.percentile(0.99), w.tolerance(r); late > most {
			say("one packet in a hundred was delivered more than %v late (allowed: %v)%s", late.Round(time.Microsecond), most.Round(time.Microsecond), excuse)
		}
		// Not one in a hundred: a burst of the sender's waits in its device,
		// also in a real one.
		if stale, most := w.stale.percentile(0.9), w.tolerance(r); stale > most {
			say("one packet in ten may have waited %v before the link took it (allowed: %v)%s", stale.Round(time.Microsecond), most.Round(time.Microsecond), excuse)
		}
	}
	if r.LostDevice > 0 {
		say("%d frames of up to 64 KiB were lost before they reached the link", r.LostDevice)
	}
	if w.strange > 0 {
		say("%d packets were of an offload the link does not know", w.strange)
	}
	if n := r.LostRefused - w.strange; n > 0 {
		say("%d packets were refused by the receiving device (%v)", n, w.failed)
	}
	if w.fulls > 0 {
		say("the link's memory was full %d times, and packets waited outside it", w.fulls)
	}
	return faults
}
