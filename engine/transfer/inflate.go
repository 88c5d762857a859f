package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/klauspost/compress/zlib"

	"bbftp/engine/wire"
)

// inflater turns received blocks back into plain ones.
type inflater struct {
	packed []byte
	plain  []byte // one byte longer than a block may be, to see overshoot
	in     bytes.Reader
	zr     io.ReadCloser
}

func newInflater(size int) *inflater {
	return &inflater{packed: make([]byte, size), plain: make([]byte, size+1)}
}

// unpack returns the content of a zlib block, which must be exactly one
// complete zlib stream.
func (d *inflater) unpack(packed []byte) ([]byte, error) {
	d.in.Reset(packed)
	if d.zr == nil {
		zr, err := zlib.NewReader(&d.in)
		if err != nil {
			return nil, err
		}
		d.zr = zr
	} else if err := d.zr.(zlib.Resetter).Reset(&d.in, nil); err != nil {
		return nil, err
	}
	n := 0
	for n < len(d.plain) {
		m, err := d.zr.Read(d.plain[n:])
		n += m
		if err == io.EOF && n < len(d.plain) {
			if d.in.Len() > 0 {
				return nil, fmt.Errorf("%d bytes after the end of the zlib stream", d.in.Len())
			}
			return d.plain[:n], nil
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
	}
	return nil, fmt.Errorf("expands beyond %d bytes", len(d.plain)-1)
}

func (e *Engine) receiveBlocks(conn *net.TCPConn, dst *os.File, s Segment, o Options, c *Counters) error {
	d, _ := e.inflaters.Get().(*inflater)
	if d == nil || len(d.packed) != o.BlockSize {
		d = newInflater(o.BlockSize)
	}
	defer e.inflaters.Put(d)

	in := &patientReader{conn: conn, idle: o.Idle}
	for done := int64(0); done < s.Length; {
		at := s.Offset + done
		h, err := wire.ReadBlockHeader(in, o.BlockSize)
		switch {
		case errors.Is(err, wire.ErrLength), errors.Is(err, wire.ErrBlockCode):
			return fmt.Errorf("%w at %d: %w", ErrBlock, at, err)
		case err != nil:
			return fmt.Errorf("read block header at %d: %w", at, shortened(err))
		}
		data := d.packed[:h.Len]
		if _, err := io.ReadFull(in, data); err != nil {
			return fmt.Errorf("read block at %d: %w", at, shortened(err))
		}
		plain, moved := data, &c.Stored
		if h.Code == wire.BlockZlib {
			if plain, err = d.unpack(data); err != nil {
				return fmt.Errorf("%w at %d: %w", ErrBlock, at, err)
			}
			moved = &c.Deflated
		}
		if len(plain) == 0 {
			return fmt.Errorf("%w at %d: empty", ErrBlock, at)
		}
		if int64(len(plain)) > s.Length-done {
			return fmt.Errorf("%w at %d: holds %d bytes, the segment wants %d", ErrBlock, at, len(plain), s.Length-done)
		}
		if _, err := dst.WriteAt(plain, at); err != nil {
			return fmt.Errorf("write %s at %d: %w", dst.Name(), at, err)
		}
		moved.Add(int64(len(plain)))
		c.BlockBytes.Add(int64(wire.BlockHeaderSize + len(data)))
		done += int64(len(plain))
	}
	return nil
}

// shortened names an end of stream for what it is here: never a clean one.
func shortened(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// patientReader bounds each read, not the whole block, by the idle limit.
type patientReader struct {
	conn *net.TCPConn
	idle time.Duration
}

func (r *patientReader) Read(b []byte) (int, error) {
	if err := r.conn.SetReadDeadline(time.Now().Add(r.idle)); err != nil {
		return 0, err
	}
	return r.conn.Read(b)
}
