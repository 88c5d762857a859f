package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"testing"
	"time"

	"bbftp/engine/telemetry"
	"bbftp/netio"
)

// TestReport moves a file and asks both sides what it cost. What must hold
// whatever the machine did meanwhile is checked.
func TestReport(t *testing.T) {
	noLeaks(t)
	const size, streams = 1 << 19, 3
	var engine Engine
	for _, f := range framings {
		for name, limit := range map[string]*netio.RateLimit{"": nil, "/limited": netio.NewRateLimit(8 * size)} {
			t.Run(f.name+name, func(t *testing.T) {
				near, far := connect(t, streams)
				src, dst := newFile(t, f.content(size)), newFile(t, nil)
				o := Options{Blocks: f.blocks, Always: true, Limit: limit}
				var sent, received Counters
				done := make(chan error, 1)
				go func() { done <- engine.Send(t.Context(), near, src, size, o, &sent) }()
				err := engine.Receive(t.Context(), far, dst, size, o, &received)
				if err := errors.Join(err, <-done); err != nil {
					t.Fatal(err)
				}
				checkReport(t, sent.Report(), true, size, streams)
				checkReport(t, received.Report(), false, size, streams)
				if f.blocks && (sent.LimitWait.Load() > 0) != (limit != nil) {
					t.Errorf("waited %v for the limit", sent.Report().LimitWait)
				}
			})
		}
	}
}

func checkReport(t *testing.T, r telemetry.Report, sending bool, size int64, streams int) {
	t.Helper()
	if r.Sending != sending || r.Payload != size || r.Elapsed <= 0 || r.Rate() <= 0 || r.SocketWait < 0 || r.LimitWait < 0 {
		t.Errorf("%+v", r)
	}
	if v := r.Verdict; v.Share < 0 || v.Share > 1 {
		t.Errorf("%+v", v)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	if len(r.Streams) != streams {
		t.Fatalf("%d streams", len(r.Streams))
	}
	for _, s := range r.Streams {
		if s.Elapsed <= 0 || s.Elapsed > r.Elapsed {
			t.Errorf("%v of %v", s.Elapsed, r.Elapsed)
		}
		if runtime.GOOS == "linux" && (s.Bytes <= 0 || s.Bytes > 2*size || s.Samples < 2 || s.MinRTT <= 0) {
			t.Errorf("%+v", s)
		}
	}
}

// TestReportOfFailure has streams that are closed while they are watched, and a
// transfer that never began.
func TestReportOfFailure(t *testing.T) {
	noLeaks(t)
	var engine Engine
	near, _ := connect(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var c Counters
	if r := c.Report(); r.Elapsed != 0 || r.Verdict.Limit != telemetry.Unknown {
		t.Errorf("before: %+v", r)
	}
	if err := engine.Receive(ctx, near, newFile(t, nil), 100, Options{Idle: time.Minute}, &c); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r := c.Report()
	if r.Elapsed <= 0 || len(r.Streams) != 2 || r.Payload != 0 || r.Rate() != 0 || r.Verdict.Limit != telemetry.Unknown {
		t.Errorf("%+v", r)
	}
}
