package admission

import (
	"context"
	"net/netip"
	"time"
)

const (
	// longest is the most that a wrong login waits.
	longest = time.Minute
	// forgiven is how long an address behaves for one of its failures to be forgotten:
	// more than the longest wait, or who waits it out would be forgiven for that.
	forgiven = 2 * longest
	// sideBySide is how many wrong logins of an address wait before those that follow
	// are not even checked. Who is not let in at once knows that he guessed wrong, and
	// need not wait for the answer.
	sideBySide = 4
	// poll is how often who waits for the check of others looks again.
	poll = 50 * time.Millisecond
)

// failures are the wrong logins of late. Who has more addresses to fail from than are
// remembered gains what the first failure of each costs anyway.
type failures struct{ recent[failure] }

// failure is what is known of an address.
type failure struct {
	count int       // not yet forgiven at the time of the last
	last  time.Time // zero: there was none
	// ends are those of the latest waits, and checking how many passwords are
	// being looked at that may become one.
	ends     [sideBySide]time.Time
	next     int // in ends
	checking int
}

// turn is how long a login must wait before it can hope to be checked, 0: not at all.
func (f *failure) turn() time.Duration {
	now := time.Now()
	busy, soonest := f.checking, longest
	for _, end := range f.ends {
		if left := end.Sub(now); left > 0 {
			busy++
			soonest = min(soonest, left)
		}
	}
	switch {
	case busy < sideBySide:
		return 0
	case f.checking > 0:
		return min(soonest, poll)
	}
	return soonest
}

// next counts one more failure and tells what it must wait. A right login forgives
// nothing: who has an account could guess others' passwords in between.
func (f *failures) next(from netip.Prefix, least time.Duration) time.Duration {
	now := time.Now()
	one := f.of(from)
	one.count -= min(one.count, int(now.Sub(one.last)/forgiven))
	one.last = now
	wait := min(least, longest)
	for range one.count {
		wait = min(2*wait, longest)
	}
	if wait < longest { // more would only take longer to forgive
		one.count++
	}
	one.ends[one.next] = now.Add(wait)
	one.next = (one.next + 1) % sideBySide
	return wait
}

// checked counts one check less. Who has never failed is forgotten: the memory is
// for those who have.
func (f *failures) checked(from netip.Prefix, one *failure) {
	one.checking--
	if f.look(from) == one && one.checking == 0 && one.last.IsZero() {
		f.forget(from)
	}
}

// Check waits until the password may be looked at, or for the end of ctx, which is
// its error: at once, unless wrong logins of the address still wait for their answer.
// Meanwhile the place may be given away. Failed, Admit or Leave end the check.
func (v *Visit) Check(ctx context.Context) error {
	for {
		wait := v.turn()
		if wait == 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

func (v *Visit) turn() time.Duration {
	g := v.gate
	if g == nil {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if v.left || v.checked != nil || g.limits.FailureDelay < 0 {
		return 0
	}
	f := g.failures.of(v.from)
	wait := f.turn()
	v.wait(wait > 0)
	if wait == 0 {
		f.checking++
		v.checked = f
	}
	return wait
}

// known ends the check: it is known how it went.
func (v *Visit) known() {
	if v.checked != nil {
		v.gate.failures.checked(v.from, v.checked)
		v.checked = nil
	}
}

// Failed waits as long as a wrong login of this address must, or for the end of ctx.
// Meanwhile the place may be given away.
func (v *Visit) Failed(ctx context.Context) {
	wait := v.fail()
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (v *Visit) fail() time.Duration {
	g := v.gate
	if g == nil {
		return 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limits.FailureDelay < 0 {
		return 0
	}
	if !v.left && v.user == nil {
		v.standing = denied
		v.wait(true)
	}
	defer v.known() // after the wait stands for it
	return g.failures.next(v.from, g.limits.FailureDelay)
}
