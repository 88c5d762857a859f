package admission

import (
	"container/list"
	"net/netip"
	"time"
)

// Visit is one connection that was let in. Its methods belong to one goroutine.
// The zero Visit is one to a server without limits.
type Visit struct {
	gate   *Gate
	number uint64
	from   netip.Prefix
	evict  func()

	// What follows is guarded by gate.mu.
	source *source
	left   bool
	// queue is gate.waiting while the server waits for the client, gate.working
	// while it works for it, and nil from the login on; spot is the place there.
	queue    *list.List
	spot     *list.Element
	since    time.Time // when the waiting began
	due      time.Time // until when the place is not for others like it
	standing standing
	name     string
	user     *user    // nil until it is admitted
	most     int      // streams of the account at once; 0: no limit of its own
	held     int      // streams
	checked  *failure // of its address, while its password is being checked
}

// Enter asks for a place for a connection that is not logged in. evict is called,
// at most once and from another goroutine, if the place must be given up to
// somebody else; it must not block. The error is one of the above.
//
// While all places are taken, a login makes way for one of a better standing. Among
// equals one that keeps the server waiting makes way for one of an address that has
// fewer, after 0.25 to 1 s for one of an address that has as many, and after 3 s for any.
func (g *Gate) Enter(from netip.Addr, evict func()) (*Visit, error) {
	v, err := g.TryEnter(from, evict)
	if err != nil {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.refused++
	}
	return v, err
}

// TryEnter is Enter by who will try again: a refusal does not count.
func (g *Gate) TryEnter(from netip.Addr, evict func()) (*Visit, error) {
	v, victim, err := g.enter(plain(from), evict)
	if victim != nil {
		victim.evict()
	}
	return v, err
}

func (g *Gate) enter(from netip.Addr, evict func()) (v, victim *Visit, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	v = &Visit{gate: g, from: sourceOf(from), evict: evict}
	if victim, err = g.place(from, v); victim != nil {
		g.evicted++
		victim.leave()
	}
	if err != nil {
		return nil, victim, err
	}
	if v.source = g.sources[v.from]; v.source == nil {
		v.source = new(source)
		g.sources[v.from] = v.source
	}
	v.source.visits++
	v.source.loggingIn++
	g.last++
	v.number = g.last
	g.visits[v] = struct{}{}
	v.move(&g.working)
	return v, victim, nil
}

// place looks for a free place for v, or one that a victim must give up. While there
// are more visits than places, as the limit was lowered, a victim's goes to nobody.
func (g *Gate) place(from netip.Addr, v *Visit) (victim *Visit, err error) {
	var present source
	if s := g.sources[v.from]; s != nil {
		present = *s
	}
	v.standing = g.standing(v.from, present.loggingIn)
	switch {
	case g.shut:
		return nil, ErrStopping
	case !g.limits.allows(from):
		return nil, ErrNetwork
	case g.limits.PerAddress > 0 && present.visits >= g.limits.PerAddress:
		return nil, ErrAddressFull
	case len(g.visits) < g.limits.Sessions:
		return nil, nil
	}
	if victim = g.victim(v, present.loggingIn); victim == nil || len(g.visits) > g.limits.Sessions {
		err = ErrFull
	}
	return victim, err
}

// Number is the visit's among all of its gate, from 1; that of the zero Visit is 0.
func (v *Visit) Number() uint64 { return v.number }

// Waiting says whether the server now waits for the client, at whose cost the
// place may then be given to somebody else, or works for it.
func (v *Visit) Waiting(waiting bool) {
	if v.gate == nil {
		return
	}
	v.gate.mu.Lock()
	defer v.gate.mu.Unlock()
	if !v.left && v.user == nil {
		v.wait(waiting)
	}
}

// Admit makes the visit a session of user. sessions and streams are what the account
// allows at once, 0 for the limit of all. The error is ErrUserFull, or ErrFull if the
// place was given away just before.
func (v *Visit) Admit(name string, sessions, streams int) error {
	if v.gate == nil || v.user != nil {
		return nil
	}
	g := v.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if v.left {
		return ErrFull
	}
	// The password is right, whether there is room or not.
	v.known()
	g.known.came(v.from)
	if sessions == 0 {
		sessions = g.limits.PerUser
	}
	u := g.users[name]
	if u == nil {
		u = new(user)
	}
	if sessions > 0 && u.sessions >= sessions {
		return ErrUserFull
	}
	g.users[name] = u
	u.sessions++
	g.admitted++
	v.wait(false)
	v.move(nil)
	v.source.loggingIn--
	v.name, v.user, v.most = name, u, streams
	return nil
}

// Leave gives the place back, with the streams it has. Leaving again does nothing.
func (v *Visit) Leave() {
	if v.gate == nil {
		return
	}
	v.gate.mu.Lock()
	defer v.gate.mu.Unlock()
	v.leave()
}

func (v *Visit) leave() {
	if v.left {
		return
	}
	g := v.gate
	v.wait(false)
	v.move(nil)
	v.known()
	v.left = true
	if v.user == nil {
		if len(g.visits) >= g.limits.Sessions {
			g.known.waste(v.from)
		}
		v.source.loggingIn--
	} else {
		v.giveBack(v.held)
		g.admitted--
		if v.user.sessions--; v.user.sessions == 0 {
			delete(g.users, v.name)
		}
	}
	delete(g.visits, v)
	if v.source.visits--; v.source.visits == 0 {
		delete(g.sources, v.from)
	}
}
