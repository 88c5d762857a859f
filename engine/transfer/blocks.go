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
	"bbftp/netio/zerocopy"
)

// level trades ratio for speed. Level 2 deflates structured text several times
// faster than the legacy peers' level 6 and every peer inflates either.
const level = 2

// ErrBlock reports a block that breaks the framing of wire.md 6.4.
var ErrBlock = errors.New("bad block")

// deflater turns plain blocks into the shorter of their two wire forms.
type deflater struct {
	plain  []byte
	packed bytes.Buffer
	zw     *zlib.Writer
}

func newDeflater(size int) (*deflater, error) {
	d := &deflater{plain: make([]byte, size)}
	d.packed.Grow(size)
	zw, err := zlib.NewWriterLevel(&d.packed, level)
	d.zw = zw
	return d, err
}

// pack returns the block that carries plain. Each is a complete zlib stream of
// its own, or plain itself where deflating gains nothing.
func (d *deflater) pack(plain []byte) (wire.BlockCode, []byte, error) {
	d.packed.Reset()
	d.zw.Reset(&d.packed)
	if _, err := d.zw.Write(plain); err != nil {
		return 0, nil, err
	}
	if err := d.zw.Close(); err != nil {
		return 0, nil, err
	}
	if d.packed.Len() >= len(plain) {
		return wire.BlockStored, plain, nil
	}
	return wire.BlockZlib, d.packed.Bytes(), nil
}

func (e *Engine) sendBlocks(conn *net.TCPConn, src *os.File, size int64, s Segment, o Options, c *Counters) error {
	d, _ := e.deflaters.Get().(*deflater)
	if d == nil || len(d.plain) != o.BlockSize {
		var err error
		if d, err = newDeflater(o.BlockSize); err != nil {
			return err
		}
	}
	defer e.deflaters.Put(d)

	for done := int64(0); done < s.Length; {
		plain := d.plain[:min(int64(o.BlockSize), s.Length-done)]
		if n, err := src.ReadAt(plain, s.Offset+done); n < len(plain) {
			if errors.Is(err, io.EOF) {
				err = zerocopy.ErrShortSource
			}
			return fmt.Errorf("read %s at %d: %w", src.Name(), s.Offset+done+int64(n), err)
		}
		if done+int64(len(plain)) == s.Length {
			if err := checkSize(src, size); err != nil {
				return err
			}
		}
		kind, data, err := d.pack(plain)
		if err != nil {
			return fmt.Errorf("deflate %s at %d: %w", src.Name(), s.Offset+done, err)
		}
		if err := writeBlock(conn, kind, data, o.Idle); err != nil {
			return err
		}
		if kind == wire.BlockZlib {
			c.Deflated.Add(int64(len(plain)))
		} else {
			c.Stored.Add(int64(len(plain)))
		}
		c.BlockBytes.Add(int64(wire.BlockHeaderSize + len(data)))
		done += int64(len(plain))
	}
	return nil
}

// writeBlock hands header and data to the kernel in one writev.
func writeBlock(conn *net.TCPConn, kind wire.BlockCode, data []byte, idle time.Duration) error {
	header := wire.BlockHeader{Code: kind, Len: int32(len(data))}.Append(nil)
	buffers := net.Buffers{header, data}
	for len(buffers) > 0 {
		if err := conn.SetWriteDeadline(time.Now().Add(idle)); err != nil {
			return err
		}
		n, err := buffers.WriteTo(conn)
		// A peer that took some of it is slow, not idle.
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return fmt.Errorf("write block: %w", err)
		}
	}
	return nil
}
