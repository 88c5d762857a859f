package wan

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// deliver hands over what is due, at most a burst, and reports whether there
// may be more.
func (l *link) deliver() (more bool, err error) {
	now := l.now()
	for range burstDeliver {
		p := l.oldest()
		if p == nil || p.due > now {
			return false, nil
		}
		errno := l.write(p)
		now = l.now()
		switch errno {
		case 0:
			l.watch.delivered(now-p.due, int64(p.many))
			l.arrived(p)
		case unix.EAGAIN:
			l.blocked = true
			return false, nil
		case unix.EINTR:
		case unix.EBADF, unix.EBADFD, unix.ENODEV:
			return false, fmt.Errorf("wan: write to %s: %w", l.to.name, errno)
		default: // this packet's fault, or memory is short
			l.watch.failed = errno
			l.refused(p)
		}
		l.blocked = false
		l.pace.count(now)
	}
	return true, nil
}

// write hands a piece to the receiving host: its frame as it is, or the part of
// it with headers of its own.
func (l *link) write(p *piece) unix.Errno {
	frame := l.frame(p)
	if p.many == p.count {
		if p.count > 1 {
			binary.NativeEndian.PutUint16(frame[virtioHdrLen:], uint16(p.payload-virtioHeaderLen))
		}
		l.address(frame)
		_, _, err := unix.RawSyscall(unix.SYS_WRITE, uintptr(l.to.fd), uintptr(unsafe.Pointer(&frame[0])), uintptr(len(frame)))
		return err
	}
	n := p.header(l.headers[:], frame, p.first, p.many)
	l.address(l.headers[:n])
	payload := frame[p.cut(p.first):p.cut(p.first+p.many)]
	l.vector[0].Base, l.vector[1].Base = &l.headers[0], &payload[0]
	l.vector[0].SetLen(n)
	l.vector[1].SetLen(len(payload))
	_, _, err := unix.RawSyscall(unix.SYS_WRITEV, uintptr(l.to.fd), uintptr(unsafe.Pointer(&l.vector[0])), 2)
	return err
}

// address writes the link-layer header.
func (l *link) address(frame []byte) {
	if l.course.link == 0 {
		return
	}
	header := frame[virtioHeaderLen : virtioHeaderLen+l.course.link]
	copy(header, l.to.header)
	if n := len(header); n >= 2 { // Ethernet: its last field is the protocol
		header[n-2], header[n-1] = 0x08, 0x00
		if frame[virtioHeaderLen+n]>>4 == 6 {
			header[n-2], header[n-1] = 0x86, 0xdd
		}
	}
}
