package selfcheck

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// An echo's round trip is taken between kernels, as ping and NTP do: from before
// the packet is handed to the sender's to when it came in there again (the
// socket's receive stamp), less the time the other end kept it. So the wake-ups
// of two idle programs are not held against the path.
//
//	0        8          16            24
//	| number | sent, ns | held, ns    |      CLOCK_REALTIME, the clock of stamps
const echoSize = 24

// silence is after how long without an echo those that are missing are lost. It is
// waited for in so many parts: a machine that stands still lets one of them pass.
const (
	silence  = 2 * time.Second
	silences = 10
)

func (t task) echo(stop <-chan struct{}, listening func(uint16) error) (done, error) {
	fd, port, err := listen(unix.SOCK_DGRAM, t.Listen)
	if err != nil {
		return done{}, err
	}
	if err := stamped(fd, 100*time.Millisecond); err != nil {
		return done{}, err
	}
	if err := listening(port); err != nil {
		return done{}, err
	}
	runtime.LockOSThread()
	packet, oob := make([]byte, echoSize), make([]byte, 128)
	for !stopped(stop) {
		came, from, err := receiveStamped(fd, packet, oob)
		if errors.Is(err, unix.EAGAIN) {
			continue
		}
		if err != nil {
			return done{}, err
		}
		binary.LittleEndian.PutUint64(packet[16:], uint64(time.Now().UnixNano()-came))
		if err := unix.Sendto(fd, packet, 0, from); err != nil {
			return done{}, fmt.Errorf("sendto: %w", err)
		}
	}
	return done{}, nil
}

func (t task) probe(listening func(uint16) error) (done, error) {
	fd, err := dial(unix.SOCK_DGRAM, t.Target)
	if err != nil {
		return done{}, err
	}
	if err := stamped(fd, silence/silences); err != nil {
		return done{}, err
	}
	if err := listening(0); err != nil {
		return done{}, err
	}
	sending := make(chan error, 1)
	go func() { sending <- t.sendProbes(fd) }()

	runtime.LockOSThread()
	result := done{Sent: t.Packets}
	packet, oob := make([]byte, echoSize), make([]byte, 128)
	for silent := 0; int64(len(result.Trips)) < t.Packets && silent < silences; {
		came, _, err := receiveStamped(fd, packet, oob)
		if errors.Is(err, unix.EAGAIN) {
			silent++
			continue
		}
		if err != nil {
			return done{}, err
		}
		silent = 0
		sent := int64(binary.LittleEndian.Uint64(packet[8:]))
		held := int64(binary.LittleEndian.Uint64(packet[16:]))
		result.Trips = append(result.Trips, time.Duration(came-sent-held))
	}
	if err := <-sending; err != nil {
		return done{}, err
	}
	result.Lost = int(t.Packets) - len(result.Trips)
	slices.Sort(result.Trips)
	return result, nil
}

func (t task) sendProbes(fd int) error {
	runtime.LockOSThread()
	if err := exactSleep(); err != nil {
		return err
	}
	packet := make([]byte, echoSize)
	for n := range uint64(t.Packets) {
		binary.LittleEndian.PutUint64(packet, n)
		binary.LittleEndian.PutUint64(packet[8:], uint64(time.Now().UnixNano()))
		if _, err := unix.Write(fd, packet); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		nap(t.Interval)
	}
	return nil
}

// stamped asks for the time each packet came in at and limits waits.
func stamped(fd int, wait time.Duration) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return fmt.Errorf("set SO_TIMESTAMPNS: %w", err)
	}
	return limitWait(fd, wait)
}

// receiveStamped reads one packet and when it came, in ns of CLOCK_REALTIME.
func receiveStamped(fd int, packet, oob []byte) (came int64, from unix.Sockaddr, err error) {
	n, oobn, _, from, err := unix.Recvmsg(fd, packet, oob, 0)
	for errors.Is(err, unix.EINTR) {
		n, oobn, _, from, err = unix.Recvmsg(fd, packet, oob, 0)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("recvmsg: %w", err)
	}
	if n != len(packet) {
		return 0, nil, fmt.Errorf("a packet of %d bytes came, want %d", n, len(packet))
	}
	header, data, _, err := unix.ParseOneSocketControlMessage(oob[:oobn])
	if err != nil {
		return 0, nil, fmt.Errorf("read a packet's receive stamp: %w", err)
	}
	if header.Type != unix.SO_TIMESTAMPNS {
		return 0, nil, errors.New("packet without a receive stamp")
	}
	return nanoseconds(data), from, nil
}

// nanoseconds reads a timespec, whose fields are as wide as a word here.
func nanoseconds(timespec []byte) int64 {
	if len(timespec) == 8 {
		return int64(int32(binary.NativeEndian.Uint32(timespec)))*1e9 + int64(int32(binary.NativeEndian.Uint32(timespec[4:])))
	}
	return int64(binary.NativeEndian.Uint64(timespec))*1e9 + int64(binary.NativeEndian.Uint64(timespec[8:]))
}
