package transfer

import "bytes"

// hole is the least that is left out where the destination may be sparse.
const hole = 64 << 10

// write puts b at offset at. Zeros are left out of a sparse destination, which
// reads as zeros where nothing was written, but for its end.
func (r *blockReceiver) write(b []byte, at int64, last bool) error {
	if !r.o.Sparse {
		_, err := r.c.writeAt(r.dst, b, at)
		return err
	}
	for len(b) > 0 {
		piece := b[:min(hole-at%hole, int64(len(b)))]
		b = b[len(piece):]
		if zeros(piece) && !(last && len(b) == 0) {
			r.c.Holes.Add(int64(len(piece)))
		} else if _, err := r.c.writeAt(r.dst, piece, at); err != nil {
			return err
		}
		at += int64(len(piece))
	}
	return nil
}

// zeros tells whether b, not empty, holds nothing else: each byte is like the
// one before it, which compares faster than any loop.
func zeros(b []byte) bool { return b[0] == 0 && bytes.Equal(b[1:], b[:len(b)-1]) }
