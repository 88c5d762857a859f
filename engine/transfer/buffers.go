package transfer

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// buffers lends the memory blocks are kept in. The zero value is ready.
type buffers struct {
	classes [32]sync.Pool // *buffer of 1<<i bytes
}

// unproven is the memory a block gets before it is known to need more: a peer's
// word alone must not take it.
const unproven = 1 << 20

// buffer is borrowed memory.
type buffer struct {
	b     []byte // as long as was asked for
	class int
}

// get lends n bytes, at least 1, of any content.
func (p *buffers) get(n int) *buffer {
	class := bits.Len(uint(n - 1))
	b, _ := p.classes[class].Get().(*buffer)
	if b == nil {
		b = &buffer{b: make([]byte, 1<<class), class: class}
	}
	b.b = b.b[:n]
	return b
}

// put takes b back; nil is nothing.
func (p *buffers) put(b *buffer) {
	if b != nil {
		p.classes[b.class].Put(b)
	}
}

// grow lends n bytes that begin with those of b, and takes b back.
func (p *buffers) grow(b *buffer, n int) *buffer {
	larger := p.get(n)
	copy(larger.b, b.b)
	p.put(b)
	return larger
}

// lookahead is what the streams of one transfer hold beyond a block each, to
// keep the workers busy. The zero value is ready.
//
// Nobody waits for it: a stream that gets none goes on block by block. Transfers
// do not share it, so that those that stand still, on slow connections or out of
// malice, take none from those that move.
type lookahead struct {
	held atomic.Int64 // bytes
}

// lookaheadLimit is the most a transfer holds, in bytes asked for: 32 blocks of
// the default size, with what becomes of them.
const lookaheadLimit = 16 << 20

// reserve tells whether n more bytes may be held, to be released afterwards.
func (l *lookahead) reserve(n int64) bool {
	if l.held.Add(n) > lookaheadLimit {
		l.held.Add(-n)
		return false
	}
	return true
}

func (l *lookahead) release(n int64) { l.held.Add(-n) }
