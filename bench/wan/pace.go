package wan

import "math"

// pace decides how a link sleeps, by how busy it is. It knows of the traffic in
// events: a frame read, a piece delivered. Times are those of the link, in ns.
//
//	idle    sleep until shortly before the due time, then keep looking: a thread
//	        wakes 50 to 100 µs late on an idle core
//	steady  sleep until the due time, or a packet
//	busy    sleep for a fixed short time, whatever comes: a wake-up for each
//	        frame and each acknowledgement would cost as much as carrying them
type pace struct {
	since  int64 // begin of the window in which events are counted
	events int64
	rate   int64 // events per window, in the latest full one
	// lag is what a wake-up takes on an idle core, as timers show it. early is
	// that of the latest wake-up if a packet caused it, for the first read.
	lag, early int64
}

const (
	paceWindow = 1e6   // ns
	paceIdle   = 2     // events per window: a packet comes and goes
	paceBusy   = 16    // events per window
	paceEarly  = 150e3 // ns awake before a due time
	paceNap    = 100e3 // ns of sleep when busy
	paceMaxLag = 100e3 // ns: more was not the wake-up's fault
)

// count notes an event.
func (p *pace) count(now int64) {
	p.events++
	p.early = 0
	p.turn(now)
}

func (p *pace) turn(now int64) {
	if passed := now - p.since; passed >= paceWindow {
		p.rate = p.events * paceWindow / passed
		p.since, p.events = now, 0
	}
}

// sleep says how long to sleep if the next piece is due then, 0 not at all, and
// whether a packet shall end the sleep.
func (p *pace) sleep(now, due int64) (wait int64, listen bool) {
	p.turn(now)
	wait = due - now
	switch {
	case wait <= 0:
		return 0, true
	case p.rate >= paceBusy:
		return paceNap, false
	case p.rate <= paceIdle && due < math.MaxInt64:
		return max(wait-paceEarly, 0), true
	default:
		return wait, true
	}
}

// woken notes that a sleep of wait begun at begin was ended by a packet, or by
// nothing but time.
func (p *pace) woken(begin, wait, now int64, packet bool) {
	switch {
	case p.rate > paceIdle:
		p.early = 0
	case packet:
		p.early = min(p.lag, now-begin)
	default:
		late := min(max(now-begin-wait, 0), paceMaxLag)
		p.lag += (late - p.lag) / 8
	}
}

// awoken is how long ago the packet that ended the sleep came: as long as a
// timer's wake-up takes, a packet's does.
func (p *pace) awoken() int64 { return p.early }
