package admission

import (
	"container/list"
	"time"
)

const (
	// patience is how long a client may keep the server waiting before its place goes
	// to any other that comes: longer than the answer of an honest one takes.
	patience = 3 * time.Second
	// held is the least time for which it keeps the place from others like it, and
	// heldMore the most that is drawn in addition. In a flood of clients that nothing is
	// known of, no rule tells whom to keep, and places are lots: the shorter the times
	// the more lots there are, the longer the more slow logins they serve.
	held, heldMore = 250 * time.Millisecond, 750 * time.Millisecond
)

// considered is among how many that have waited longest a victim is looked for, so
// that whoever is refused costs little, however many there are.
const considered = 512

// victim is who must give its place to a newcomer from an address that has so many
// logging in already; nil if nobody must.
func (g *Gate) victim(newcomer *Visit, loggingIn int) *Visit {
	now := time.Now()
	if v := first(&g.waiting, func(v *Visit) bool { return v.yields(newcomer, loggingIn, now) }); v != nil {
		return v
	}
	// What the server does for who is likely to waste it can be interrupted.
	return first(&g.working, func(v *Visit) bool { return v.standing < newcomer.standing })
}

// first is the one that has to go before the others, of those in a list that yield.
func first(of *list.List, yields func(*Visit) bool) (victim *Visit) {
	e := of.Front()
	for n := 0; e != nil && n < considered; n++ {
		if v := e.Value.(*Visit); (victim == nil || v.before(victim)) && yields(v) {
			victim = v
		}
		e = e.Next()
	}
	return victim
}

// before orders victims: the lower standing, then who comes from an address that has
// the server wait for more, then whose time ends first.
func (v *Visit) before(other *Visit) bool {
	switch {
	case v.standing != other.standing:
		return v.standing < other.standing
	case v.source.waiting != other.source.waiting:
		return v.source.waiting > other.source.waiting
	}
	return v.due.Before(other.due)
}

// yields tells whether a visit that has the server wait must give its place to a
// newcomer from an address that has so many logging in already.
func (v *Visit) yields(newcomer *Visit, loggingIn int, now time.Time) bool {
	switch others := v.source.waiting - 1; {
	case v.standing < newcomer.standing:
		return true
	case v.standing > newcomer.standing || v.from == newcomer.from || others < loggingIn:
		return now.Sub(v.since) > patience
	case others == loggingIn:
		return !now.Before(v.due)
	}
	return true // its address has more than the newcomer's then
}

// wait says whether the server waits for the client, and since when.
func (v *Visit) wait(waiting bool) {
	g := v.gate
	switch {
	case waiting && v.queue != &g.waiting:
		v.since = time.Now()
		v.due = v.since.Add(held + g.draw(heldMore))
		v.move(&g.waiting)
		v.source.waiting++
	case !waiting && v.queue == &g.waiting:
		v.move(&g.working)
		v.source.waiting--
	}
}

// move puts the visit at the end of a list, out of that where it was; nil is none.
func (v *Visit) move(to *list.List) {
	if v.queue != nil {
		v.queue.Remove(v.spot)
	}
	if v.queue = to; to != nil {
		v.spot = to.PushBack(v)
	}
}
