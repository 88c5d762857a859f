package wan

import "sync/atomic"

// course is the emulation of one direction, without devices and without a
// clock of its own: frames come in with the time of their arrival, and pieces
// of them come out with their due times.
//
//	frame → count → queue and rate (clock) → loss on the wire → delay, jitter → pieces in the ring
type course struct {
	*ring
	link   int // length of the link-layer header
	clock  clock
	losses losses
	wander wander
	delay  int64
	due    int64 // of the latest piece: order is kept
	tally  tally
}

// tally are the Counters while they count: one thread adds, any may read.
type tally struct {
	packetsIn, bytesIn, packetsOut, bytesOut  atomic.Int64
	lostRandom, lostQueue, refused, queueMost atomic.Int64
}

// grain is the longest time the link needs for packets that are delivered at
// once, in ns. A larger piece would arrive as a burst, and its acknowledgements
// would come back as one. At 10 Gbit/s 64 KiB fit, at 100 Mbit/s one packet.
const grain = 100e3

func newCourse(r *ring, d Direction, link int, seed uint64) *course {
	return &course{
		ring: r, link: link,
		clock:  newClock(d.Rate, d.Queue),
		losses: newLosses(d.Loss, seed),
		wander: newWander(int64(d.Jitter), seed),
		delay:  int64(d.Delay),
	}
}

// accept sends a frame in the ring's room on its way, which arrived at now, and
// returns how many packets it stands for. errNotIP and errOffload are the
// frame's fault.
func (c *course) accept(now int64, frame []byte) (packets int, err error) {
	p, err := parse(frame, c.link)
	if err != nil {
		if err != errNotIP {
			c.tally.packetsIn.Add(1)
			c.tally.bytesIn.Add(int64(len(frame) - virtioHeaderLen - c.link))
			c.tally.refused.Add(1)
		}
		return 0, err
	}
	size := p.bytes()
	c.tally.packetsIn.Add(int64(p.count))
	c.tally.bytesIn.Add(size)

	mark := c.next
	if c.clock.lasts(size) <= grain && c.clock.fits(now, size) && c.losses.skip(int64(p.count)) {
		c.clock.take(now, size)
		c.leave(&p, 0, p.count, c.clock.free)
	} else {
		c.cut(now, &p)
	}
	c.tally.queueMost.Store(c.clock.queueMax())
	if c.next > mark {
		latest := c.at(c.next - 1)
		c.keep(p.cut(latest.first+latest.many), mark)
	}
	return p.count, nil
}

// cut takes the packets of p one by one and joins neighbours to pieces of at
// most a grain. A loss ends a piece. If there is no room for one, there is none
// for those behind it, which come at the same moment: a short last one would
// else hold the memory of all.
func (c *course) cut(now int64, p *packet) {
	var begin, end int64 // on the link, of the piece
	first, many := 0, 0
	for i := range p.count {
		size := p.size(i)
		if !c.clock.take(now, size) {
			c.tally.lostQueue.Add(int64(p.count - i))
			break
		}
		lost := c.losses.next()
		if lost {
			c.tally.lostRandom.Add(1)
		}
		if many > 0 && (lost || c.clock.free-begin > grain) {
			c.leave(p, first, many, end)
			many = 0
		}
		if lost {
			continue
		}
		if many == 0 {
			first, begin = i, c.clock.free-c.clock.lasts(size)
		}
		many++
		end = c.clock.free
	}
	if many > 0 {
		c.leave(p, first, many, end)
	}
}

// leave puts a piece on the wire that has left the link at time sent.
func (c *course) leave(p *packet, first, many int, sent int64) {
	c.due = max(c.due, sent+c.delay+c.wander.at(sent))
	c.add(p, first, many, c.due)
}

// arrived counts a piece that was handed over, refused one that was not.
func (c *course) arrived(p *piece) {
	c.tally.packetsOut.Add(int64(p.many))
	c.tally.bytesOut.Add(p.length())
	c.release()
}

func (c *course) refused(p *piece) {
	c.tally.refused.Add(int64(p.many))
	c.release()
}

func (c *course) counters() Counters {
	t := &c.tally
	return Counters{
		PacketsIn: t.packetsIn.Load(), BytesIn: t.bytesIn.Load(),
		PacketsOut: t.packetsOut.Load(), BytesOut: t.bytesOut.Load(),
		LostRandom: t.lostRandom.Load(), LostQueue: t.lostQueue.Load(), LostRefused: t.refused.Load(),
		QueueMax: t.queueMost.Load(),
	}
}
