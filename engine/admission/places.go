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
	source  *source
	left    bool
	waits   *list.Element // in gate.waiting, while the server waits for the client
	since   time.Time     // when that began
	name    string
	user    *user    // nil until it is admitted
	most    int      // streams of the account at once; 0: no limit of its own
	held    int      // streams
	checked *failure // of its address, while its password is being checked
}

// patience is how long a client may keep the server waiting before its place goes
// to any other that comes: longer than the answer of an honest one takes.
const patience = 3 * time.Second

// considered is among how many that have waited longest a victim is looked for, so
// that whoever is refused costs little, however many there are.
const considered = 512

// Enter asks for a place for a connection that is not logged in. evict is called,
// at most once and from another goroutine, if the place must be given up to
// somebody else; it must not block. A client that keeps the server waiting for its
// login makes way for one of an address that has fewer, and after 3 s for any. The
// error is one of the above.
func (g *Gate) Enter(from netip.Addr, evict func()) (*Visit, error) {
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
	if victim, err = g.place(from, v.from); err != nil {
		g.refused++
		return nil, nil, err
	}
	if victim != nil {
		g.evicted++
		victim.leave()
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
	return v, victim, nil
}

// place looks for a free place, or one that a victim must give up.
func (g *Gate) place(from netip.Addr, of netip.Prefix) (victim *Visit, err error) {
	var present source
	if s := g.sources[of]; s != nil {
		present = *s
	}
	switch {
	case g.shut:
		return nil, ErrStopping
	case !g.limits.allows(from):
		return nil, ErrNetwork
	case g.limits.PerAddress > 0 && present.visits >= g.limits.PerAddress:
		return nil, ErrAddressFull
	case len(g.visits) < g.limits.Sessions:
		return nil, nil
	case len(g.visits) > g.limits.Sessions: // the limit was lowered
		return nil, ErrFull
	}
	victim = g.longestWaiting()
	switch {
	case victim == nil:
		return nil, ErrFull
	case victim.from != of && victim.source.waiting > present.loggingIn:
		return victim, nil
	case time.Since(victim.since) > patience:
		return victim, nil
	}
	return nil, ErrFull
}

// longestWaiting is, of the address that has the server wait for most logins, the
// one that does so longest.
func (g *Gate) longestWaiting() (victim *Visit) {
	e := g.waiting.Front()
	for n := 0; e != nil && n < considered; n++ {
		if v := e.Value.(*Visit); victim == nil || v.source.waiting > victim.source.waiting {
			victim = v
		}
		e = e.Next()
	}
	return victim
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

func (v *Visit) wait(waiting bool) {
	switch {
	case waiting && v.waits == nil:
		v.waits, v.since = v.gate.waiting.PushBack(v), time.Now()
		v.source.waiting++
	case !waiting && v.waits != nil:
		v.gate.waiting.Remove(v.waits)
		v.waits = nil
		v.source.waiting--
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
	v.known()
	g.users[name] = u
	u.sessions++
	g.admitted++
	v.wait(false)
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
	v.known()
	v.left = true
	delete(g.visits, v)
	if v.user == nil {
		v.source.loggingIn--
	} else {
		v.giveBack(v.held)
		g.admitted--
		if v.user.sessions--; v.user.sessions == 0 {
			delete(g.users, v.name)
		}
	}
	if v.source.visits--; v.source.visits == 0 {
		delete(g.sources, v.from)
	}
}
