package telemetry

import (
	"encoding/json"
	"log/slog"
	"time"
)

// MarshalJSON gives the names that every program prints. How the payload
// travelled stands beside it, in the transfer's paths.
func (r Report) MarshalJSON() ([]byte, error) { return json.Marshal(r.view()) }

// view is the JSON form: seconds, bytes, bytes per second. What is not known is
// left out.
type view struct {
	Sending        bool         `json:"sending"`
	Loopback       bool         `json:"loopback"`
	Bytes          int64        `json:"bytes"`
	Seconds        float64      `json:"seconds"`
	BytesPerSecond int64        `json:"bytes_per_second"`
	Verdict        Verdict      `json:"verdict"`
	Retransmits    int64        `json:"retransmits"`
	RetransBytes   int64        `json:"retransmitted_bytes"`
	RTT            float64      `json:"rtt_seconds"`
	MinRTT         float64      `json:"min_rtt_seconds"`
	Ramp           float64      `json:"ramp_seconds"`
	Steady         int64        `json:"steady_bytes_per_second"`
	CPU            float64      `json:"cpu_seconds"`
	User           float64      `json:"user_seconds"`
	System         float64      `json:"system_seconds"`
	Cores          int          `json:"cores"`
	Idle           *float64     `json:"machine_idle,omitempty"`
	SocketWait     float64      `json:"socket_wait_seconds"`
	File           float64      `json:"file_seconds"`
	FileCPU        float64      `json:"file_cpu_seconds"`
	DiskWait       float64      `json:"disk_wait_seconds"`
	LimitWait      float64      `json:"limit_wait_seconds"`
	Codec          float64      `json:"codec_seconds"`
	CodecWait      float64      `json:"codec_wait_seconds"`
	SendFixed      int          `json:"send_buffer_bytes,omitempty"`
	RecvFixed      int          `json:"recv_buffer_bytes,omitempty"`
	Streams        []streamView `json:"streams"`
	Crash          string       `json:"crash,omitempty"`
}

type streamView struct {
	Bytes            int64   `json:"bytes"`
	Seconds          float64 `json:"seconds"`
	Congestion       string  `json:"congestion,omitempty"`
	MSS              int     `json:"mss_bytes"`
	RTT              float64 `json:"rtt_seconds"`
	MinRTT           float64 `json:"min_rtt_seconds"`
	Cwnd             int64   `json:"cwnd_bytes"`
	MaxCwnd          int64   `json:"max_cwnd_bytes"`
	DeliveryRate     int64   `json:"delivery_bytes_per_second"`
	MaxPacing        int64   `json:"max_pacing_bytes_per_second,omitempty"`
	SegmentsSent     int64   `json:"segments_sent"`
	Retransmits      int64   `json:"retransmits"`
	RetransBytes     int64   `json:"retransmitted_bytes"`
	SegmentsReceived int64   `json:"segments_received"`
	OutOfOrder       int64   `json:"segments_out_of_order"`
	Busy             float64 `json:"busy_seconds"`
	RecvLimited      float64 `json:"rwnd_limited_seconds"`
	BufferLimited    float64 `json:"sndbuf_limited_seconds"`
	SendWindow       int64   `json:"send_window_bytes"`
	MeanSendWindow   int64   `json:"mean_send_window_bytes"`
	RecvWindow       int64   `json:"recv_window_bytes"`
	Samples          int     `json:"samples"`
}

func (r Report) view() view {
	v := view{
		Crash:   r.Crash,
		Sending: r.Sending, Loopback: r.Loopback, Bytes: r.Payload, Seconds: r.Elapsed.Seconds(), BytesPerSecond: r.Rate(),
		Verdict: r.Verdict, Retransmits: r.Retransmits(),
		MinRTT: r.MinRTT().Seconds(), Ramp: r.Ramp.Seconds(), Steady: r.Steady,
		CPU: r.CPU().Seconds(), User: r.User.Seconds(), System: r.System.Seconds(), Cores: r.Cores,
		SocketWait: r.SocketWait.Seconds(), File: r.FileTime.Seconds(), FileCPU: r.FileCPU.Seconds(),
		DiskWait: r.DiskWait().Seconds(), LimitWait: r.LimitWait.Seconds(),
		Codec: r.Codec.Seconds(), CodecWait: r.CodecWait.Seconds(),
		SendFixed: r.SendFixed, RecvFixed: r.RecvFixed,
		Streams: make([]streamView, 0, len(r.Streams)),
	}
	if r.Idle >= 0 {
		v.Idle = &r.Idle
	}
	var rtt time.Duration
	for _, s := range r.Streams {
		v.RetransBytes += s.RetransBytes
		rtt += s.RTT
		v.Streams = append(v.Streams, s.view())
	}
	if n := len(r.Streams); n > 0 {
		v.RTT = (rtt / time.Duration(n)).Seconds()
	}
	return v
}

func (s Stream) view() streamView {
	return streamView{
		Bytes: s.Bytes, Seconds: s.Elapsed.Seconds(), Congestion: s.Congestion, MSS: s.MSS,
		RTT: s.RTT.Seconds(), MinRTT: s.MinRTT.Seconds(), Cwnd: s.Cwnd, MaxCwnd: s.MaxCwnd,
		DeliveryRate: s.DeliveryRate, MaxPacing: s.MaxPacing,
		SegmentsSent: s.SegmentsSent, Retransmits: s.Retransmits, RetransBytes: s.RetransBytes,
		SegmentsReceived: s.SegmentsReceived, OutOfOrder: s.OutOfOrder,
		Busy: s.Busy.Seconds(), RecvLimited: s.RecvLimited.Seconds(), BufferLimited: s.BufferLimited.Seconds(),
		SendWindow: s.SendWindow, MeanSendWindow: s.MeanSendWindow, RecvWindow: s.RecvWindow, Samples: s.Samples,
	}
}

// Rate is the goodput in bytes of the file per second, 0 if it took no time.
func (r Report) Rate() int64 { return perSecond(r.Payload, r.Elapsed) }

// CPU is the processor time of the whole process meanwhile.
func (r Report) CPU() time.Duration { return r.User + r.System }

// Retransmits is the number of segments that all streams sent again.
func (r Report) Retransmits() int64 {
	var n int64
	for _, s := range r.Streams {
		n += s.Retransmits
	}
	return n
}

// MinRTT is the least round-trip time of any stream, 0 if none is known.
func (r Report) MinRTT() time.Duration {
	var least time.Duration
	for _, s := range r.Streams {
		if least == 0 || s.MinRTT > 0 && s.MinRTT < least {
			least = s.MinRTT
		}
	}
	return least
}

// LogValue is a group of the figures that tell transfers apart, by the names of
// the JSON form; empty if nothing was recorded.
func (r Report) LogValue() slog.Value {
	if r.Elapsed <= 0 {
		return slog.GroupValue()
	}
	return slog.GroupValue(
		slog.Int64("bytes_per_second", r.Rate()),
		slog.Int64("retransmits", r.Retransmits()),
		slog.Float64("min_rtt_seconds", r.MinRTT().Seconds()),
		slog.Float64("cpu_seconds", r.CPU().Seconds()),
		slog.Float64("socket_wait_seconds", r.SocketWait.Seconds()),
		slog.Float64("disk_wait_seconds", r.DiskWait().Seconds()),
	)
}

// LogValue is a group by the names of the JSON form; empty if nothing is known.
func (v Verdict) LogValue() slog.Value {
	if v.Limit == Unknown {
		return slog.GroupValue()
	}
	attrs := []slog.Attr{slog.String("limit", string(v.Limit)), slog.Float64("share", v.Share), slog.String("reason", v.Reason)}
	if v.Advice != "" {
		attrs = append(attrs, slog.String("advice", v.Advice))
	}
	return slog.GroupValue(attrs...)
}
