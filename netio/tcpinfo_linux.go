package netio

import (
	"encoding/binary"
	"math"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// states are the kernel's numbers (net/tcp_states.h) in the names of RFC 9293.
var states = [...]string{
	1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1",
	5: "FIN-WAIT-2", 6: "TIME-WAIT", 7: "CLOSED", 8: "CLOSE-WAIT",
	9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN-RECEIVED",
}

func tcpInfo(fd int) (Info, error) {
	k, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return Info{}, err
	}
	congestion, err := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	if err != nil {
		return Info{}, err
	}
	info := Info{
		Congestion: strings.TrimRight(congestion, "\x00"),

		RTT:    microseconds(k.Rtt),
		RTTVar: microseconds(k.Rttvar),
		MinRTT: microseconds(k.Min_rtt),

		RecvRTT: microseconds(k.Rcv_rtt),

		MSS:        int(k.Snd_mss),
		Cwnd:       int(k.Snd_cwnd),
		CwndBytes:  int64(k.Snd_cwnd) * int64(k.Snd_mss),
		Ssthresh:   int(k.Snd_ssthresh),
		SendWindow: int64(k.Snd_wnd),
		RecvWindow: int64(k.Rcv_wnd),
		NotSent:    int64(k.Notsent_bytes),

		PacingRate:   int64(k.Pacing_rate),
		MaxPacing:    int64(k.Max_pacing_rate),
		DeliveryRate: int64(k.Delivery_rate),

		BytesSent:     int64(k.Bytes_sent),
		BytesAcked:    int64(k.Bytes_acked),
		BytesReceived: int64(k.Bytes_received),
		BytesRetrans:  int64(k.Bytes_retrans),

		SegmentsSent:     int64(k.Data_segs_out),
		SegmentsReceived: int64(k.Data_segs_in),
		OutOfOrder:       int64(k.Rcv_ooopack),
		Retransmits:      int64(k.Total_retrans),
		Lost:             int(k.Lost),
		Reordering:       int(k.Reordering),

		Busy:              microseconds(k.Busy_time),
		RecvWindowLimited: microseconds(k.Rwnd_limited),
		SendBufferLimited: microseconds(k.Sndbuf_limited),
	}
	info.SendScale, info.RecvScale, info.AppLimited = bitFields(k)
	if int(k.State) < len(states) {
		info.State = states[k.State]
	}
	// The kernel writes "none yet" as the largest number.
	if k.Snd_ssthresh >= math.MaxInt32 {
		info.Ssthresh = 0
	}
	if k.Min_rtt == math.MaxUint32 {
		info.MinRTT = 0
	}
	if k.Pacing_rate == math.MaxUint64 {
		info.PacingRate = 0
	}
	if k.Max_pacing_rate >= unlimited { // Spread sets one too
		info.MaxPacing = 0
	}
	return info, nil
}

// bitFields reads what lies in bytes 6 and 7 of struct tcp_info. They are C
// bit-fields, which x/sys leaves out as padding; a compiler begins them at
// the low bit on little-endian machines and at the high bit on the others.
func bitFields(k *unix.TCPInfo) (sendScale, recvScale int, appLimited bool) {
	b := (*[8]byte)(unsafe.Pointer(k))
	low, high := int(b[6]&0x0f), int(b[6]>>4)
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return low, high, b[7]&0x01 != 0
	}
	return high, low, b[7]&0x80 != 0
}

func microseconds[N uint32 | uint64](n N) time.Duration {
	return time.Duration(n) * time.Microsecond
}
