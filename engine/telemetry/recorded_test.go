package telemetry

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"time"
)

// TestRecorded judges transfers that were measured on two processors: over the
// emulated path of bbbench, on loopback and from a throttled disk. Each says in
// its name what held it back, and which side of it the client was.
func TestRecorded(t *testing.T) {
	file, err := os.Open("testdata/recorded.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var one struct {
			Name   string
			Report view
		}
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		t.Run(one.Name, func(t *testing.T) {
			got := judge(one.Report.report())
			if got.Limit != one.Report.Verdict.Limit || got.Share < 0.3 {
				t.Errorf("%+v, want %q", got, one.Report.Verdict.Limit)
			}
		})
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

// report is the way back from the JSON form.
func (v view) report() Report {
	span := func(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }
	r := Report{
		Sending: v.Sending, Loopback: v.Loopback, Elapsed: span(v.Seconds), Ramp: span(v.Ramp), Steady: v.Steady,
		SendFixed: v.SendFixed, RecvFixed: v.RecvFixed, User: span(v.User), System: span(v.System), Cores: v.Cores, Idle: -1,
		Work: Work{
			SocketWait: span(v.SocketWait), FileTime: span(v.File), FileCPU: span(v.FileCPU), LimitWait: span(v.LimitWait),
			Codec: span(v.Codec), CodecWait: span(v.CodecWait), Payload: v.Bytes,
		},
	}
	if v.Idle != nil {
		r.Idle = *v.Idle
	}
	for _, s := range v.Streams {
		r.Streams = append(r.Streams, Stream{
			Congestion: s.Congestion, MSS: s.MSS, RTT: span(s.RTT), MinRTT: span(s.MinRTT), Cwnd: s.Cwnd, MaxCwnd: s.MaxCwnd,
			DeliveryRate: s.DeliveryRate, MaxPacing: s.MaxPacing, Bytes: s.Bytes, SegmentsSent: s.SegmentsSent,
			Retransmits: s.Retransmits, RetransBytes: s.RetransBytes, SegmentsReceived: s.SegmentsReceived, OutOfOrder: s.OutOfOrder,
			Elapsed: span(s.Seconds), Busy: span(s.Busy), RecvLimited: span(s.RecvLimited), BufferLimited: span(s.BufferLimited),
			SendWindow: s.SendWindow, MeanSendWindow: s.MeanSendWindow, RecvWindow: s.RecvWindow, Samples: s.Samples,
		})
	}
	return r
}
