package netio

import (
	"context"
	"io"
	"slices"
	"testing"
	"time"
)

// waitForSamples returns once every live connection has n samples.
func waitForSamples(s *Sampler, n int) {
	for {
		s.mu.Lock()
		enough := true
		for one := range s.live {
			enough = enough && len(one.Samples) >= n
		}
		s.mu.Unlock()
		if enough {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestSampler(t *testing.T) {
	const size = 1 << 20
	s := NewSampler(time.Millisecond)
	ctx, stop := context.WithCancel(t.Context())
	result := make(chan []Series)
	go func() { result <- s.Run(ctx) }()

	labels := []string{"stays", "removed", "closed"}
	sender, stays := connect(t, "127.0.0.1:0", Options{}, Options{})
	s.Add(labels[0], stays)
	other, removed := connect(t, "127.0.0.1:0", Options{}, Options{})
	remove := s.Add(labels[1], removed)
	_, closed := connect(t, "127.0.0.1:0", Options{}, Options{})
	s.Add(labels[2], closed)
	waitForSamples(s, 3)

	closed.Close()
	for from, to := range map[io.Writer]io.Reader{sender: stays, other: removed} {
		go from.Write(make([]byte, size))
		if _, err := io.CopyN(io.Discard, to, size); err != nil {
			t.Fatal(err)
		}
	}
	remove()
	removed.Close()
	remove()
	waitForSamples(s, 10)
	stop()
	series := <-result
	remove() // after the end, and on a series that has been handed over

	if len(series) != len(labels) {
		t.Fatalf("%d series, want %d", len(series), len(labels))
	}
	for i, one := range series {
		if one.Label != labels[i] || one.Local == nil || one.Remote == nil {
			t.Errorf("series %d is %q from %v to %v", i, one.Label, one.Local, one.Remote)
		}
		if len(one.Samples) < 3 {
			t.Fatalf("%s: %d samples", one.Label, len(one.Samples))
		}
		for j, sample := range one.Samples[1:] {
			if !sample.At.After(one.Samples[j].At) {
				t.Errorf("%s: sample %d is not later than the one before", one.Label, j+1)
			}
		}
		first, last := one.Samples[0].BytesReceived, one.Samples[len(one.Samples)-1].BytesReceived
		want := map[string]int64{"stays": size, "removed": size, "closed": 0}[one.Label]
		if first != 0 || last != want {
			t.Errorf("%s: from %d to %d bytes received, want 0 to %d", one.Label, first, last, want)
		}
	}
}

// TestSamplerFirstAndLast has an interval that never comes: what is sampled
// is what Add, remove and the end of Run see.
func TestSamplerFirstAndLast(t *testing.T) {
	const size = 1000
	s := NewSampler(time.Hour)
	var removes []func()
	for _, label := range []string{"removed", "stays"} {
		sender, receiver := connect(t, "127.0.0.1:0", Options{}, Options{})
		removes = append(removes, s.Add(label, receiver))
		if _, err := sender.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, receiver, size); err != nil {
			t.Fatal(err)
		}
	}
	removes[0]()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, one := range s.Run(ctx) {
		var got []int64
		for _, sample := range one.Samples {
			got = append(got, sample.BytesReceived)
		}
		if !slices.Equal(got, []int64{0, size}) {
			t.Errorf("%s: bytes received %v, want 0 and %d", one.Label, got, size)
		}
	}
}

func TestSamplerWithoutConnections(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := NewSampler(time.Hour).Run(ctx); len(got) != 0 {
		t.Errorf("%d series of nothing", len(got))
	}
}
