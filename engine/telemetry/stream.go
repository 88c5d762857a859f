package telemetry

import (
	"net"
	"time"

	"bbftp/netio"
)

// watched is a stream and what its samples came to.
type watched struct {
	conn *net.TCPConn // nil once done
	Stream
	acked int64 // at the first sample: the handshake may count for a byte
	// Sums over the samples after the first, which knows but the handshake.
	rtt    time.Duration
	window int64
}

// sample reads the stream, if it is still open: the owner of a failed transfer
// closes its streams under us, and what was read before is what is known.
func (w *watched) sample(sending bool) {
	if w.conn == nil {
		return
	}
	info, err := netio.ReadInfo(w.conn)
	if err != nil {
		w.conn = nil
		return
	}
	w.add(info, sending)
}

func (w *watched) add(info netio.Info, sending bool) {
	if w.Samples == 0 {
		w.Congestion, w.acked = info.Congestion, info.BytesAcked
		w.RTT, w.MeanSendWindow = info.RTT, info.SendWindow
	} else {
		w.rtt += info.RTT
		w.window += info.SendWindow
		w.RTT = w.rtt / time.Duration(w.Samples)
		w.MeanSendWindow = w.window / int64(w.Samples)
	}
	w.Samples++

	if w.MinRTT == 0 || info.MinRTT > 0 && info.MinRTT < w.MinRTT {
		w.MinRTT = info.MinRTT
	}
	w.MSS, w.Cwnd, w.MaxPacing = info.MSS, info.CwndBytes, info.MaxPacing
	w.MaxCwnd = max(w.MaxCwnd, info.CwndBytes)
	w.SendWindow = max(w.SendWindow, info.SendWindow)
	w.RecvWindow = max(w.RecvWindow, info.RecvWindow)
	if !info.AppLimited {
		w.DeliveryRate = max(w.DeliveryRate, info.DeliveryRate)
	}
	w.Bytes = info.BytesReceived
	if sending {
		w.Bytes = info.BytesAcked - w.acked
	}
	w.SegmentsSent, w.Retransmits, w.RetransBytes = info.SegmentsSent, info.Retransmits, info.BytesRetrans
	w.SegmentsReceived, w.OutOfOrder = info.SegmentsReceived, info.OutOfOrder
	w.Busy, w.RecvLimited, w.BufferLimited = info.Busy, info.RecvWindowLimited, info.SendBufferLimited
}

// done takes the last sample, so long after the start of the transfer.
func (w *watched) done(sending bool, after time.Duration) {
	if w.Elapsed > 0 {
		return
	}
	w.sample(sending)
	w.Elapsed, w.conn = after, nil
}
