package telemetry

import (
	"testing"
	"time"
)

const (
	ms  = time.Millisecond
	kiB = 1 << 10
	miB = 1 << 20
)

// sender is a report of n streams that sent for 10 s at bytes per second and
// waited for their connections all the time.
func sender(n int, rate int64, one Stream) Report {
	const seconds = 10
	r := Report{Sending: true, Elapsed: seconds * time.Second, Cores: 8, Idle: 0.9}
	one.Elapsed = r.Elapsed
	one.Bytes = rate * seconds / int64(n)
	one.MSS, one.Samples = 1448, 101
	one.SegmentsSent = one.Bytes/1448 + one.Retransmits
	one.SendWindow = max(one.SendWindow, one.MeanSendWindow)
	for range n {
		r.Streams = append(r.Streams, one)
	}
	r.Payload = rate * seconds
	r.SocketWait = time.Duration(n) * r.Elapsed
	r.User, r.System = 100*ms, 400*ms
	return r
}

// receiver is the other side of sender.
func receiver(n int, rate int64, one Stream) Report {
	r := sender(n, rate, one)
	r.Sending = false
	for i := range r.Streams {
		s := &r.Streams[i]
		s.SegmentsReceived, s.SegmentsSent = s.SegmentsSent, 0
	}
	return r
}

// A judgement is a case of judge.
type judgement struct {
	name   string
	report Report
	limit  Limit
	share  float64
	advice string
}

func (j judgement) check(t *testing.T) {
	got := judge(j.report)
	if got.Limit != j.limit || got.Advice != j.advice || got.Share < j.share-0.051 || got.Share > j.share+0.051 {
		t.Errorf("%+v, want %q, %.2f, %q", got, j.limit, j.share, j.advice)
	}
	if (got.Reason == "") != (got.Limit == Unknown) {
		t.Errorf("reason %q of limit %q", got.Reason, got.Limit)
	}
}

const (
	gigabit = 119e6 // bytes/s of payload
	whole   = 10 * time.Second
)

// path is a stream over 80 ms by bbr with data under way all the time, cubic the
// same by cubic.
var (
	path = Stream{
		Congestion: "bbr", RTT: 85 * ms, MinRTT: 80 * ms, Busy: whole,
		SendWindow: 32 * miB, MeanSendWindow: 30 * miB, RecvWindow: 32 * miB,
	}
	cubic = streamOf(path, func(s *Stream) { s.Congestion = "cubic" })
)

func streamOf(base Stream, change func(*Stream)) Stream {
	change(&base)
	return base
}

func with(r Report, change func(*Report)) Report {
	change(&r)
	return r
}

func TestJudge(t *testing.T) {
	for _, tt := range []judgement{
		{name: "nothing"},
		{
			name:   "too short",
			report: with(sender(1, gigabit, path), func(r *Report) { r.Elapsed = 99 * ms }),
		},
		{
			name:   "nothing moved",
			report: with(sender(1, gigabit, path), func(r *Report) { r.Payload = 0 }),
		},
		{
			name: "a paced sender", limit: RateLimited, share: 1, advice: "a higher --limit-rate",
			report: sender(4, 10e6, streamOf(path, func(s *Stream) { s.MaxPacing = 105e5 })),
		},
		{
			name: "a rate limit that does not bind", limit: Link, share: 1,
			report: with(sender(1, gigabit, streamOf(path, func(s *Stream) { s.MaxPacing = 250e6 })),
				func(r *Report) { r.SocketWait, r.LimitWait = 8*time.Second, 2*time.Second }),
		},
		{
			name: "a receiver that keeps the rate limit", limit: RateLimited, share: 0.8, advice: "a higher --limit-rate",
			report: with(receiver(2, 10e6, path), func(r *Report) { r.SocketWait, r.LimitWait = 4*time.Second, 16*time.Second }),
		},
	} {
		t.Run(tt.name, tt.check)
	}
}

// FuzzJudge holds the verdict to its ranges whatever the kernel says.
func FuzzJudge(f *testing.F) {
	f.Add(true, int64(1e9), int64(1e9), int64(1e9), int64(0), int64(8e7), int64(1<<20), int64(1), int64(1000))
	f.Add(false, int64(2e8), int64(0), int64(0), int64(1<<62), int64(-1), int64(0), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, sending bool, elapsed, socket, file, busy, rtt, bytes, again, sent int64) {
		r := Report{Sending: sending, Elapsed: time.Duration(elapsed), Idle: -1, Streams: []Stream{{
			Elapsed: time.Duration(elapsed), Busy: time.Duration(busy), RTT: time.Duration(rtt), MinRTT: time.Duration(rtt),
			Bytes: bytes, Retransmits: again, SegmentsSent: sent, RecvLimited: time.Duration(file), SendWindow: bytes, MeanSendWindow: bytes,
		}}}
		r.Payload, r.SocketWait, r.FileTime = bytes, time.Duration(socket), time.Duration(file)
		if v := judge(r); !(v.Share >= 0 && v.Share <= 1) {
			t.Errorf("%+v", v)
		}
	})
}
