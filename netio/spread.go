package netio

import (
	"math"
	"net"
	"strings"
	"time"
)

// Spread has TCP space the packets of what conn sends over the round trip,
// without any limit to the rate: where several connections fill one path, bursts
// of the one delay the acknowledgements of the other, whose slow start then ends
// at a fraction of its share (HyStart, RFC 9406), to which cubic and reno need
// minutes to get back. On short paths, where a timer costs more than the burst,
// and with bbr, which paces itself, it does nothing; nor where conn is paced
// already, or the kernel can't.
func Spread(conn *net.TCPConn) {
	info, err := ReadInfo(conn)
	if err != nil || !info.bursts() {
		return
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		if own, err := pacing(int(fd)); err == nil && own == 0 {
			_ = setPacing(int(fd), unlimited)
		}
	})
}

// bursts tells whether the connection sends bursts that matter.
func (i Info) bursts() bool {
	return i.MinRTT >= spreadFrom && !strings.HasPrefix(i.Congestion, "bbr")
}

const (
	// spreadFrom is the round-trip time below which windows are so small that
	// queues take their bursts.
	spreadFrom = time.Millisecond
	// unlimited is a rate in bytes per second that no path has, for which the
	// kernel paces all the same.
	unlimited = math.MaxInt64
)
