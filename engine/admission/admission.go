// Package admission decides who may come in to a server, how many at once, and
// how long a wrong login is made to wait. It knows addresses and names, no
// connections and no protocol.
//
//	Enter ─┬─ refused
//	       └─► logging in ─┬─ Admit ─► session ─── Leave
//	                       └─ evicted, Leave
//
// While all places are taken, who logs in makes way for others: see Enter.
package admission

import (
	"container/list"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// Limits bound what comes in. The zero value of a field is the documented default.
type Limits struct {
	// Allow, if not empty, are the only networks to come from; Deny are those that
	// may not, also inside of one of Allow.
	Allow, Deny []netip.Prefix
	// Sessions is the most connections at once. Default 512.
	Sessions int
	// PerAddress is the most connections at once of one address, or of one /64 of
	// IPv6. Default 0: no limit of its own.
	PerAddress int
	// PerUser is the most sessions at once of a user whose account does not say.
	// Default 0: no limit.
	PerUser int
	// Streams is the most data streams at once of all sessions. Default 0: no limit.
	Streams int
	// FailureDelay is the least a wrong login waits for its answer; each further one of
	// the same address waits longer, up to a minute. Default 1 s; less than 0: none.
	FailureDelay time.Duration
}

func (l Limits) withDefaults() Limits {
	if l.Sessions == 0 {
		l.Sessions = 512
	}
	if l.FailureDelay == 0 {
		l.FailureDelay = time.Second
	}
	return l
}

// Reasons not to be let in. Their texts are for the peer too.
var (
	ErrNetwork     = errors.New("address not allowed")
	ErrFull        = errors.New("too many sessions")
	ErrAddressFull = errors.New("too many sessions from this address")
	ErrUserFull    = errors.New("too many sessions of this user")
	ErrStreams     = errors.New("too many data streams")
	ErrStopping    = errors.New("the server is stopping")
)

// Gate counts who is in. It is safe for concurrent use.
type Gate struct {
	mu       sync.Mutex // guards all that follows
	limits   Limits
	shut     bool
	last     uint64 // number of the latest visit
	visits   map[*Visit]struct{}
	waiting  list.List // of the *Visits that have the server wait, the longest first
	working  list.List // of the others that are not admitted yet, in their order
	sources  map[netip.Prefix]*source
	users    map[string]*user
	streams  int
	admitted int
	evicted  int64
	refused  int64
	failures failures
	known    reputation
	// draw is a time of up to the given one.
	draw func(most time.Duration) time.Duration
}

// source is what comes from one address, or one /64 of IPv6, while anything does.
type source struct {
	visits, loggingIn, waiting int
}

// user is what one has in all his sessions, while he has any.
type user struct{ sessions, streams int }

// New makes a gate.
func New(limits Limits) *Gate {
	return &Gate{
		limits:  limits.withDefaults(),
		visits:  make(map[*Visit]struct{}),
		sources: make(map[netip.Prefix]*source),
		users:   make(map[string]*user),
		draw:    rand.N[time.Duration],
	}
}

// SetLimits changes the limits for who comes next. Sessions that are too many then stay;
// logins make way for newcomers until no more than the limit are left.
func (g *Gate) SetLimits(limits Limits) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limits = limits.withDefaults()
}

// Shut lets nobody in any more: further ones get ErrStopping.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}

// Counts is what a gate has in at the moment, and has seen.
type Counts struct {
	LoggingIn, Sessions, Streams int
	Evicted, Refused             int64
}

// Counts counts.
func (g *Gate) Counts() Counts {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Counts{
		LoggingIn: len(g.visits) - g.admitted, Sessions: g.admitted, Streams: g.streams,
		Evicted: g.evicted, Refused: g.refused,
	}
}
