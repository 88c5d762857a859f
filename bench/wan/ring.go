package wan

// ring holds the frames that are on their way, and the pieces in which they
// will be delivered, both in the order of their arrival. Positions count all
// bytes ever; a frame is never wrapped around the end. The memory lies outside
// the Go heap: the collector neither sees nor counts it.
type ring struct {
	frames     []byte
	head, tail int64 // next byte to write, oldest byte in use
	pieces     []piece
	next, last int64 // next piece to write, oldest piece
}

// piece is a run of packets of one frame that is delivered at once.
type piece struct {
	packet
	due   int64
	frame int64 // position of the frame
	done  int64 // the ring's tail when the piece has been delivered
	first int   // packets of the frame
	many  int
}

// length is the size in bytes of the piece's IP packets.
func (p *piece) length() int64 {
	if p.many == p.count {
		return p.bytes()
	}
	return int64(p.cut(p.first+p.many)-p.cut(p.first)) + int64(p.many)*int64(p.payload-p.ip)
}

// alignment of frames: a cache line.
const alignment = 64

// room is the memory for the next frame, whatever its size up to maxFrame, and
// whatever the pieces it is cut into; nil if there is none. An empty ring
// begins anew, so that a link that holds little stays in the cache.
func (r *ring) room() []byte {
	if r.next == r.last {
		r.head, r.tail, r.next, r.last = 0, 0, 0, 0
	}
	size := int64(len(r.frames))
	head := r.head
	if left := size - head%size; left < maxFrame {
		head += left
	}
	if head+maxFrame-r.tail > size || r.next-r.last+maxSegments > int64(len(r.pieces)) {
		return nil
	}
	r.head = head
	at := head % size
	return r.frames[at : at+maxFrame]
}

// keep holds on to the first n bytes of the room, whose pieces were added since
// the last keep or drop. They begin at piece mark.
func (r *ring) keep(n int, mark int64) {
	begin := r.head
	r.head += (int64(n) + alignment - 1) &^ (alignment - 1)
	for i := mark; i < r.next; i++ {
		p := r.at(i)
		p.frame, p.done = begin, begin
	}
	r.at(r.next - 1).done = r.head
}

func (r *ring) at(i int64) *piece { return &r.pieces[i%int64(len(r.pieces))] }

// add appends a piece of the frame in the room.
func (r *ring) add(p *packet, first, many int, due int64) {
	at := r.at(r.next)
	at.packet, at.first, at.many, at.due = *p, first, many, due
	r.next++
}

// oldest is the piece to be delivered next, nil if there is none.
func (r *ring) oldest() *piece {
	if r.last == r.next {
		return nil
	}
	return r.at(r.last)
}

// frame is the frame of p, which is still held.
func (r *ring) frame(p *piece) []byte {
	at := p.frame % int64(len(r.frames))
	return r.frames[at : at+int64(p.end)]
}

// release gives up the oldest piece.
func (r *ring) release() {
	r.tail = r.oldest().done
	r.last++
}

// held is the number of packets in the ring.
func (r *ring) held() (packets int64) {
	for i := r.last; i < r.next; i++ {
		packets += int64(r.at(i).many)
	}
	return packets
}

// ringSize is how many bytes of frames and how many pieces a direction can have
// on its way. A link without a rate is taken to carry at most unlimitedRate.
func ringSize(d Direction) (bytes, pieces int64) {
	rate := float64(d.Rate)
	if d.Rate == 0 {
		rate = unlimitedRate
	}
	flight := int64(rate / 8 * (d.Delay + d.Jitter).Seconds())
	if d.Rate > 0 {
		flight += int64(float64(newClock(d.Rate, d.Queue).queue) * rate / 8e9)
	}
	// Small packets take a multiple of their size, but no host of this machine
	// sends enough of them to fill a fast link: the allowance ends there.
	bytes = flight + flight/8 + min(2*flight, smallPackets) + 16*maxFrame
	return bytes, bytes/128 + 4*maxSegments
}

const (
	unlimitedRate = 40e9     // bit/s
	smallPackets  = 64 << 20 // bytes
)
