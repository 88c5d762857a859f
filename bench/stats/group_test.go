package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/trial"
)

// wan is the path of the tests: 1 Gbit/s, 100 ms, one BDP of queue.
func wan(peer string, streams int) trial.Cell {
	return trial.Cell{
		Peer: peer, Version: 3, Direction: trial.Put, Streams: streams, Kind: "random", Bytes: 1 << 28,
		Path: trial.Emulated, RTT: 0.1, Rate: 1e9, Queue: 12_500_000, Congestion: "cubic",
	}
}

// trials are repeats of a cell with these goodputs, at speed all the time.
func trials(c trial.Cell, goodputs ...float64) []trial.Record {
	var records []trial.Record
	for i, g := range goodputs {
		const bytes = 1e8
		took := bytes * 8 / g
		records = append(records, trial.Record{
			Type: "trial", Repeat: i + 1, Cell: c, Bytes: bytes,
			Seconds: took, Goodput: g, Flat: took, Steady: g, ClientCPU: 0.1, ServerCPU: 0.2,
		})
	}
	return records
}

func TestGroupByCell(t *testing.T) {
	ours, theirs, slow := wan("bbftp", 4), wan("legacy", 4), wan("bbftp", 1)
	fast := wan("bbftp", 4)
	fast.Rate = 0
	records := append(trials(ours, 10e6, 30e6, 20e6), trials(theirs, 5e6)...)
	records = append(records, trials(slow, 1e6)...)
	records = append(records, trials(fast, 1e9)...)
	warm := trials(ours, 999e6)[0]
	warm.Repeat = 0
	failed := trials(theirs, 999e6)[0]
	failed.Error, failed.Repeat = "password refused", 0
	unfaithful := trials(ours, 999e6)[0]
	unfaithful.Unfaithful = "queue late"
	both := unfaithful
	both.Error = "cut"
	records = append(records, warm, failed, unfaithful, both)

	var first []Group
	random := rand.New(rand.NewPCG(5, 5))
	for round := range 20 {
		groups := GroupByCell(records)
		var cells []trial.Cell
		for _, g := range groups {
			cells = append(cells, g.Cell)
		}
		if d := cmp.Diff([]trial.Cell{slow, ours, theirs, fast}, cells); d != "" {
			t.Fatalf("order (-want +got)\n%s", d)
		}
		if round == 0 {
			first = groups
		}
		if groups[1].Goodput.Median != first[1].Goodput.Median {
			t.Fatalf("the order of the records matters")
		}
		random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	}

	g := first[1]
	if len(g.Records) != 3 || len(g.Failed) != 1 || len(g.Unfaithful) != 1 || g.Goodput.Median != 20e6 || g.Goodput.N != 3 {
		t.Errorf("ours: %d used, %d failed, %d unfaithful, %+v", len(g.Records), len(g.Failed), len(g.Unfaithful), g.Goodput)
	}
	if got := g.CPU.Median; got < 2.999 || got > 3.001 {
		t.Errorf("CPU of 0.3 s for 10^8 bytes: %v s/GB", got)
	}
	if g := first[2]; len(g.Records) != 1 || len(g.Failed) != 1 || g.Failed[0].Error != "password refused" {
		t.Errorf("theirs: %d used, failed %v", len(g.Records), g.Failed)
	}
	if got := GroupByCell(nil); len(got) != 0 {
		t.Errorf("nothing makes %v", got)
	}
}

func TestStallsAreTakenOut(t *testing.T) {
	records := trials(wan("legacy", 1), 80e6, 80e6, 80e6) // 10 s each
	for i := range records[:2] {
		records[i].Stall, records[i].Setup = 1, 1.3
		records[i].Seconds += 1
		records[i].Goodput = float64(records[i].Bytes) * 8 / records[i].Seconds
	}
	g := GroupByCell(records)[0]
	if g.Stalled != 2 || math.Abs(g.NoStall.Median-80e6) > 1 || g.NoStall.StdDev > 1 {
		t.Errorf("%d stalled, without them %+v", g.Stalled, g.NoStall)
	}
	if want := 80e6 * 10 / 11; g.Goodput.Median != want {
		t.Errorf("with them %v, want %v", g.Goodput.Median, want)
	}

	// A stall of the whole trial leaves nothing to divide by.
	records = trials(wan("legacy", 1), 80e6)
	records[0].Stall = records[0].Seconds
	if g := GroupByCell(records)[0]; g.NoStall.Median != 80e6 {
		t.Errorf("%+v", g.NoStall)
	}
}

func TestFiguresNotTaken(t *testing.T) {
	records := trials(wan("iperf3", 1), 80e6, 90e6)
	records[0].Steady, records[0].ClientCPU, records[0].ServerCPU = 0, 0, 0
	g := GroupByCell(records)[0]
	if g.Steady.N != 1 || g.Steady.Median != 90e6 || g.CPU.N != 1 || len(g.CPU.Warnings) == 0 {
		t.Errorf("steady %+v, CPU %+v", g.Steady, g.CPU)
	}
}

// TestMomentarySpeed has one reading of the counters come late: the next one
// shows a speed that no machine has, and calls the rest of the time a tail.
func TestMomentarySpeed(t *testing.T) {
	records := trials(wan("bbftp", 4), 80e6, 80e6, 80e6)
	for i := range records {
		r := &records[i]
		r.Path, r.RTT, r.Rate = trial.Loopback, 0, 0
		r.Steady, r.Flat, r.Tail = 120e9, 0.02, r.Seconds-r.Setup-0.02
	}
	g := GroupByCell(records)[0]
	if v := Explain(g); g.Steady.N != 0 || v.Limit == LimitTail {
		t.Errorf("steady %+v, %+v", g.Steady, v)
	}
}

func TestAgainst(t *testing.T) {
	cell := func(peer string, version, streams int, window int64, rtt float64) trial.Cell {
		c := wan(peer, streams)
		c.Version, c.Window, c.RTT = version, window, rtt
		return c
	}
	five := func(c trial.Cell, base float64) []trial.Record {
		return trials(c, base, 1.01*base, 0.99*base, 1.02*base, 0.98*base)
	}
	var records []trial.Record
	for _, more := range [][]trial.Record{
		five(cell("bbftp", 1, 1, 0, 0.1), 100e6),
		five(cell("bbftp", 3, 1, 0, 0.1), 110e6),
		five(cell("bbftp", 3, 4, 0, 0.1), 400e6),
		five(cell("legacy", 2, 1, 0, 0.1), 20e6),
		five(cell("legacy", 3, 1, 0, 0.1), 21e6),
		five(cell("legacy", 3, 4, 0, 0.1), 80e6),
		five(cell("legacy", 3, 8, 0, 0.1), 160e6),
		five(cell("scp", 0, 1, 0, 0.1), 50e6),
		five(cell("scp", 0, 1, 0, 0.05), 100e6), // no other there
	} {
		records = append(records, more...)
	}
	broken := trials(cell("iperf3", 0, 1, 0, 0.1), 1)
	broken[0].Error = "refused"
	records = append(records, broken...)

	type row struct {
		Peer                           string
		Ours, Theirs, Streams, Against int
		Best                           bool
		Verdict                        string
	}
	var got []row
	for _, p := range Against(GroupByCell(records), "bbftp") {
		if p.Ours.Peer != "bbftp" || p.Route != p.Theirs.Route() {
			t.Errorf("%+v against %+v", p.Ours.Cell, p.Theirs.Cell)
		}
		got = append(got, row{
			p.Theirs.Peer, p.Ours.Version, p.Theirs.Version, p.Ours.Streams, p.Theirs.Streams, p.Best,
			FormatRatio(p.Goodput.Ratio),
		})
	}
	want := []row{
		{"legacy", 3, 3, 4, 8, true, "2.50 ×"},
		{"legacy", 1, 2, 1, 1, false, "5.00 ×"}, // neither has the other's version
		{"legacy", 3, 3, 1, 1, false, "5.24 ×"},
		{"legacy", 3, 3, 4, 4, false, "5.00 ×"},
		{"scp", 3, 0, 4, 1, true, "8.00 ×"},
		{"scp", 1, 0, 1, 1, false, "2.00 ×"},
		{"scp", 3, 0, 1, 1, false, "2.20 ×"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if got := Against(nil, "bbftp"); got != nil {
		t.Errorf("nothing makes %v", got)
	}
	if got := Against(GroupByCell(records), "curl"); got != nil {
		t.Errorf("a peer that was not there makes %v", got)
	}
}
