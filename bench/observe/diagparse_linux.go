package observe

import (
	"encoding/binary"
	"errors"
	"syscall"
	"time"
)

// message is one of netlink (linux/netlink.h).
type message struct {
	kind     uint16
	sequence uint32
	body     []byte
}

var errShort = errors.New("sock_diag: answer cut short")

func nextMessage(data []byte) (m message, rest []byte, err error) {
	if len(data) < syscall.NLMSG_HDRLEN {
		return m, nil, errShort
	}
	size := int64(binary.NativeEndian.Uint32(data))
	if size < syscall.NLMSG_HDRLEN || size > int64(len(data)) {
		return m, nil, errShort
	}
	m = message{
		kind:     binary.NativeEndian.Uint16(data[4:]),
		sequence: binary.NativeEndian.Uint32(data[8:]),
		body:     data[syscall.NLMSG_HDRLEN:size],
	}
	return m, data[min(aligned(int(size)), len(data)):], nil
}

// aligned is the place of what follows so many bytes.
func aligned(n int) int { return (n + 3) &^ 3 }

// failure is the error that a message of kind NLMSG_ERROR has.
func (m message) failure() error {
	if len(m.body) < 4 {
		return errShort
	}
	return syscall.Errno(-int32(binary.NativeEndian.Uint32(m.body)))
}

// parseSocket reads a struct inet_diag_msg and the attributes behind it. It is
// not ok if there is no TCP_INFO among them.
func parseSocket(body []byte) (id identity, f figures, ok bool) {
	if len(body) < sizeMessage {
		return id, f, false
	}
	id.family = body[0]
	copy(id.id[:], body[4:])
	for rest := body[sizeMessage:]; len(rest) >= 4; {
		size := int(binary.NativeEndian.Uint16(rest))
		if size < 4 || size > len(rest) {
			break
		}
		if binary.NativeEndian.Uint16(rest[2:]) == attrInfo {
			return id, parseInfo(rest[4:size]), true
		}
		rest = rest[min(aligned(size), len(rest)):]
	}
	return id, f, false
}

// parseInfo reads struct tcp_info (linux/tcp.h). It grew over the years: what
// an older kernel does not have is 0.
func parseInfo(info []byte) figures {
	u32 := func(at int) int64 {
		if len(info) < at+4 {
			return 0
		}
		return int64(binary.NativeEndian.Uint32(info[at:]))
	}
	u64 := func(at int) int64 {
		if len(info) < at+8 {
			return 0
		}
		return int64(binary.NativeEndian.Uint64(info[at:]))
	}
	microseconds := func(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
	return figures{
		cwnd:      u32(80) * u32(16), // tcpi_snd_cwnd × tcpi_snd_mss
		rtt:       microseconds(u32(68)),
		retrans:   u32(100), // tcpi_total_retrans
		acked:     u64(120),
		received:  u64(128),
		delivery:  u64(160) * 8,
		busy:      microseconds(u64(168)),
		rwndLimit: microseconds(u64(176)),
		bufLimit:  microseconds(u64(184)),
	}
}
