package netio

import (
	"fmt"
	"syscall"
	"time"
)

// Info is the kernel's view of a connection at one moment (TCP_INFO, tcp(7)
// and linux/tcp.h; RFC 4898 has the same notions). Fields the running kernel
// does not know are zero. On systems other than Linux there is none.
type Info struct {
	State      string // RFC 9293 name, "ESTABLISHED"
	Congestion string // algorithm in use, "" if unknown

	RTT    time.Duration // smoothed round-trip time
	RTTVar time.Duration // its mean deviation
	MinRTT time.Duration // least seen lately
	// RecvRTT is the round-trip time as a receiver of data guesses it; one that
	// sends only acknowledgements has RTT from the handshake alone. 0: no guess.
	RecvRTT time.Duration

	MSS        int   // bytes per segment sent
	Cwnd       int   // congestion window, segments
	CwndBytes  int64 // Cwnd × MSS
	Ssthresh   int   // slow-start threshold, segments; 0 while there is none
	SendWindow int64 // bytes the peer is ready to take
	RecvWindow int64 // bytes we are ready to take
	SendScale  int   // the peer's window scale, as a shift (RFC 7323)
	RecvScale  int   // ours, settled in the handshake
	NotSent    int64 // bytes written but not yet sent once

	PacingRate   int64 // bytes/s; 0 if not paced
	MaxPacing    int64 // bytes/s that SO_MAX_PACING_RATE allows; 0: no limit
	DeliveryRate int64 // bytes/s reaching the peer, latest estimate
	AppLimited   bool  // DeliveryRate was held down by the sender having no data

	BytesSent     int64 // payload, retransmissions included
	BytesAcked    int64 // payload the peer has acknowledged
	BytesReceived int64 // payload
	BytesRetrans  int64 // payload sent again

	SegmentsSent     int64 // with payload, those sent again included
	SegmentsReceived int64 // with payload
	OutOfOrder       int64 // of them, after a gap: lost ones came later, or overtook
	Retransmits      int64 // segments sent again since the start
	Lost             int   // segments thought lost at present
	Reordering       int   // segments the path is thought to reorder

	// Where the sending time went: Busy is the total with data to send,
	// RecvWindowLimited and SendBufferLimited are parts of it. The kernel
	// counts in ticks of 1 to 10 ms.
	Busy              time.Duration
	RecvWindowLimited time.Duration // waiting for the peer's window
	SendBufferLimited time.Duration // the send buffer was too small
}

// ReadInfo asks the kernel about a connection. The error is net.ErrClosed
// once the caller has closed it, errors.ErrUnsupported where there is no
// TCP_INFO.
func ReadInfo(conn syscall.Conn) (Info, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return Info{}, fmt.Errorf("read TCP_INFO: %w", err)
	}
	var info Info
	ctlErr := raw.Control(func(fd uintptr) {
		info, err = tcpInfo(int(fd))
	})
	if ctlErr != nil {
		err = ctlErr
	}
	if err != nil {
		return Info{}, fmt.Errorf("read TCP_INFO: %w", err)
	}
	return info, nil
}
