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
func (k *carrier) copyOut(dst *net.TCPConn, src *os.File, off, n int64) (done int64, err error) {
	buf, giveBack := bufferFor(n)
	defer giveBack()
	for done < n {
		piece := buf[:k.piece(min(n-done, int64(len(buf))))]
		var got int
		var err error
		k.timed(int64(len(piece)), 0, func() { got, err = src.ReadAt(piece, off+done) })
		// What was read goes out even before a failure is reported: the
		// count returned then says how far the source is sound.
		sent, werr := k.writeAll(dst, piece[:got])
		done += int64(sent)
		switch {
		case werr != nil:
			return done, werr
		case got == len(piece):
		case errors.Is(err, io.EOF):
			return done, ErrShortSource
		case err != nil:
			return done, err
		}
		if err := k.pace(int64(sent)); err != nil {
			return done, err
		}
	}
	return done, nil
}

// writeAll writes b, however slowly the peer takes it: a deadline that passes
// within one buffer is final only if nothing at all moved before it.
func (k *carrier) writeAll(dst *net.TCPConn, b []byte) (done int, err error) {
	for done < len(b) {
		n, err := k.write(dst, b[done:])
		done += n
		k.c.Copied.Add(int64(n))
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return done, err
		}
		if err := k.progress(int64(n)); err != nil {
			return done, err
		}
	}
	return done, nil
}

// copyIn receives n bytes through a buffer and writes them to dst at off.
func (k *carrier) copyIn(dst *os.File, off int64, src *net.TCPConn, n int64) (done int64, err error) {
	conn, err := src.SyscallConn()
	if err != nil {
		return 0, err
	}
	buf, giveBack := bufferFor(n)
	defer giveBack()
	take, put := k.read, k.put
	if k.flow.Sparse {
		take, put = k.readFull, k.putSparse
	}
	for done < n {
		piece := buf[:k.piece(min(n-done, int64(len(buf))))]
		if k.flow.Sparse && int64(len(piece)) < n-done {
			piece = wholePages(piece, off+done)
		}
		got, err := take(conn, piece)
		if got == 0 && err == nil {
			err = io.ErrUnexpectedEOF
		}
		written, werr := put(dst, piece[:got], off+done)
		done += int64(written)
		k.c.Copied.Add(int64(written))
		if werr != nil {
			return done, werr
		}
		if err != nil {
			return done, err
		}
		k.writeBehind(dst, off+done)
		if err := k.pace(int64(got)); err != nil {
			return done, err
		}
	}
	return done, nil
}

// put writes b to dst at off.
func (k *carrier) put(dst *os.File, b []byte, off int64) (n int, err error) {
	if len(b) > 0 {
		k.inTurn(int64(len(b)), func() { n, err = writeAt(dst, b, off) })
	}
	return n, err
}
