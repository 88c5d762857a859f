package selfcheck

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"bbftp/bench/wan"
)

// headers are those of IPv4 and UDP.
const headers = 20 + 8

// breath is how long a flood waits between bursts. Short against any queue: what
// drains meanwhile is missing in it.
const breath = 100 * time.Microsecond

// burst is how many packets are sent in a row at most: a thread that was kept
// from running has to catch up, but the device's ring is not endless.
const burst = 4096

func (t task) flood(stop <-chan struct{}, listening func(uint16) error) (done, error) {
	fd, err := dial(unix.SOCK_DGRAM, t.Target)
	if err != nil {
		return done{}, err
	}
	runtime.LockOSThread()
	if err := exactSleep(); err != nil {
		return done{}, err
	}
	if err := listening(0); err != nil {
		return done{}, err
	}
	packet := make([]byte, wan.MTU-headers)
	var sent int64
	for began := time.Now(); !stopped(stop); nap(breath) {
		due := int64(time.Since(began).Seconds() * float64(t.Rate) / 8 / wan.MTU)
		for range min(due-sent, burst) {
			if t.Packets > 0 && sent == t.Packets {
				return done{Sent: sent}, nil
			}
			binary.LittleEndian.PutUint64(packet, uint64(sent))
			if _, err := unix.Write(fd, packet); err != nil {
				return done{}, fmt.Errorf("write: %w", err)
			}
			sent++
		}
	}
	return done{Sent: sent}, nil
}

func (t task) count(stop <-chan struct{}, listening func(uint16) error) (done, error) {
	fd, port, err := listen(unix.SOCK_DGRAM, t.Listen)
	if err != nil {
		return done{}, err
	}
	// The more room, the less is lost when this process has to wait for a core;
	// without the right to force it the system's limit holds.
	const room = 64 << 20
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, room) != nil {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, room); err != nil {
			return done{}, fmt.Errorf("set SO_RCVBUF: %w", err)
		}
	}
	if err := limitWait(fd, 100*time.Millisecond); err != nil {
		return done{}, err
	}
	if err := listening(port); err != nil {
		return done{}, err
	}
	var result done
	next := uint64(0)
	number := make([]byte, 8) // the rest of each packet is dropped
	for {
		switch _, err := unix.Read(fd, number); {
		case errors.Is(err, unix.EAGAIN):
			if stopped(stop) {
				result.Overflowed, err = overflowed(fd)
				return result, err
			}
			continue
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return done{}, fmt.Errorf("read: %w", err)
		}
		result.Received++
		if n := binary.LittleEndian.Uint64(number); n < next {
			result.Disordered++
		} else {
			next = n + 1
		}
	}
}
