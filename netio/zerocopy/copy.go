package zerocopy

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
)

// bufferSize is where larger reads and writes stopped measuring faster.
const bufferSize = 1 << 20

// buffers is shared by all transfers of the process: the point of a pool is
// that one stream's buffer serves the next.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// small is the length up to which a buffer of its own is made: a thousand
// stalled streams of little files must not hold a thousand large buffers.
const small = 64 << 10

// bufferFor returns a buffer for n bytes, or for bufferSize of them, and how to
// give it back.
func bufferFor(n int64) (buf []byte, giveBack func()) {
	if n <= small {
		return make([]byte, n), func() {}
	}
	pooled := buffers.Get().(*[bufferSize]byte)
	return pooled[:], func() { buffers.Put(pooled) }
}

// copyOut sends n bytes of src from off through a buffer.
func copyOut(dst *net.TCPConn, src *os.File, off, n int64, p *patience, c *Counters) (done int64, err error) {
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	for done < n {
		got, err := src.ReadAt(buf[:min(n-done, bufferSize)], off+done)
		// What was read goes out even before a failure is reported: the
		// count returned then says how far the source is sound.
		sent, werr := writeAll(dst, buf[:got], p)
		done += int64(sent)
		c.Copied.Add(int64(sent))
		switch {
		case werr != nil:
			return done, werr
		case done == n:
			return done, nil
		case errors.Is(err, io.EOF):
			return done, ErrShortSource
		case err != nil:
			return done, err
		}
	}
	return done, nil
}

// writeAll writes b, however slowly the peer takes it: a deadline that passes
// within one buffer is final only if nothing at all moved before it.
func writeAll(dst *net.TCPConn, b []byte, p *patience) (done int, err error) {
	for done < len(b) {
		n, err := dst.Write(b[done:])
		done += n
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return done, err
		}
		if err := p.progress(); err != nil {
			return done, err
		}
	}
	return done, nil
}

// copyIn receives n bytes through a buffer and writes them to dst at off.
func copyIn(dst *os.File, off int64, src *net.TCPConn, n int64, p *patience, c *Counters) (done int64, err error) {
	buf, giveBack := bufferFor(n)
	defer giveBack()
	for done < n {
		got, err := src.Read(buf[:min(n-done, bufferSize)])
		if got > 0 {
			written, werr := writeAt(dst, buf[:got], off+done)
			done += int64(written)
			c.Copied.Add(int64(written))
			if werr != nil {
				return done, werr
			}
		}
		switch {
		case done == n:
			return done, nil
		case errors.Is(err, io.EOF):
			return done, io.ErrUnexpectedEOF
		case err != nil:
			return done, err
		}
		if err := p.progress(); err != nil {
			return done, err
		}
	}
	return done, nil
}
