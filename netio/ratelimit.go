package netio

import (
	"net"
	"syscall"
)

// RateLimit shares one rate among data streams, whichever come and go, in both
// directions. A nil *RateLimit limits nothing, nor does the zero value until
// [RateLimit.SetRate]. It is safe for concurrent use; don't copy it.
//
// In any time t no more than rate × (t + 50 ms) passes, and one piece of each
// stream, which moves before it is waited for. Turns are alike and taken in order,
// so that equal streams get equal shares, and what a slow one leaves goes to the
// others.
type RateLimit struct {
	own bucket
	// of a limit made by Under: whose buckets are drawn from
	draws []*bucket
}

// NewRateLimit returns a limit of so many bytes per second; nil for 0 or less.
func NewRateLimit(bytesPerSecond int64) *RateLimit {
	if bytesPerSecond <= 0 {
		return nil
	}
	r := new(RateLimit)
	r.SetRate(bytesPerSecond)
	return r
}

// SetRate changes the rate, in bytes per second, for all who draw from r; 0 or
// less lets them pass. It holds for what begins to move from now on: the turns of
// streams that wait neither end sooner nor last longer for it, and are over in
// about a second unless the rate was below a byte a second for each. It is not for
// what Under made.
func (r *RateLimit) SetRate(bytesPerSecond int64) { r.own.rate.Store(max(bytesPerSecond, 0)) }

// Under returns a limit whose streams keep to both r and parent. It draws from
// the same buckets as they: any number of limits may be under one parent, and be
// made from one r. If one of them is nil it is the other.
func (r *RateLimit) Under(parent *RateLimit) *RateLimit {
	switch {
	case r == nil:
		return parent
	case parent == nil:
		return r
	}
	return &RateLimit{draws: append(r.buckets(), parent.buckets()...)}
}

func (r *RateLimit) buckets() []*bucket {
	switch {
	case r == nil:
		return nil
	case len(r.draws) > 0:
		return r.draws[:len(r.draws):len(r.draws)]
	}
	return []*bucket{&r.own}
}

// least is the lowest of the rates that hold for r, 0 if there is none.
func (r *RateLimit) least() (bytesPerSecond int64) {
	for _, b := range r.buckets() {
		if rate := b.rate.Load(); rate > 0 && (bytesPerSecond == 0 || rate < bytesPerSecond) {
			bytesPerSecond = rate
		}
	}
	return bytesPerSecond
}

// Send has the kernel space the packets of what conn sends, at the whole rate
// or conn's own pacing if that is slower: a piece that had to wait does not then
// leave as one burst, nor does what gathered in the send buffer while the path
// stood still. Where the kernel can't, pieces leave as they are; the rate holds.
// To be called between pieces, follow does the same for a rate that has changed
// since; it costs nothing if it has not.
//
// Pacing alone would not hold the rate: the kernel leaves the first ten packets of
// a connection alone, which is all of a small file.
func (r *RateLimit) Send(conn *net.TCPConn) (follow func()) {
	if r == nil {
		return func() {}
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return func() {}
	}
	own, set := ownPacing(raw), int64(0)
	follow = func() {
		wanted := r.least()
		if wanted == set || own < 0 {
			return
		}
		set = wanted
		rate := wanted
		switch {
		case rate == 0 && own == 0:
			rate = unlimited
		case rate == 0 || own > 0 && own < rate:
			rate = own
		}
		_ = raw.Control(func(fd uintptr) { _ = setPacing(int(fd), rate) })
	}
	follow()
	return follow
}

// ownPacing is the pacing that a connection has, less than 0 if the kernel has none.
func ownPacing(raw syscall.RawConn) (bytesPerSecond int64) {
	bytesPerSecond = -1
	_ = raw.Control(func(fd uintptr) {
		if own, err := pacing(int(fd)); err == nil {
			bytesPerSecond = own
		}
	})
	return bytesPerSecond
}
