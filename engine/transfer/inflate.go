package transfer

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
)

// inflater turns zlib streams back into what they were made of.
type inflater struct {
	in   bytes.Reader
	zr   io.ReadCloser
	more [1]byte
}

// unpack returns the content, of at most limit bytes and likely no more than so
// many, of a block that must be exactly one complete zlib stream. The caller puts it back.
func (d *inflater) unpack(memory *buffers, packed []byte, likely, limit int) (*buffer, error) {
	d.in.Reset(packed)
	defer d.in.Reset(nil) // keeps nothing of what was borrowed
	if err := d.reset(); err != nil {
		return nil, err
	}
	plain := memory.get(min(likely, limit, unproven))
	for n := 0; ; {
		room := plain.b[n:]
		switch {
		case n == limit:
			room = d.more[:]
		case len(room) == 0:
			plain = memory.grow(plain, min(2*n, limit))
			room = plain.b[n:]
		}
		m, err := d.zr.Read(room)
		switch {
		case n == limit && m > 0:
			err = fmt.Errorf("expands beyond %d bytes", limit)
		case err == nil:
			n += m
			continue
		case err != io.EOF:
		case d.in.Len() > 0:
			err = fmt.Errorf("%d bytes after the end of the zlib stream", d.in.Len())
		default:
			plain.b = plain.b[:n+m]
			return plain, nil
		}
		memory.put(plain)
		return nil, err
	}
}

func (d *inflater) reset() error {
	if d.zr != nil {
		return d.zr.(zlib.Resetter).Reset(&d.in, nil)
	}
	zr, err := zlib.NewReader(&d.in)
	if err != nil {
		return err
	}
	d.zr = zr
	return nil
}

// unpack is [inflater.unpack] by one of the engine's inflaters.
func (e *codec) unpack(packed []byte, likely, limit int) (*buffer, error) {
	d, _ := e.inflaters.Get().(*inflater)
	if d == nil {
		d = new(inflater)
	}
	plain, err := d.unpack(&e.buffers, packed, likely, limit)
	e.inflaters.Put(d) // not deferred: after a panic nobody knows its state
	return plain, err
}
