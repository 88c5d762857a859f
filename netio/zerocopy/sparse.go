package zerocopy

import (
	"bytes"
	"io"
	"os"
	"syscall"
)

// page is what a hole is made of on most file systems.
const page = 4 << 10

// zeros is what a page of a hole reads as.
var zeros [page]byte

// wholePages shortens b, which goes to off, so that what follows it begins a
// page: a page of zeros that comes in two parts would otherwise be missed.
func wholePages(b []byte, off int64) []byte {
	if over := (off + int64(len(b))) % page; over < int64(len(b)) {
		return b[:int64(len(b))-over]
	}
	return b
}

// readFull fills b. What a connection brings at once is often less than a page,
// and then no page could be seen to be all zeros.
func (k *carrier) readFull(conn syscall.RawConn, b []byte) (n int, err error) {
	for n < len(b) {
		got, err := k.read(conn, b[n:])
		n += got
		if err == nil && got == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// putSparse writes b to dst at off, except pages of zeros.
func (k *carrier) putSparse(dst *os.File, b []byte, off int64) (done int, err error) {
	for done < len(b) {
		n, hole := alike(b[done:], off+int64(done))
		if hole {
			k.c.Holes.Add(int64(n))
		} else if n, err = k.put(dst, b[done:done+n], off+int64(done)); err != nil {
			return done + n, err
		}
		done += n
	}
	return done, nil
}

// alike returns how much of b, which goes to off and is not empty, is pages of
// zeros or pages of something else, and which of both. What lies in one page
// only in part counts like a page: left out it reads as zeros all the same.
func alike(b []byte, off int64) (n int, hole bool) {
	for n < len(b) {
		piece := b[n:min(len(b), n+page-int((off+int64(n))%page))]
		empty := bytes.Equal(piece, zeros[:len(piece)])
		if n > 0 && empty != hole {
			break
		}
		hole = empty
		n += len(piece)
	}
	return n, hole
}
