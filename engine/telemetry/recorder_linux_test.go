package telemetry

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// pass moves n bytes over each connection.
func pass(t *testing.T, from, to []*net.TCPConn, n int64) {
	t.Helper()
	for i := range from {
		go from[i].Write(make([]byte, n))
		if _, err := io.CopyN(io.Discard, to[i], n); err != nil {
			t.Fatal(err)
		}
	}
}

// samplesOf waits until stream i has n samples.
func samplesOf(r *Recorder, i, n int) {
	for {
		r.mu.Lock()
		got := r.streams[i].Samples
		r.mu.Unlock()
		if got >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestRecorder(t *testing.T) {
	const size = 4 << 20
	near, far := connect(t, 2)
	var out, in Recorder
	out.Begin(true, near)
	in.Begin(false, far)
	pass(t, near, far, size)
	in.StreamDone(0)
	far[0].Close()
	in.StreamDone(0)
	samplesOf(&in, 1, 3) // its ticks go on
	out.End()
	in.End()
	in.End()
	in.StreamDone(1)

	sent := out.Report(Work{Payload: 2 * size, SocketWait: time.Second})
	came := in.Report(Work{Payload: 2 * size})
	if !sent.Sending || came.Sending || sent.SocketWait != time.Second {
		t.Errorf("sent %+v, came %+v", sent, came)
	}
	for _, r := range []Report{sent, came} {
		if !r.Loopback || r.SendFixed != 0 || r.RecvFixed != 0 {
			t.Errorf("%+v", r)
		}
		if r.Elapsed <= 0 || len(r.Streams) != 2 || r.Cores < 1 || r.Idle > 1 || r.CPU() <= 0 || r.Rate() <= 0 || r.MinRTT() <= 0 {
			t.Errorf("%+v", r)
		}
		for _, s := range r.Streams {
			if s.Bytes != size {
				t.Errorf("%d bytes, want %d", s.Bytes, size)
			}
			if s.Congestion == "" || s.MSS <= 0 || s.RTT <= 0 || s.MinRTT <= 0 || s.Elapsed <= 0 || s.Elapsed > r.Elapsed ||
				s.Cwnd <= 0 || s.MaxCwnd < s.Cwnd || s.SendWindow < s.MeanSendWindow || s.RecvWindow <= 0 || s.Samples < 2 {
				t.Errorf("%+v", s)
			}
		}
	}
	if came.Streams[0].Elapsed >= came.Streams[1].Elapsed {
		t.Errorf("the first stream was done after %v, the second after %v", came.Streams[0].Elapsed, came.Streams[1].Elapsed)
	}
}

// TestBoundaries has what is no transfer, and what ends early.
func TestBoundaries(t *testing.T) {
	var never Recorder
	never.Begin(true, nil)
	never.StreamDone(0)
	never.End()
	if r := never.Report(Work{}); r.Elapsed != 0 || r.Streams != nil || r.Verdict != (Verdict{}) {
		t.Errorf("of nothing: %+v", r)
	}

	near, _ := connect(t, 3)
	var failed Recorder
	failed.Begin(true, near)
	failed.Begin(false, near[:1])
	failed.StreamDone(7)
	for _, conn := range near {
		conn.Close()
	}
	if r := failed.Report(Work{}); r.Elapsed != 0 {
		t.Errorf("before its end: %+v", r)
	}
	failed.End()
	r := failed.Report(Work{})
	if !r.Sending || len(r.Streams) != 3 || r.Streams[0].Samples != 1 || r.Streams[0].Elapsed <= 0 {
		t.Errorf("closed under the recorder: %+v", r)
	}
}

// TestStreamsClose closes, finishes and reads a transfer at once, for the race
// detector.
func TestStreamsClose(t *testing.T) {
	near, far := connect(t, 8)
	var r Recorder
	r.Begin(true, near)
	go r.tick()
	var all sync.WaitGroup
	for i := range near {
		all.Go(func() {
			if i%2 == 0 {
				r.StreamDone(i)
			}
			near[i].Close()
			far[i].Close()
			r.Report(Work{})
		})
	}
	all.Go(r.tick)
	all.Wait()
	r.End()
	if got := len(r.Report(Work{}).Streams); got != len(near) {
		t.Errorf("%d streams", got)
	}
}

func BenchmarkTick(b *testing.B) {
	near, _ := connect(b, 25)
	var r Recorder
	r.Begin(true, near)
	defer r.End()
	b.ReportAllocs()
	for b.Loop() {
		r.tick()
	}
}

func BenchmarkShortTransfer(b *testing.B) {
	near, _ := connect(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		var r Recorder
		r.Begin(true, near)
		r.StreamDone(0)
		r.End()
		r.Report(Work{Payload: 1})
	}
}

// TestRecorderPanics: what ends the sampling does not end the transfer, and is
// told.
func TestRecorderPanics(t *testing.T) {
	near, _ := connect(t, 1)
	var r Recorder
	r.Begin(true, near)
	r.StreamDone(-1)
	r.tick()
	r.End()
	report := r.Report(Work{Payload: 5})
	if report.Payload != 5 || !strings.Contains(report.Crash, "StreamDone") {
		t.Errorf("%+v", report)
	}
}
