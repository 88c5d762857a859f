package transfer

import (
	"time"

	"bbftp/netio"
)

// balance weighs the connection of one stream against the deflaters: each
// block gets the best form that costs no time.
//
//	           deflating it thoroughly takes no longer than half of
//	           what is ahead of it takes to leave
//	  ┌─────────────────────────────────────────────────────┐
//	  │                                                     ▼
//	fast ◄───────────────────────────────────────────── thorough
//	  │ ▲      what is ahead leaves sooner
//	  │ │
//	  │ └─ the connection pushes back: bytes stand before it ─┐
//	  ▼                                                       │
//	leave ────────────────────────────────────────────────────┘
//	  the connection, idle, would take the block as it is before
//	  the deflated one is ready
//
// Two figures are estimated for it. The rate of the connection is measured while
// unsent bytes stand in the socket: what they become fewer by has left. A socket
// that ran dry shows only that the connection takes at least that much, so the
// estimate then grows, the more slowly the more often it turned out to be wrong.
// The latency of deflating is measured from handing a block to the workers until
// it comes back, so it holds the wait for a worker that others keep busy too.
//
// Bytes that stand there because the peer does not read, which shows in its
// window, are no reason to deflate, and tell nothing about the connection: the
// peer lacks a processor or a disk, and inflating only costs it more.
//
// At first all is unknown, and blocks are deflated: on a slow connection one
// block left as it is costs more than a hundred that did not have to be deflated.
type balance struct {
	rate    float64 // bytes per second
	growth  float64 // of rate, each time the socket is dry
	ratio   float64 // of a deflated block to its content
	latency [gears]float64

	seen    time.Time
	handed  int64 // to the socket, since seen
	unsent  int64 // in the socket, when seen
	current int64 // in the socket, lately
	window  int64 // the largest the peer announced
	busy    bool  // the peer does not read
}

const (
	mostGrowth  = 0.5
	leastGrowth = 0.001
	// settling is how long a socket is watched for a rate, while it has bytes,
	// and at least a round trip: they leave in bursts, as acknowledgements arrive.
	settling = 2 * time.Millisecond
	// thoroughFactor is the latency of the thorough gear, in those of the fast
	// one, before it is known.
	thoroughFactor = 8
	// fading is what the latency loses with each block that is left as it is: one
	// that was deflated while the processors were busy with something else must
	// not keep all others of the file from being tried.
	fading = 1.0 / 256
)

func newBalance(now time.Time) balance {
	return balance{growth: mostGrowth, ratio: 1, seen: now}
}

// choose returns the gear for a block of n bytes with ahead bytes before it that
// are not in the socket yet.
func (b *balance) choose(n, ahead int64) gear {
	if b.latency[fast] == 0 || b.rate == 0 {
		return fast
	}
	before := float64(b.current + ahead)
	if b.busy {
		before = 0 // none of it waits for the connection
	}
	slow := b.latency[thorough]
	if slow == 0 {
		slow = thoroughFactor * b.latency[fast]
	}
	saved := (1 - b.ratio) * float64(n)
	switch {
	case b.rate*b.latency[fast] > before+saved:
		b.latency[fast] -= fading * b.latency[fast]
		return leave
	case b.rate*slow <= before/2:
		return thorough
	}
	return fast
}

// deflated reports that a block of n bytes became packed bytes after so long.
func (b *balance) deflated(g gear, n, packed int64, took time.Duration) {
	const weight = 0.2
	if b.latency[g] == 0 {
		b.latency[g] = took.Seconds()
		b.ratio = float64(packed) / float64(n)
	}
	b.latency[g] += weight * (took.Seconds() - b.latency[g])
	b.ratio += weight * (float64(packed)/float64(n) - b.ratio)
}

// observe is told the state of the connection, and how much was handed to it
// since the last call.
func (b *balance) observe(now time.Time, handed int64, conn netio.Info) {
	b.handed += handed
	b.window = max(b.window, conn.SendWindow)
	b.current = conn.NotSent
	dry := conn.NotSent == 0
	if b.busy = !dry && conn.SendWindow < b.window/2; b.busy {
		b.begin(now, conn.NotSent)
		return
	}
	span := now.Sub(b.seen)
	left := b.handed + b.unsent - conn.NotSent
	if span <= 0 || left < 0 || !dry && span < max(settling, conn.RTT) {
		return
	}
	b.begin(now, conn.NotSent)
	sample := float64(left) / span.Seconds()
	switch {
	case dry && 2*sample >= b.rate:
		b.growth = min(2*b.growth, mostGrowth)
		b.rate = max(b.rate*(1+b.growth), sample)
	case dry:
		b.rate *= 1 + b.growth
	case 2*sample < b.rate:
		b.growth = max(b.growth/4, leastGrowth)
		b.rate = 2 * sample
	case b.rate == 0:
		b.rate = sample
	default:
		b.rate += (sample - b.rate) / 4
	}
}

// begin begins the next measurement of the rate.
func (b *balance) begin(now time.Time, unsent int64) {
	b.seen, b.handed, b.unsent = now, 0, unsent
}
