package transfer

import (
	"math/bits"
	"sync"
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
