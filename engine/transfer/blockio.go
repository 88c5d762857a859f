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
	"bbftp/netio/zerocopy"
)

// blockWriter writes blocks. A peer that takes some of one is slow, not idle.
type blockWriter struct {
	conn    *net.TCPConn
	o       Options
	c       *Counters
	trickle zerocopy.Trickle
}

func newBlockWriter(conn *net.TCPConn, o Options, c *Counters) blockWriter {
	return blockWriter{conn: conn, o: o, c: c, trickle: o.trickle()}
}

// write hands header and data to the kernel in one writev, or in the pieces of
// a limit.
func (w *blockWriter) write(h wire.BlockHeader, data []byte) error {
	header := h.Append(nil)
	for {
		piece := data[:w.o.most(int64(len(data)))]
		data = data[len(piece):]
		n := int64(len(header) + len(piece))
		if err := w.send(net.Buffers{header, piece}); err != nil {
			return fmt.Errorf("write block: %w", err)
		}
		if err := w.o.wait(n); err != nil || len(data) == 0 {
			return err
		}
		header = nil
	}
}

func (w *blockWriter) send(buffers net.Buffers) error {
	for len(buffers) > 0 {
		began := time.Now()
		if err := w.conn.SetWriteDeadline(began.Add(w.o.Idle)); err != nil {
			return err
		}
		n, err := buffers.WriteTo(w.conn)
		waited := time.Since(began)
		w.c.SocketWait.Add(int64(waited))
		if err != nil && (n == 0 || !errors.Is(err, os.ErrDeadlineExceeded)) {
			return err
		}
		if err := w.trickle.Moved(n, waited); err != nil {
			return err
		}
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

// patientReader bounds each read, not the whole block, by the idle limit, and
// keeps the pace.
type patientReader struct {
	conn    *net.TCPConn
	o       Options
	c       *Counters
	trickle zerocopy.Trickle
	stopped atomic.Bool
}

func newPatientReader(conn *net.TCPConn, o Options, c *Counters) *patientReader {
	return &patientReader{conn: conn, o: o, c: c, trickle: o.trickle()}
}

func (r *patientReader) Read(b []byte) (int, error) {
	b = b[:r.o.most(int64(len(b)))]
	began := time.Now()
	if err := r.conn.SetReadDeadline(began.Add(r.o.Idle)); err != nil {
		return 0, err
	}
	if r.stopped.Load() { // looked at after the deadline was set: stop sets its own later
		return 0, os.ErrDeadlineExceeded
	}
	n, err := r.conn.Read(b)
	waited := time.Since(began)
	r.c.SocketWait.Add(int64(waited))
	if err == nil {
		err = r.trickle.Moved(int64(n), waited)
	}
	if err == nil {
		err = r.o.wait(int64(n))
	}
	return n, err
}

// stop ends the read that may be going on, and all that follow.
func (r *patientReader) stop() {
	r.stopped.Store(true)
	_ = r.conn.SetReadDeadline(time.Now()) // fails where it is closed, and done with, anyway
}
