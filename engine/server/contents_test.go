package server

import (
	"fmt"
	"sync"
)

// piece is a part of what was sent: bytes as they were, or a part of a content.
type piece struct {
	plain       []byte
	of          string
	offset, len int
}

// content is a file made of a formula (Replay, "File content", in the
// transcripts' README).
type content struct {
	seed  uint32 // of a linear congruential generator, unless there is a text
	text  string
	size  int
	bytes func() []byte // for reading
}

func random(seed uint32, size int) content {
	return content{seed: seed, size: size, bytes: sync.OnceValue(func() []byte {
		b := make([]byte, size)
		x := seed
		for i := range b {
			x = (1103515245*x + 12345) & (1<<31 - 1)
			b[i] = byte(x >> 16)
		}
		return b
	})}
}

func repeated(text string, size int) content {
	return content{text: text, size: size, bytes: sync.OnceValue(func() []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = text[(i+i/1000)%len(text)]
		}
		return b
	})}
}

// join returns the bytes that pieces stand for.
func (r *recording) join(pieces []piece) ([]byte, error) {
	var all []byte
	for _, p := range pieces {
		if p.of == "" {
			all = append(all, p.plain...)
			continue
		}
		c, ok := r.contents[p.of]
		if !ok || p.offset < 0 || p.len < 0 || p.offset+p.len > c.size {
			return nil, fmt.Errorf("no bytes %d..%d of content %q", p.offset, p.offset+p.len, p.of)
		}
		all = append(all, c.bytes()[p.offset:p.offset+p.len]...)
	}
	return all, nil
}
