package transfer

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio"
	"bbftp/netio/zerocopy"
)

// largestBlock is the most we put into one block even if the peer takes more.
// Deflate looks 32 KiB back: beyond it, length costs memory and gains nothing.
const largestBlock = 1 << 20

// blockSender sends one segment as blocks. Blocks are deflated by workers while
// earlier ones leave; the peer knows where a block belongs by its turn, so they
// leave in order.
//
//	read ─► choose ─┬─ deflate ── workers ──┐
//	                └─ leave                ├─► window, in order ─► connection
//	                   (read when it leaves)┘
type blockSender struct {
	*codec
	conn    *net.TCPConn
	src     *os.File
	size    int64 // of src, announced
	segment Segment
	o       Options
	c       *Counters

	out     blockWriter
	window  []*outgoing
	taken   int64 // of the segment into window, so far
	balance balance
	dropped atomic.Bool
}

// outgoing is a block on its way.
type outgoing struct {
	at, n int64 // in the file
	gear  gear
	held  int64 // of the lookahead

	handed, back  time.Time
	done          <-chan struct{}
	plain, packed *buffer // one of them, when done
	err           error
}

func (e *Engine) sendBlocks(conn *net.TCPConn, src *os.File, size int64, s Segment, o Options, c *Counters) error {
	out := &blockSender{
		codec: &e.codec, conn: conn, src: src, size: size, segment: s, o: o, c: c,
		out: newBlockWriter(conn, o, c), balance: newBalance(time.Now()),
	}
	defer out.drop()
	for out.taken < s.Length || len(out.window) > 0 {
		if err := out.fill(); err != nil {
			return err
		}
		if err := out.sendFirst(); err != nil {
			return err
		}
	}
	return nil
}

// drop waits for the workers that still have blocks of this stream.
func (s *blockSender) drop() {
	s.dropped.Store(true)
	for _, b := range s.window {
		if b.done != nil {
			<-b.done
		}
		s.free(b)
	}
}

func (s *blockSender) free(b *outgoing) {
	s.put(b.plain)
	s.put(b.packed)
	s.o.holding.release(b.held)
}

// fill takes blocks into the window while there is room.
func (s *blockSender) fill() error {
	for most := depth(); s.taken < s.segment.Length && len(s.window) < most; {
		b := &outgoing{at: s.segment.Offset + s.taken, n: min(s.o.holding.block, s.segment.Length-s.taken)}
		b.gear = s.choose(b.n)
		if b.gear != leave {
			if len(s.window) > 0 {
				held := 2 * footprint(b.n)
				if !s.o.holding.reserve(held) {
					return nil
				}
				b.held = held
			}
			if err := s.deflate(b); err != nil {
				s.free(b)
				return err
			}
		}
		s.window = append(s.window, b)
		s.taken += b.n
	}
	return nil
}

// choose weighs a block of n bytes at the end of the window. A limit on the
// rate is a slow connection, whatever the socket shows.
func (s *blockSender) choose(n int64) gear {
	ahead := 0.0
	for _, b := range s.window {
		if b.gear == leave {
			ahead += float64(b.n)
		} else {
			ahead += float64(b.n) * s.balance.ratio
		}
	}
	g := s.balance.choose(n, int64(ahead))
	if s.o.Always || s.o.limited() {
		return max(g, fast)
	}
	return g
}

// deflate reads b and hands it to the workers.
func (s *blockSender) deflate(b *outgoing) error {
	if err := s.read(b); err != nil {
		return err
	}
	b.handed = time.Now()
	b.done = s.run(s.c, &s.dropped, &b.err, func() (err error) {
		if s.o.Always || compressible(b.plain.b) {
			b.packed, err = s.pack(b.gear, b.plain.b)
		}
		if b.packed != nil {
			s.put(b.plain)
			b.plain = nil
		}
		b.back = time.Now()
		return err
	})
	return nil
}

func (s *blockSender) read(b *outgoing) error {
	b.plain = s.get(int(b.n))
	if n, err := s.c.readAt(s.src, b.plain.b, b.at); int64(n) < b.n {
		if errors.Is(err, io.EOF) {
			err = zerocopy.ErrShortSource
		}
		return fmt.Errorf("read %s at %d: %w", s.src.Name(), b.at+int64(n), err)
	}
	return nil
}

// sendFirst sends the first block of the window.
func (s *blockSender) sendFirst() error {
	b := s.window[0]
	if b.done != nil {
		s.c.await(b.done)
		if b.err != nil {
			return fmt.Errorf("deflate %s at %d: %w", s.src.Name(), b.at, b.err)
		}
		if b.packed != nil {
			s.balance.deflated(b.gear, b.n, int64(len(b.packed.b)), b.back.Sub(b.handed))
		}
	}
	if b.at+b.n == s.segment.Offset+s.segment.Length {
		if err := checkSize(s.src, s.size); err != nil {
			return err
		}
	}
	s.observe(0)
	sent, err := s.send(b)
	if err != nil {
		return err
	}
	s.observe(sent)
	s.c.BlockBytes.Add(sent)
	if b.packed != nil {
		s.c.Deflated.Add(b.n)
	} else {
		s.c.Stored.Add(b.n)
	}
	s.window = append(s.window[:0], s.window[1:]...)
	s.free(b)
	return nil
}

func (s *blockSender) observe(handed int64) {
	if info, err := netio.ReadInfo(s.conn); err == nil { // else all is deflated
		info.NotSent = max(info.NotSent, int64(netio.Unsent(s.conn)))
		s.balance.observe(time.Now(), handed, info)
	}
}

// send returns how many bytes b took.
func (s *blockSender) send(b *outgoing) (int64, error) {
	header, data := wire.BlockHeader{Code: wire.BlockStored, Len: int32(b.n)}, b.plain
	if b.packed != nil {
		header, data = wire.BlockHeader{Code: wire.BlockZlib, Len: int32(len(b.packed.b))}, b.packed
	}
	sent := wire.BlockHeaderSize + int64(header.Len)
	if data == nil {
		return sent, s.sendFile(header, b.at)
	}
	return sent, s.out.write(header, data.b)
}

// sendFile sends a block that is left as it is inside the kernel.
func (s *blockSender) sendFile(h wire.BlockHeader, at int64) error {
	if err := s.out.write(h, nil); err != nil {
		return err
	}
	var by zerocopy.Counters // its bytes count as those of a block
	_, err := zerocopy.Send(s.conn, s.src, at, int64(h.Len), s.o.flow(&by))
	s.c.SocketWait.Add(by.SocketWait.Load())
	s.c.FileTime.Add(by.FileTime.Load())
	s.c.FileCPU.Add(by.FileCPU.Load())
	return err
}
