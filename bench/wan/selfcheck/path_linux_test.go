package selfcheck

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"bbftp/bench/wan"
)

// Here nothing is judged by a clock: what programs on the hosts have counted
// must agree with what the link has.

func newLab(t *testing.T, backend string) lab {
	t.Helper()
	switch {
	case os.Geteuid() == 0:
	case os.Getenv("CI") == "true":
		t.Fatal("needs root to make namespaces")
	default:
		t.Skip("needs root to make namespaces")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return lab{worker: []string{self, workerFlag}, backend: backend}
}

func backends(t *testing.T, test func(*testing.T, lab)) {
	for _, backend := range []string{wan.BackendTUN, wan.BackendPacket} {
		t.Run(backend, func(t *testing.T) { test(t, newLab(t, backend)) })
	}
}

func TestCounts(t *testing.T) {
	backends(t, func(t *testing.T, l lab) {
		for _, c := range []check{
			losses{probability: 0.01, packets: 50_000},
			overload{rate: 100 * mbit, delay: ms(5), jitter: ms(5), queue: 100_000, packets: 5000},
			overload{rate: 100 * mbit, delay: ms(5), queue: 200_000, packets: 5000, back: true},
		} {
			out, err := attempt(t.Context(), l, c)
			if err != nil {
				t.Errorf("%+v: %v", c, err)
			}
			for _, r := range out.rows {
				if r.Verdict != Holds {
					t.Errorf("%s, %s: want %s, measured %s", r.Check, r.Path, r.Wanted, r.Measured)
				}
			}
		}
	})
}

// TestEcho has the one bound that a busy machine can't break: nothing is early,
// but for what the link takes off for its own wake-up.
func TestEcho(t *testing.T) {
	backends(t, func(t *testing.T, l lab) {
		const probes, rtt, wakeUp = 50, 20 * time.Millisecond, time.Millisecond
		s, err := l.open(t.Context(), wan.Symmetric(rtt, 0, 0, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		d, err := s.probe(probes)
		if err != nil {
			t.Fatal(err)
		}
		if d.Lost > 0 {
			t.Fatalf("%d of %d echoes lost", d.Lost, probes)
		}
		if d.Trips[0] < rtt-wakeUp {
			t.Errorf("the fastest echo took %v: want none below %v", d.Trips[0], rtt-wakeUp)
		}
		report, err := s.close()
		if err != nil {
			t.Fatal(err)
		}
		for _, way := range []wan.Counters{report.Forward.Counters, report.Back.Counters} {
			if want := int64(probes * (echoSize + headers)); way.PacketsIn != probes || way.PacketsOut != probes || way.BytesOut != want {
				t.Errorf("counted %d packets in, %d out of %d bytes: want %d of %d", way.PacketsIn, way.PacketsOut, way.BytesOut, probes, want)
			}
		}
	})
}

func TestBulk(t *testing.T) {
	backends(t, func(t *testing.T, l lab) {
		row := goodput{rate: 100 * mbit, rtt: ms(2), window: 500 * time.Millisecond}
		out, err := attempt(t.Context(), l, row)
		if err != nil {
			t.Fatal(err)
		}
		// How much went through is a matter of time.
		forward := out.report.Forward
		if forward.LostQueue != 0 || forward.QueueMax == 0 || forward.BytesOut < 10*wan.MTU {
			t.Errorf("want a link that is busy and drops nothing, got %+v", forward)
		}
	})
}

// TestIperf3 holds the link's counters against a program that is not ours.
func TestIperf3(t *testing.T) {
	if _, err := exec.LookPath("iperf3"); err != nil {
		t.Skip("no iperf3 here")
	}
	backends(t, func(t *testing.T, l lab) {
		s, err := l.open(t.Context(), wan.Symmetric(ms(5), 0, gbit, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		defer s.close()
		server := exec.CommandContext(t.Context(), "iperf3", "-s", "-1", "--forceflush")
		var announced lineWaiter
		announced.found = make(chan struct{})
		server.Stdout = &announced
		if err := s.path.Server().Start(server); err != nil {
			t.Fatal(err)
		}
		select {
		case <-announced.found:
		case <-time.After(30 * time.Second):
			t.Fatal("iperf3 does not listen")
		}
		var out bytes.Buffer
		client := exec.CommandContext(t.Context(), "iperf3", "-c", s.path.Server().Addr().String(), "-n", "20000000", "-J")
		client.Stdout = &out
		if err := s.path.Client().Start(client); err != nil {
			t.Fatal(err)
		}
		if err := client.Wait(); err != nil {
			t.Fatalf("iperf3: %v\n%s", err, out.String())
		}
		_ = server.Wait()
		report, err := s.close()
		if err != nil {
			t.Fatal(err)
		}
		var result struct {
			End struct {
				Received struct {
					Bytes int64 `json:"bytes"`
				} `json:"sum_received"`
				Sent struct {
					Bytes       int64 `json:"bytes"`
					Retransmits int64 `json:"retransmits"`
				} `json:"sum_sent"`
			} `json:"end"`
		}
		if err := json.Unmarshal(out.Bytes(), &result); err != nil {
			t.Fatal(err)
		}
		got, f := result.End, report.Forward
		// Each payload byte crossed once, with 52 bytes of headers a packet, and
		// retransmissions besides; the control connection is some kB.
		least := got.Received.Bytes * wan.MTU / 1448
		most := (got.Sent.Bytes+got.Sent.Retransmits*1448)*wan.MTU/1448 + got.Sent.Bytes/20
		if got.Received.Bytes == 0 || f.BytesOut < least || f.BytesIn > most {
			t.Errorf("iperf3 received %d bytes, sent %d with %d retransmissions; the link took %d and delivered %d: want %d to %d",
				got.Received.Bytes, got.Sent.Bytes, got.Sent.Retransmits, f.BytesIn, f.BytesOut, least, most)
		}
	})
}

// lineWaiter tells when iperf3 has said that it listens.
type lineWaiter struct {
	said  bytes.Buffer
	found chan struct{}
	done  bool
}

func (w *lineWaiter) Write(p []byte) (int, error) {
	w.said.Write(p)
	if !w.done && bytes.Contains(w.said.Bytes(), []byte("listening")) {
		w.done = true
		close(w.found)
	}
	return len(p), nil
}
