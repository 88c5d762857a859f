package observe

import (
	"encoding/binary"
	"math"
	"net/netip"
	"time"

	"bbftp/bench/trial"
)

// identity is what the kernel calls struct inet_diag_sockid, and the family:
// it names a socket in a question as it did in an answer.
type identity struct {
	family byte
	id     [48]byte
}

const familyIPv4 = 2 // AF_INET of Linux

// cookie is unique among all sockets of the machine since it started.
func (i identity) cookie() uint64 { return binary.NativeEndian.Uint64(i.id[40:]) }

func (i identity) addresses() (local, remote netip.AddrPort) {
	return i.address(0, 4), i.address(2, 20)
}

func (i identity) address(port, ip int) netip.AddrPort {
	var addr netip.Addr
	if i.family == familyIPv4 {
		addr = netip.AddrFrom4([4]byte(i.id[ip:]))
	} else {
		addr = netip.AddrFrom16([16]byte(i.id[ip:])).Unmap()
	}
	return netip.AddrPortFrom(addr, binary.BigEndian.Uint16(i.id[port:]))
}

// figures are those of TCP_INFO that a series has.
type figures struct {
	cwnd, delivery            int64 // bytes, bit/s
	acked, received, retrans  int64 // bytes, bytes, segments
	rtt                       time.Duration
	busy, rwndLimit, bufLimit time.Duration
}

type sample struct {
	tick int
	figures
}

// connection is a socket over time.
type connection struct {
	id            identity
	local, remote uint16
	samples       []sample // at least one; ticks rise
	open          bool     // there at the latest tick
}

func (c *connection) add(tick int, f figures) {
	if last := len(c.samples) - 1; last >= 0 && c.samples[last].tick == tick {
		c.samples[last].figures = f // seen twice in one walk
		return
	}
	c.samples = append(c.samples, sample{tick, f})
}

func (c *connection) last() figures { return c.samples[len(c.samples)-1].figures }

// thin halves the ticks. The last sample stays, whichever it is: it has the
// totals.
func (c *connection) thin() {
	kept := c.samples[:0]
	for i, s := range c.samples {
		if last := i == len(c.samples)-1; s.tick%2 == 0 || last {
			s.tick = (s.tick + 1) / 2
			kept = append(kept, s)
		}
	}
	c.samples = kept
}

// series gives at most maxSeries samples and the last one.
func (c *connection) series(times []float64) trial.Series {
	s := trial.Series{LocalPort: int(c.local), RemotePort: int(c.remote)}
	stride := (len(c.samples) + maxSeries - 1) / maxSeries
	for i := 0; i < len(c.samples); i += stride {
		if i+stride >= len(c.samples) {
			i = len(c.samples) - 1
		}
		f := c.samples[i].figures
		s.Time = append(s.Time, rounded(times[c.samples[i].tick]))
		s.Cwnd = append(s.Cwnd, f.cwnd)
		s.RTT = append(s.RTT, f.rtt.Seconds())
		s.Delivery = append(s.Delivery, float64(f.delivery))
		s.Acked = append(s.Acked, f.acked)
		s.Received = append(s.Received, f.received)
		s.Retrans = append(s.Retrans, f.retrans)
		s.Busy = append(s.Busy, f.busy.Seconds())
		s.RwndLimited = append(s.RwndLimited, f.rwndLimit.Seconds())
		s.SndbufLimited = append(s.SndbufLimited, f.bufLimit.Seconds())
	}
	return s
}

// rounded leaves tenths of a millisecond: a sample is no more exact, and
// results files are long enough.
func rounded(seconds float64) float64 { return math.Round(seconds*1e4) / 1e4 }
