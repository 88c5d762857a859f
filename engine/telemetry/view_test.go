package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestJSON holds the names that scripts and the bench read.
func TestJSON(t *testing.T) {
	r := Report{
		Sending: true, Elapsed: 2 * time.Second, Ramp: 500 * ms, Cores: 2, Idle: 0.25, User: 250 * ms, System: 500 * ms, SendFixed: 65536, Steady: 600,
		Streams: []Stream{{
			Congestion: "bbr", MSS: 1448, RTT: 90 * ms, MinRTT: 80 * ms, Cwnd: 10, MaxCwnd: 20, DeliveryRate: 30, MaxPacing: 35, Bytes: 40,
			SegmentsSent: 50, Retransmits: 3, RetransBytes: 4344, SegmentsReceived: 6, OutOfOrder: 1,
			Elapsed: 2 * time.Second, Busy: 1500 * ms, RecvLimited: 250 * ms, BufferLimited: 125 * ms,
			SendWindow: 60, MeanSendWindow: 55, RecvWindow: 70, Samples: 21,
		}},
		Work: Work{
			SocketWait: 1 * time.Second, FileTime: 750 * ms, FileCPU: 250 * ms, LimitWait: 5 * ms, Codec: 10 * ms, CodecWait: 20 * ms,
			Payload: 1000, Stored: 1, Deflated: 2, BlockBytes: 3,
		},
		Verdict: Verdict{Limit: Link, Share: 0.5, Reason: "why", Advice: "what"},
	}
	const want = `{
 "sending": true,
 "loopback": false,
 "bytes": 1000,
 "seconds": 2,
 "bytes_per_second": 500,
 "verdict": {
  "limit": "link",
  "share": 0.5,
  "reason": "why",
  "advice": "what"
 },
 "retransmits": 3,
 "retransmitted_bytes": 4344,
 "rtt_seconds": 0.09,
 "min_rtt_seconds": 0.08,
 "ramp_seconds": 0.5,
 "steady_bytes_per_second": 600,
 "cpu_seconds": 0.75,
 "user_seconds": 0.25,
 "system_seconds": 0.5,
 "cores": 2,
 "machine_idle": 0.25,
 "socket_wait_seconds": 1,
 "file_seconds": 0.75,
 "file_cpu_seconds": 0.25,
 "disk_wait_seconds": 0.5,
 "limit_wait_seconds": 0.005,
 "codec_seconds": 0.01,
 "codec_wait_seconds": 0.02,
 "send_buffer_bytes": 65536,
 "streams": [
  {
   "bytes": 40,
   "seconds": 2,
   "congestion": "bbr",
   "mss_bytes": 1448,
   "rtt_seconds": 0.09,
   "min_rtt_seconds": 0.08,
   "cwnd_bytes": 10,
   "max_cwnd_bytes": 20,
   "delivery_bytes_per_second": 30,
   "max_pacing_bytes_per_second": 35,
   "segments_sent": 50,
   "retransmits": 3,
   "retransmitted_bytes": 4344,
   "segments_received": 6,
   "segments_out_of_order": 1,
   "busy_seconds": 1.5,
   "rwnd_limited_seconds": 0.25,
   "sndbuf_limited_seconds": 0.125,
   "send_window_bytes": 60,
   "mean_send_window_bytes": 55,
   "recv_window_bytes": 70,
   "samples": 21
  }
 ]
}`
	got, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got %s", got)
	}
	if empty, err := json.Marshal(Report{Idle: -1}); err != nil || strings.Contains(string(empty), "machine_idle") ||
		!strings.Contains(string(empty), `"streams":[]`) {
		t.Errorf("of nothing: %s, %v", empty, err)
	}
}

func TestLog(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	r := Report{
		Elapsed: 2 * time.Second, User: 250 * ms, Streams: []Stream{{MinRTT: 80 * ms, Retransmits: 3}, {MinRTT: 70 * ms, Retransmits: 4}},
		Work: Work{Payload: 1000, SocketWait: time.Second, FileTime: time.Second, FileCPU: 500 * ms}, Verdict: Verdict{Limit: CPU, Share: 0.5, Reason: "why"},
	}
	log.Info("x", "telemetry", r, "verdict", r.Verdict)
	log.Info("y", "telemetry", Report{}, "verdict", Verdict{})
	const want = "level=INFO msg=x telemetry.bytes_per_second=500 telemetry.retransmits=7 telemetry.min_rtt_seconds=0.07 telemetry.cpu_seconds=0.25" +
		" telemetry.socket_wait_seconds=1 telemetry.disk_wait_seconds=0.5 verdict.limit=cpu verdict.share=0.5 verdict.reason=why\n" +
		"level=INFO msg=y\n"
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}
