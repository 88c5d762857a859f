package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bbftp/bench/observe"
	"bbftp/bench/peer"
	"bbftp/bench/scenario"
	"bbftp/bench/trial"
	"bbftp/engine/transfer"
)

// fakeMachine has a clock that only fake peers move.
type fakeMachine struct {
	clock      time.Time
	room       int64
	openErr    error
	observeErr error
	closeErr   error
	faults     func(c trial.Cell, seed uint64) []string
	openPaths  int
	watches    int
	files      string // type of every file system
}

func newFakeMachine() *fakeMachine {
	return &fakeMachine{clock: time.Unix(1e9, 0), room: math.MaxInt64}
}

func (m *fakeMachine) now() time.Time             { return m.clock }
func (m *fakeMachine) free(string) (int64, error) { return m.room, nil }
func (m *fakeMachine) environment(build, _ string) (trial.Environment, error) {
	return trial.Environment{Kernel: "fake", Build: build, Cores: 2, Files: m.files}, nil
}

func (m *fakeMachine) open(_ context.Context, c trial.Cell, seed uint64) (path, error) {
	if m.openErr != nil {
		return nil, m.openErr
	}
	m.openPaths++
	return &fakePath{machine: m, cell: c, seed: seed}, nil
}

func (m *fakeMachine) observe(path, trial.Cell) (observer, error) {
	if m.observeErr != nil {
		return nil, m.observeErr
	}
	m.watches++
	return &fakeObserver{m, m.clock}, nil
}

type fakeObserver struct {
	machine *fakeMachine
	origin  time.Time
}

func (o *fakeObserver) Stop() observe.Observation {
	o.machine.watches--
	series := trial.Series{
		LocalPort: 1, RemotePort: 2, Time: []float64{1.5}, Cwnd: []int64{1}, RTT: []float64{0.1}, Delivery: []float64{1},
		Acked: []int64{1}, Received: []int64{1}, Retrans: []int64{1}, Busy: []float64{1}, RwndLimited: []float64{0}, SndbufLimited: []float64{0},
	}
	control := series
	control.LocalPort = 99
	return observe.Observation{
		Origin: o.origin, Sender: []trial.Series{series, control}, Receiver: []trial.Series{series}, Retransmits: 7,
		Progress: trial.Progress{Time: []float64{0, 1, 2}, Bytes: []int64{0, 0, 1000}}, Warnings: []string{"dim light"},
	}
}

type fakePath struct {
	machine *fakeMachine
	cell    trial.Cell
	seed    uint64
}

func (p *fakePath) Client() peer.Host { return fakeHost{p.machine, p.seed} }
func (p *fakePath) Server() peer.Host { return fakeHost{p.machine, p.seed} }

func (p *fakePath) settings() map[string]string { return map[string]string{"tcp_rmem": "1 2 3"} }

func (p *fakePath) close() (link, error) {
	p.machine.openPaths--
	l := link{backend: "fake", forward: trial.Link{PacketsIn: 10, PacketsOut: 10}, back: trial.Link{PacketsIn: 3}, cpu: time.Second}
	if p.machine.faults != nil {
		l.faults = p.machine.faults(p.cell, p.seed)
	}
	return l, p.machine.closeErr
}

type fakeHost struct {
	machine *fakeMachine
	seed    uint64
}

func (fakeHost) Addr() netip.Addr        { return netip.Addr{} }
func (fakeHost) Start(*exec.Cmd) error   { return errors.ErrUnsupported }
func (fakeHost) Do(f func() error) error { return f() }

// fakePeer moves payload at a rate that the cell and the path's seed give.
type fakePeer struct {
	name    string
	absent  error
	noise   float64 // share of the time
	slow    float64 // times as long; 0: 1
	refuses func(trial.Cell) error
	before  func(ctx context.Context, j peer.Job) error // of each trial; an error fails it
	trials  int
}

func (p *fakePeer) Name() string                            { return p.name }
func (p *fakePeer) Version(context.Context) (string, error) { return p.name + " 1.0", p.absent }

func (p *fakePeer) Supports(c trial.Cell) error {
	if p.refuses == nil {
		return nil
	}
	return p.refuses(c)
}

func (p *fakePeer) Run(ctx context.Context, j peer.Job) (peer.Outcome, error) {
	p.trials++
	if p.before != nil {
		if err := p.before(ctx, j); err != nil {
			return peer.Outcome{}, err
		}
	}
	info, err := os.Stat(j.Source)
	if err != nil || j.Files == 0 && info.Size() != j.Cell.Bytes {
		return peer.Outcome{}, fmt.Errorf("the source: %v, %w", info, err)
	}
	if err := os.WriteFile(filepath.Join(j.Work, "copy"), []byte("x"), 0o600); err != nil {
		return peer.Outcome{}, err
	}
	host := j.Client.(fakeHost)
	random := rand.New(rand.NewPCG(host.seed, 0))
	seconds := 1 + max(p.slow, 1)*float64(j.Cell.Bytes)*8/(1e6*float64(j.Streams))*(1+p.noise*random.Float64())
	began := host.machine.clock.Add(time.Second)
	ended := began.Add(time.Duration(seconds * float64(time.Second)))
	host.machine.clock = ended.Add(time.Second)
	return peer.Outcome{
		Began: began, Ended: ended, Bytes: j.Cell.Bytes, ClientCPU: time.Second, ServerCPU: 2 * time.Second,
		Sender: transfer.Paths{Sendfile: j.Cell.Bytes}, Receiver: transfer.Paths{Splice: j.Cell.Bytes},
		DataPort: func(local, _ int) bool { return local != 99 }, Warnings: []string{"windy"},
	}, nil
}

// newScenario has the cells of two RTTs and two numbers of streams.
func newScenario(t *testing.T, more string) scenario.Scenario {
	t.Helper()
	s, err := scenario.Parse("test.toml", `
rtt = ["10ms", "100ms"]
streams = [1, 4]
rate = ["10mbit"]
`+more)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const sized = "size = \"100KB\"\n"

// rig is a sweep on a fake machine.
type rig struct {
	*Sweep
	machine *fakeMachine
	peer    *fakePeer
	out     bytes.Buffer
}

func newRig(t *testing.T, more string) *rig {
	t.Helper()
	m, p := newFakeMachine(), &fakePeer{name: "bbftp"}
	r := &rig{machine: m, peer: p}
	r.Sweep = &Sweep{Scenario: newScenario(t, more), Peers: []peer.Peer{p}, Dir: t.TempDir(), Build: "test", system: m}
	t.Cleanup(func() {
		if left, err := os.ReadDir(r.Dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		if m.openPaths != 0 || m.watches != 0 {
			t.Errorf("%d paths and %d watches left open", m.openPaths, m.watches)
		}
	})
	return r
}

// run goes on with what is in out, as a resumed sweep does.
func (r *rig) run(ctx context.Context) (*trial.File, error) {
	before, err := trial.Read(bytes.NewReader(r.out.Bytes()))
	if err != nil {
		return nil, err
	}
	runErr := r.Run(ctx, trial.NewWriter(&r.out), before.Records)
	after, err := trial.Read(bytes.NewReader(r.out.Bytes()))
	if err != nil {
		return nil, err
	}
	return after, runErr
}

func (r *rig) mustRun(t *testing.T) *trial.File {
	t.Helper()
	f, err := r.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}
