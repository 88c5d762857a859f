package bench

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bbftp/bench/observe"
	"bbftp/bench/peer"
	"bbftp/bench/trial"
)

func TestGridSize(t *testing.T) {
	for _, tt := range []struct {
		size float64
		most int64
		want int64
	}{
		{1 << 20, 1 << 30, 1 << 20},
		{1<<20 + 1, 1 << 30, 1 << 20},
		{1.6 * (1 << 20), 1 << 30, 3 << 19},
		{1.99 * (1 << 20), 1 << 30, 3 << 19},
		{0, 1 << 30, 64 << 10},
		{-5, 1 << 30, 64 << 10},
		{-5, 1000, 1000},
		{1e30, 12345678, 12345678},
		{math.Inf(1), 12345678, 12345678},
		{math.NaN(), 12345678, 12345678},
	} {
		if got := gridSize(tt.size, tt.most); got != tt.want {
			t.Errorf("%g of at most %d: %d, want %d", tt.size, tt.most, got, tt.want)
		}
	}
}

func TestSizeFor(t *testing.T) {
	c := trial.Cell{Duration: 5, Bytes: 1 << 40}
	for name, tt := range map[string]struct {
		r    trial.Record
		want float64
	}{
		"longer":      {trial.Record{Bytes: 100e6, Seconds: 1, Steady: 1e9, Goodput: 8e8}, 600e6},
		"never quick": {trial.Record{Bytes: 100e6, Seconds: 1, Goodput: 8e8}, 500e6},
		"far shorter": {trial.Record{Bytes: 100e6, Seconds: 50, Steady: 1e9, Goodput: 16e6}, 5e6},
	} {
		got := float64(sizeFor(c, tt.r))
		if got > tt.want || got < tt.want*0.66 {
			t.Errorf("%s: %g, want %g or somewhat less", name, got, tt.want)
		}
	}
	if got := sizeFor(trial.Cell{Bytes: 5}, trial.Record{Bytes: 5, Seconds: 1, Goodput: 40}); got != 0 {
		t.Errorf("without a duration: %d", got)
	}
}

func TestFirstSize(t *testing.T) {
	c := trial.Cell{Path: trial.Emulated, Streams: 1, Rate: 1e9, RTT: 0.1, Duration: 4, Bytes: 1 << 40}
	if got := firstSize(c); got < 150e6 || got > 250e6 {
		t.Errorf("the link's: %d", got)
	}
	c.Loss = 1e-4
	if got := firstSize(c); got > 5e6 {
		t.Errorf("with loss: %d", got)
	}
	c = trial.Cell{Path: trial.Loopback, Streams: 1, Duration: 4, Bytes: 1 << 40}
	if got := firstSize(c); got < 15e8 || got > 25e8 {
		t.Errorf("without any limit: %d", got)
	}
}

func TestSeedOf(t *testing.T) {
	c := trial.Cell{Peer: "bbftp", Version: 1, Path: trial.Emulated, Streams: 4, RTT: 0.1}
	base := seedOf(1, c, 1)
	other := c
	other.Peer, other.Version, other.Window = "iperf3", 0, 1<<20
	if seedOf(1, other, 1) != base {
		t.Error("peers meet other losses")
	}
	more := c
	more.Streams = 8
	if seedOf(2, c, 1) == base || seedOf(1, c, 2) == base || seedOf(1, more, 1) == base {
		t.Error("the same losses in other trials")
	}
	if base >= 1<<53 {
		t.Errorf("%d is no exact number in JSON", base)
	}
}

func TestLabel(t *testing.T) {
	for want, c := range map[string]trial.Cell{
		"bbftp v1 put 1gbit 100ms × 8": {
			Peer: "bbftp", Version: 1, Direction: "put", Kind: "random", Path: trial.Emulated, Rate: 1e9, RTT: 0.1, Streams: 8,
		},
		"iperf3 get text compressed unlimited 200µs jitter 1ms loss 0.01% queue 1MiB reno window 4MiB × 1": {
			Peer: "iperf3", Direction: "get", Kind: "text", Compressed: true, Path: trial.Emulated, RTT: 0.0002, Jitter: 0.001, Loss: 1e-4,
			Queue: 1 << 20, Congestion: "reno", Window: 4 << 20, Streams: 1,
		},
		"bbftp v2 put network far.example × 2": {
			Peer: "bbftp", Version: 2, Direction: "put", Kind: "random", Path: trial.Network, Target: "far.example", Streams: 2,
		},
	} {
		if got := Label(c); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestEstimate(t *testing.T) {
	c := trial.Cell{Path: trial.Emulated, Streams: 1, Rate: 1e9, RTT: 0.1, Bytes: 125e6, Direction: "put"}
	if got := estimate(c); got < 2*time.Second || got > 4*time.Second {
		t.Errorf("125 MB at 1 Gbit/s and 100 ms: %v", got)
	}
	c.Rate, c.Bytes = 1, 1<<50
	if got := estimate(c); got < time.Hour {
		t.Errorf("for ever: %v", got)
	}
	r := newRig(t, sized+"[repeats]\nmin = 2\nmax = 4")
	cells, _, err := r.Cells()
	if err != nil {
		t.Fatal(err)
	}
	if least, most := r.Estimate(cells); least <= 0 || most <= least {
		t.Errorf("%v to %v", least, most)
	}
}

func TestSources(t *testing.T) {
	dir := t.TempDir()
	room := int64(10_000)
	s := newSources(dir, 1, func(string) (int64, error) {
		used := int64(0)
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			info, _ := e.Info()
			used += info.Size()
		}
		return spare + room - used, nil
	})
	get := func(kind string, size int64) string {
		t.Helper()
		file, err := s.get(trial.Cell{Kind: kind, Bytes: size})
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(file); err != nil || info.Size() != size {
			t.Fatalf("%v, %v", info, err)
		}
		return file
	}
	first := get("random", 2000)
	second := get("text", 2000)
	if get("random", 2000) != first {
		t.Error("made twice")
	}
	get("random", 3500) // and its copy: the text has to go
	if _, err := os.Stat(second); !os.IsNotExist(err) {
		t.Errorf("used longest ago: %v", err)
	}
	if _, err := os.Stat(first); err != nil {
		t.Error(err)
	}
	if _, err := s.get(trial.Cell{Kind: "random", Bytes: 6000}); err == nil || !strings.Contains(err.Error(), "a trial needs") {
		t.Errorf("more than there is: %v", err)
	}
	if _, err := s.get(trial.Cell{Kind: "poetry", Bytes: 10}); err == nil {
		t.Error("poetry")
	}
	lost := errors.New("lost")
	s.free = func(string) (int64, error) { return 0, lost }
	if err := s.fits(1); !errors.Is(err, lost) {
		t.Errorf("error is %v", err)
	}
}

func TestWorkspace(t *testing.T) {
	dir := t.TempDir()
	abandoned, users := filepath.Join(dir, "bbbench-123", "deep"), filepath.Join(dir, "bbbench-results")
	for _, made := range []string{abandoned, users} {
		if err := os.MkdirAll(made, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, other := range []string{"bbbench-123/" + lockName, "bbbench-results/page.html", "bbbench-file", "precious"} {
		if err := os.WriteFile(filepath.Join(dir, other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(dir, filepath.Join(dir, "bbbench-link")); err != nil {
		t.Fatal(err)
	}
	first, removeFirst, err := workspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	second, removeSecond, err := workspace(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, kept := range []string{first, second, filepath.Join(users, "page.html"), filepath.Join(dir, "bbbench-file"), filepath.Join(dir, "precious"), filepath.Join(dir, "bbbench-link")} {
		if _, err := os.Lstat(kept); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Dir(abandoned)); !os.IsNotExist(err) {
		t.Errorf("abandoned: %v", err)
	}
	for _, remove := range []func() error{removeFirst, removeSecond} {
		if err := remove(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(first); !os.IsNotExist(err) {
		t.Errorf("removed: %v", err)
	}
	if _, _, err := workspace(filepath.Join(dir, "missing")); !os.IsNotExist(err) {
		t.Errorf("no directory: %v", err)
	}
}

// TestNetworkRetransmits: what else the machine sent again is not the trial's.
func TestNetworkRetransmits(t *testing.T) {
	stream := func(port int, resent ...int64) trial.Series {
		return trial.Series{LocalPort: port, Time: make([]float64, len(resent)), Retrans: resent}
	}
	seen := observe.Observation{Retransmits: 100, Sender: []trial.Series{stream(1, 0, 3), stream(2, 4), stream(9, 50), stream(3)}}
	isData := func(local, _ int) bool { return local != 9 }
	for path, want := range map[string]int64{trial.Network: 7, trial.Loopback: 100, trial.Emulated: 100} {
		r := trial.Record{Cell: trial.Cell{Path: path}}
		fill(&r, peer.Outcome{DataPort: isData}, seen, false)
		if r.Retransmits != want {
			t.Errorf("%s: %d retransmits, want %d", path, r.Retransmits, want)
		}
	}
}
