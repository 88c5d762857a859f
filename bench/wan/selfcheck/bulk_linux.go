package selfcheck

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// On two cores the ends must cost little beside the emulator: the sender hands
// over pages of a file, the receiver throws away without copying.

// chunk is what one call sends or receives at most, in bytes.
const chunk = 1 << 20

func (t task) sink(listening func(uint16) error) (done, error) {
	fd, port, err := listen(unix.SOCK_STREAM, t.Listen)
	if err != nil {
		return done{}, err
	}
	if err := unix.Listen(fd, t.Streams); err != nil {
		return done{}, fmt.Errorf("listen: %w", err)
	}
	if err := limitWait(fd, patience); err != nil {
		return done{}, err
	}
	if err := listening(port); err != nil {
		return done{}, err
	}
	var total atomic.Int64
	for range t.Streams {
		conn, _, err := unix.Accept4(fd, unix.SOCK_CLOEXEC)
		if err != nil {
			return done{}, fmt.Errorf("accept: %w", err)
		}
		go t.discard(conn, &total)
	}
	time.Sleep(t.Skip)
	began, before := time.Now(), total.Load()
	time.Sleep(t.Window)
	span, bytes := time.Since(began), total.Load()-before
	return done{Bytes: bytes, Span: span}, nil
}

// discard counts what comes until the stream ends.
func (t task) discard(fd int, total *atomic.Int64) {
	runtime.LockOSThread()
	_ = exactSleep() // else it reads more at a time
	// MSG_TRUNC drops bytes in the kernel (tcp(7)): the buffer is never touched.
	room := make([]byte, chunk)
	for {
		n, _, err := unix.Recvfrom(fd, room, unix.MSG_TRUNC)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil || n == 0:
			return
		default:
			total.Add(int64(n))
			nap(t.Pause)
		}
	}
}

func (t task) bulk(listening func(uint16) error) (done, error) {
	file, err := unix.MemfdCreate("bulk", unix.MFD_CLOEXEC)
	if err != nil {
		return done{}, fmt.Errorf("memfd_create: %w", err)
	}
	if _, err := unix.Pwrite(file, make([]byte, chunk), 0); err != nil {
		return done{}, fmt.Errorf("fill the file to send: %w", err)
	}
	if err := listening(0); err != nil {
		return done{}, err
	}
	ends := make(chan error, t.Streams)
	for range t.Streams {
		conn, err := dial(unix.SOCK_STREAM, t.Target)
		if err != nil {
			return done{}, err
		}
		// What is under way when the end comes dies with the socket. An orphan
		// would keep it, for minutes, in the memory all the machine's TCP shares.
		if err := unix.SetsockoptLinger(conn, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
			return done{}, fmt.Errorf("set SO_LINGER: %w", err)
		}
		go func() { ends <- t.pour(conn, file) }()
	}
	for range t.Streams {
		if err := <-ends; err != nil {
			return done{}, err
		}
	}
	return done{}, nil
}

// pour sends the file over and over until the receiver hangs up.
func (t task) pour(conn, file int) error {
	runtime.LockOSThread()
	if err := exactSleep(); err != nil {
		return err
	}
	for {
		room := int64(chunk)
		if t.InFlight > 0 {
			queued, err := unix.IoctlGetInt(conn, unix.SIOCOUTQ) // not acknowledged yet (tcp(7))
			if err != nil {
				return fmt.Errorf("ioctl SIOCOUTQ: %w", err)
			}
			if room = min(room, t.InFlight-int64(queued)); room <= 0 {
				nap(t.Pause)
				continue
			}
		}
		var from int64
		_, err := unix.Sendfile(conn, file, &from, int(room))
		switch {
		case errors.Is(err, unix.EPIPE), errors.Is(err, unix.ECONNRESET):
			return nil
		case err != nil && !errors.Is(err, unix.EINTR):
			return fmt.Errorf("sendfile: %w", err)
		}
	}
}
