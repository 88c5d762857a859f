package bench

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/peer"
	"bbftp/bench/trial"
)

func TestSweep(t *testing.T) {
	r := newRig(t, sized+"[repeats]\nmin = 2\nmax = 2")
	f := r.mustRun(t)
	if len(f.Records) != 4*3 || len(f.Environments) != 1 {
		t.Fatalf("%d records, %d environments", len(f.Records), len(f.Environments))
	}
	// Each round has each cell once, with the repeat of its number; rounds are
	// shuffled one by one.
	var orders []string
	for round := range 3 {
		seen := map[trial.Cell]bool{}
		order := ""
		for _, rec := range f.Records[4*round : 4*round+4] {
			if rec.Repeat != round || seen[rec.Cell] {
				t.Errorf("round %d has repeat %d of %s", round, rec.Repeat, Label(rec.Cell))
			}
			seen[rec.Cell] = true
			order += Label(rec.Cell) + ","
			if want := map[bool]string{true: "repeats"}[round == 2]; rec.Settled != want {
				t.Errorf("round %d: settled %q, want %q", round, rec.Settled, want)
			}
		}
		orders = append(orders, order)
	}
	if orders[0] == orders[1] && orders[1] == orders[2] {
		t.Errorf("not shuffled: %v", orders)
	}
}

func TestRecord(t *testing.T) {
	for _, direction := range []string{trial.Put, trial.Get} {
		r := newRig(t, sized+"direction = [\""+direction+"\"]\n[repeats]\nmax = 1")
		f := r.mustRun(t)
		i := slices.IndexFunc(f.Records, func(r trial.Record) bool { return r.Repeat == 1 && r.Streams == 4 && r.RTT == 0.1 })
		got := f.Records[i]
		env := f.Environments[got.Environment]
		if env.Emulator != "fake" || env.Build != "test" || env.Versions["bbftp"] != "bbftp 1.0" || env.ID != identify(env) {
			t.Errorf("environment %+v", env)
		}
		forward, back := trial.Link{PacketsIn: 10, PacketsOut: 10}, trial.Link{PacketsIn: 3}
		if direction == trial.Get {
			forward, back = back, forward
		}
		series := trial.Series{
			LocalPort: 1, RemotePort: 2, Time: []float64{0.5}, Cwnd: []int64{1}, RTT: []float64{0.1}, Delivery: []float64{1},
			Acked: []int64{1}, Received: []int64{1}, Retrans: []int64{1}, Busy: []float64{1}, RwndLimited: []float64{0}, SndbufLimited: []float64{0},
		}
		want := trial.Record{
			Type: "trial", Time: got.Time, Environment: env.ID, Sweep: "test", Seed: seedOf(1, got.Cell, 1), Repeat: 1,
			Cell: trial.Cell{
				Peer: "bbftp", Version: 1, Direction: direction, Streams: 4, Kind: "random", Bytes: 1e5,
				Path: "emulated", RTT: 0.1, Rate: 1e7,
			},
			Warnings: []string{"windy", "dim light"}, Settled: "repeats",
			Bytes: 1e5, Seconds: 1.2, Goodput: 8e5 / got.Seconds, Setup: got.Setup, Ramp: got.Ramp, Flat: got.Flat, Tail: got.Tail, Steady: got.Steady,
			ClientCPU: 1, ServerCPU: 2, EmulatorCPU: 1, SenderSendfile: 1e5, ReceiverSplice: 1e5,
			Retransmits: 7, Settings: map[string]string{"tcp_rmem": "1 2 3"}, Link: forward, Back: back,
			Series: []trial.Series{series}, ReceiverSeries: []trial.Series{series},
			Progress: trial.Progress{Time: []float64{0, 0, 1}, Bytes: []int64{0, 0, 1000}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", direction, diff)
		}
		if sum := got.Setup + got.Ramp + got.Flat + got.Tail; math.Abs(sum-got.Seconds) > 1e-6 {
			t.Errorf("the parts are %g s of %g s", sum, got.Seconds)
		}
	}
}

func TestSettled(t *testing.T) {
	for name, tt := range map[string]struct {
		noise float64
		fails func(trialOfCell int) bool
		want  string
		count int // of records of a cell, warm-up included
	}{
		"narrow":        {noise: 0, want: "interval", count: 1 + 6},
		"wide":          {noise: 20, want: "repeats", count: 1 + 9},
		"broken":        {fails: func(int) bool { return true }, want: "failures", count: 3},
		"fails later":   {fails: func(n int) bool { return n > 2 }, want: "failures", count: 2 + 3},
		"now and then":  {fails: func(n int) bool { return n%3 == 0 }, want: "interval", count: 1 + 6 + 3},
		"after warm-up": {fails: func(n int) bool { return n == 1 }, want: "interval", count: 1 + 1 + 6},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, sized+"[repeats]\nmin = 6\nmax = 9")
			r.peer.noise = tt.noise
			trials := map[trial.Cell]int{}
			r.peer.before = func(_ context.Context, j peer.Job) error {
				trials[j.Cell]++
				if tt.fails != nil && j.Streams == 4 && tt.fails(trials[j.Cell]) {
					return errors.New("wrong password")
				}
				return nil
			}
			records := map[trial.Cell][]trial.Record{}
			for _, rec := range r.mustRun(t).Records {
				records[rec.Cell] = append(records[rec.Cell], rec)
			}
			if len(records) != 4 {
				t.Errorf("%d cells", len(records))
			}
			for c, all := range records {
				if c.Streams == 1 && tt.fails != nil {
					if last := all[len(all)-1]; last.Settled != "interval" {
						t.Errorf("a cell that never fails: settled %q", last.Settled)
					}
					continue
				}
				last := all[len(all)-1]
				if last.Settled != tt.want || len(all) != tt.count {
					t.Errorf("%s: %d records, settled %q; want %d, %q", Label(c), len(all), last.Settled, tt.count, tt.want)
				}
				for _, rec := range all {
					if rec.Error != "" && !strings.Contains(rec.Error, "wrong password") {
						t.Errorf("error %q", rec.Error)
					}
					if (rec.Error != "") != (rec.Goodput == 0) {
						t.Errorf("goodput %g with error %q", rec.Goodput, rec.Error)
					}
				}
			}
		})
	}
}

func TestUnfaithful(t *testing.T) {
	r := newRig(t, sized+"[repeats]\nmin = 2\nmax = 10")
	r.machine.faults = func(c trial.Cell, _ uint64) []string {
		if c.Streams == 4 {
			return []string{"late", "stalled"}
		}
		return nil
	}
	f := r.mustRun(t)
	settled, unfaithful := map[string]int{}, 0
	for _, rec := range f.Records {
		settled[rec.Settled]++
		if rec.Unfaithful != "" {
			unfaithful++
			if rec.Unfaithful != "late; stalled" || rec.Usable() {
				t.Errorf("%q, usable %v", rec.Unfaithful, rec.Usable())
			}
		}
	}
	// A warm-up and as many as Max, for each of two cells.
	if settled["unfaithful"] != 2 || unfaithful != 2*(1+10) {
		t.Errorf("%v, %d unfaithful", settled, unfaithful)
	}
}

func TestPathFails(t *testing.T) {
	for name, spoil := range map[string]func(*fakeMachine, error){
		"open the path":    func(m *fakeMachine, err error) { m.openErr = err },
		"observe the path": func(m *fakeMachine, err error) { m.observeErr = err },
		"":                 func(m *fakeMachine, err error) { m.closeErr = err },
	} {
		r := newRig(t, sized)
		spoil(r.machine, errors.New("no luck"))
		for _, rec := range r.mustRun(t).Records {
			if !strings.Contains(rec.Error, name) || !strings.Contains(rec.Error, "no luck") {
				t.Errorf("%s: error %q", name, rec.Error)
			}
		}
	}
}

func TestTimeLimit(t *testing.T) {
	r := newRig(t, sized+"[repeats]\nmin = 1\nmax = 1\ntime-limit = \"20ms\"")
	r.peer.before = func(ctx context.Context, j peer.Job) error {
		if j.Streams == 4 {
			<-ctx.Done() // it hangs
			return errors.New("killed")
		}
		return nil
	}
	for _, rec := range r.mustRun(t).Records {
		if rec.Streams == 4 && rec.Error != "not done within the time limit of 20ms: killed" {
			t.Errorf("error %q", rec.Error)
		}
	}
}

func TestDuration(t *testing.T) {
	r := newRig(t, "duration = \"3s\"\nsize = \"1GB\"\n[repeats]\nmin = 3\nmax = 3")
	sizes := map[int]map[int64]bool{1: {}, 4: {}}
	for _, rec := range r.mustRun(t).Records {
		if rec.Repeat > 0 {
			sizes[rec.Streams][rec.Cell.Bytes] = true
			if rec.Seconds < 1.8 || rec.Seconds > 3.2 {
				t.Errorf("%d streams took %g s", rec.Streams, rec.Seconds)
			}
		}
	}
	if len(sizes[1]) != 1 || len(sizes[4]) != 1 {
		t.Errorf("sizes %v", sizes)
	}
}

// TestSizeIsTriedAgain: a warm-up over a path that was far slower than the others
// does not make all trials of the cell short.
func TestSizeIsTriedAgain(t *testing.T) {
	r := newRig(t, "duration = \"3s\"\nsize = \"1GB\"\n[repeats]\nmin = 2\nmax = 2")
	r.peer.before = func(context.Context, peer.Job) error {
		if r.peer.trials <= 4 { // the first of each cell
			r.peer.slow = 20
		} else {
			r.peer.slow = 1
		}
		return nil
	}
	warmUps := map[trial.Cell]int{}
	for _, rec := range r.mustRun(t).Records {
		c := rec.Cell
		c.Bytes = 0
		if rec.Repeat == 0 {
			warmUps[c]++
		} else if warmUps[c] < 2 || warmUps[c] > 1+mostResized || rec.Seconds < 1.5 || rec.Seconds > 4.5 {
			t.Errorf("%s: %g s after %d warm-ups", Label(rec.Cell), rec.Seconds, warmUps[c])
		}
	}
}

func TestFullDisk(t *testing.T) {
	r := newRig(t, sized)
	r.machine.room = spare
	if _, err := r.run(t.Context()); err == nil || !strings.Contains(err.Error(), "has room for 64MiB") {
		t.Errorf("error is %v", err)
	}
	r.machine.room = math.MaxInt64
	r.peer.before = func(context.Context, peer.Job) error {
		r.machine.room = 5
		return nil
	}
	f := r.mustRun(t)
	if f.Records[0].Error != "" {
		t.Errorf("the first: %s", f.Records[0].Error)
	}
	for _, rec := range f.Records[1:] {
		if !strings.Contains(rec.Error, "has room for 5B") {
			t.Errorf("error %q", rec.Error)
		}
	}
	if len(f.Environments) != 1 {
		t.Errorf("%d machines: a trial without a path was on the same", len(f.Environments))
	}
}

type fullDisk struct{}

var errFull = errors.New("no space left")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestWriteFails(t *testing.T) {
	r := newRig(t, sized)
	if err := r.Run(t.Context(), trial.NewWriter(fullDisk{}), nil); !errors.Is(err, errFull) {
		t.Errorf("error is %v", err)
	}
	if r.peer.trials != 1 {
		t.Errorf("%d trials for nothing", r.peer.trials)
	}
}

func TestCells(t *testing.T) {
	r := newRig(t, sized+"peers = [\"bbftp\", \"scp\"]")
	if _, _, err := r.Cells(); err == nil || !strings.Contains(err.Error(), `"scp"`) {
		t.Errorf("a peer that is not there: %v", err)
	}
	one := errors.New("one stream")
	r.Peers = append(r.Peers, &fakePeer{name: "scp", refuses: func(c trial.Cell) error {
		if c.Streams > 1 {
			return one
		}
		return nil
	}})
	cells, excluded, err := r.Cells()
	if err != nil || len(cells) != 6 || len(excluded) != 2 || excluded[0].Why != one || excluded[0].Cell.Peer != "scp" {
		t.Errorf("%d cells, excluded %v, %v", len(cells), excluded, err)
	}
	r.peer.refuses = func(trial.Cell) error { return one }
	r.Scenario.Peers = []string{"bbftp"}
	if _, excluded, err := r.Cells(); !errors.Is(err, one) || len(excluded) != 4 {
		t.Errorf("nothing to measure: %v", err)
	}
	r.Scenario.Kind = []string{"poetry"}
	if _, _, err := r.Cells(); err == nil || !strings.Contains(err.Error(), "poetry") {
		t.Errorf("a kind of payload: %v", err)
	}
}

func TestAbsentPeer(t *testing.T) {
	r := newRig(t, sized)
	r.peer.absent = errors.New("not on PATH")
	if _, err := r.run(t.Context()); !errors.Is(err, r.peer.absent) || !strings.Contains(err.Error(), "peer bbftp") {
		t.Errorf("error is %v", err)
	}
}

func TestEvents(t *testing.T) {
	r := newRig(t, sized+"[repeats]\nmin = 2\nmax = 2")
	var events []Event
	r.Progress = func(e Event) { events = append(events, e) }
	f := r.mustRun(t)
	if len(events) != 2*len(f.Records) {
		t.Fatalf("%d events of %d trials", len(events), len(f.Records))
	}
	share := -1.0
	for i, e := range events {
		rec := f.Records[i/2]
		if e.Cell != rec.Cell || e.Repeat != rec.Repeat || e.Cells != 4 || (e.Record != nil) != (i%2 == 1) {
			t.Errorf("event %d: %+v", i, e)
		}
		if e.Left < 0 || e.Share < 0 || e.Share > 1 {
			t.Errorf("event %d: %v left, share %g", i, e.Left, e.Share)
		}
		share = e.Share
	}
	last := events[len(events)-1]
	if share != 1 || last.Left != 0 || last.Settled != 4 || last.Goodput.N != 2 || last.Record.Settled != "repeats" {
		t.Errorf("the last: %+v", last)
	}
	if first := events[0]; first.Settled != 0 || first.Left < time.Second || first.Share != 0 {
		t.Errorf("the first: %+v", first)
	}
}
