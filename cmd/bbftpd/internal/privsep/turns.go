package privsep

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
)

// turns bounds how many processes are being started at a time. A start costs far more
// than to ask for one, by connecting. Who waits for one therefore stands in the queue of
// its address, and the queues take turns:
//
//	logged in                         ──► before all others
//	192.0.2.1            a9 … a3 a2 a1 ─┐
//	198.51.100.7                    b1 ─┼─► one of each, round and round ─► started, so many at a time
//	2001:db8::/64              c2 c1 ──┘
//
// A new queue comes after one of each of the others, however long they are. Who has
// logged in does not wait for those who have not.
type turns struct {
	mu     sync.Mutex
	free   int                     // 0 while somebody waits; guarded by mu
	queues map[netip.Prefix]*queue // none of them empty; guarded by mu
	round  list.List               // of *queue, next one first; guarded by mu
}

// queue is those of one address that wait.
type queue struct {
	from    netip.Prefix
	waiting list.List     // of chan struct{}, closed when it is their turn
	place   *list.Element // in the round; nil: not in it
}

func newTurns(atOnce int) *turns {
	return &turns{free: atOnce, queues: make(map[netip.Prefix]*queue)}
}

// loggedIn is the queue of those who have: no address.
var loggedIn netip.Prefix

// queueOf is the queue of an address: whoever has one of IPv6 has a /64.
func queueOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, _ := a.WithZone("").Prefix(bits)
	return p
}

// take waits for a turn, which ends with over. over may be called again. The error is
// the cause of ctx.
func (t *turns) take(ctx context.Context, from netip.Prefix) (over func(), err error) {
	turn, leave := t.join(from)
	select {
	case <-turn:
		return sync.OnceFunc(t.pass), nil
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
}

// join is the end of a queue, or a turn at once. leave gives up either.
func (t *turns) join(from netip.Prefix) (turn chan struct{}, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	turn = make(chan struct{})
	if t.free > 0 {
		t.free--
		close(turn)
		return turn, t.pass
	}
	q := t.queues[from]
	if q == nil {
		q = &queue{from: from}
		t.queues[from] = q
		if from != loggedIn {
			q.place = t.round.PushBack(q)
		}
	}
	place := q.waiting.PushBack(turn)
	return turn, func() { t.leave(q, place) }
}

func (t *turns) leave(q *queue, place *list.Element) {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-place.Value.(chan struct{}): // its turn had just come
		t.next()
	default:
		t.remove(q, place)
	}
}

// pass ends a turn.
func (t *turns) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.next()
}

// next gives a turn to who is next; t.mu is held.
func (t *turns) next() {
	q := t.queues[loggedIn]
	if q == nil {
		first := t.round.Front()
		if first == nil {
			t.free++
			return
		}
		t.round.MoveToBack(first)
		q = first.Value.(*queue)
	}
	place := q.waiting.Front()
	close(place.Value.(chan struct{}))
	t.remove(q, place)
}

// remove takes one out of a queue, and the last one's queue with it; t.mu is held.
func (t *turns) remove(q *queue, place *list.Element) {
	q.waiting.Remove(place)
	if q.waiting.Len() > 0 {
		return
	}
	delete(t.queues, q.from)
	if q.place != nil {
		t.round.Remove(q.place)
	}
}
