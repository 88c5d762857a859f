package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio"
	"bbftp/netio/zerocopy"
)

// sendAck tells the sender that its segment is in the file (wire.md 6.4).
func sendAck(conn *net.TCPConn, limit time.Duration) error {
	if err := conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if _, err := conn.Write(wire.AppendAck(nil)); err != nil {
		return fmt.Errorf("write ACK: %w", err)
	}
	return nil
}

// awaitAck waits for the receiver's ACK. The limit counts only while nothing
// moves, or next to nothing: on a slow path megabytes may still stand in the send
// buffer when the last byte of the segment was handed to the kernel.
func awaitAck(conn *net.TCPConn, o Options) error {
	limit := o.AckWait
	least := int64(float64(max(o.Floor, 0)) * float64(limit) / float64(2*o.Idle))
	var b [wire.HeaderSize]byte
	queued := netio.SendQueue(conn)
	got := 0
	for got < len(b) {
		if err := conn.SetReadDeadline(time.Now().Add(limit)); err != nil {
			return err
		}
		n, err := conn.Read(b[got:])
		got += n
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded):
			left := netio.SendQueue(conn)
			switch {
			case left >= queued:
				return fmt.Errorf("wait for ACK: no answer in %v: %w", limit, err)
			case left > 0 && int64(queued-left) < least:
				return fmt.Errorf("wait for ACK: %w: %d bytes in %v", zerocopy.ErrTrickle, queued-left, limit)
			}
			queued = left
		case errors.Is(err, io.EOF):
			return fmt.Errorf("wait for ACK: %w", io.ErrUnexpectedEOF)
		default:
			return fmt.Errorf("wait for ACK: %w", err)
		}
	}
	return wire.ReadAck(bytes.NewReader(b[:]))
}

// unread tells whether bytes stand in conn's receive buffer. What arrives
// later can't be caught without a round trip that the protocol does not have.
func unread(conn *net.TCPConn) bool { return netio.ReceiveQueue(conn) > 0 }
