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
)

// writeBlock hands header and data to the kernel in one writev.
func writeBlock(conn *net.TCPConn, h wire.BlockHeader, data []byte, idle time.Duration) error {
	buffers := net.Buffers{h.Append(nil), data}
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

// shortened names an end of stream for what it is here: never a clean one.
func shortened(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// patientReader bounds each read, not the whole block, by the idle limit.
type patientReader struct {
	conn    *net.TCPConn
	idle    time.Duration
	c       *Counters
	stopped atomic.Bool
}

func (r *patientReader) Read(b []byte) (int, error) {
	began := time.Now()
	if err := r.conn.SetReadDeadline(began.Add(r.idle)); err != nil {
		return 0, err
	}
	if r.stopped.Load() { // looked at after the deadline was set: stop sets its own later
		return 0, os.ErrDeadlineExceeded
	}
	n, err := r.conn.Read(b)
	r.c.SocketWait.Add(int64(time.Since(began)))
	return n, err
}

// stop ends the read that may be going on, and all that follow.
func (r *patientReader) stop() {
	r.stopped.Store(true)
	_ = r.conn.SetReadDeadline(time.Now()) // fails where it is closed, and done with, anyway
}
