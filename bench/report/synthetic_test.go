package report

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"time"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// plan is a made-up sweep: the textbook's transfers with a little noise, the
// same for the same plan.
type plan struct {
	peers    []trial.Cell // peer, version, window
	streams  []int
	rtts     []float64
	losses   []float64
	repeats  int
	samples  int
	rate     int64
	duration float64
}

// committed is the plan of testdata/sweep.jsonl.
var committed = plan{
	peers: []trial.Cell{
		{Peer: "bbftp", Version: 1},
		{Peer: "legacy", Version: 2},
		{Peer: "iperf3"},
	},
	streams: []int{1, 4, 8}, rtts: []float64{0.01, 0.1}, losses: []float64{0},
	repeats: 7, samples: 12, rate: 1e9, duration: 5,
}

// large is what the preset wan may come to.
var large = plan{
	peers: []trial.Cell{
		{Peer: "bbftp", Version: 1},
		{Peer: "bbftp", Version: 3},
		{Peer: "legacy", Version: 2},
		{Peer: "legacy-tuned", Version: 3},
		{Peer: "iperf3"},
	},
	streams: []int{1, 2, 4, 8, 16, 25}, rtts: []float64{0.01, 0.05, 0.1}, losses: []float64{0, 1e-4},
	repeats: 8, samples: 100, rate: 1e9, duration: 10,
}

var madeUp = trial.Environment{
	ID: "3f9c1a52", Kernel: "6.12.9", System: "Debian GNU/Linux 13", CPU: "Example CPU 3.0 GHz", Cores: 4, Memory: 16 << 30,
	Build: "v0-12-gabcdef0", Go: "go1.26.0", Congestion: "cubic", Available: "reno cubic",
	Sysctls:  map[string]string{"net.ipv4.tcp_rmem": "4096 131072 37500000", "net.core.rmem_max": "212992"},
	Versions: map[string]string{"bbftp": "4.0.0", "legacy": "3.3.0", "iperf3": "3.18"},
	Files:    "tmpfs", Emulator: "tun",
}

func (p plan) write(out io.Writer) error {
	w := trial.NewWriter(out)
	if err := w.Environment(madeUp); err != nil {
		return err
	}
	for _, r := range p.records() {
		if err := w.Trial(r); err != nil {
			return err
		}
	}
	return nil
}

func (p plan) records() []trial.Record {
	var all []trial.Record
	noise := rand.New(rand.NewPCG(4, 2))
	began := time.Date(2026, 3, 14, 9, 26, 0, 0, time.UTC)
	for repeat := range p.repeats + 1 { // the first is the warm-up
		for _, peer := range p.peers {
			for _, loss := range p.losses {
				for _, rtt := range p.rtts {
					for _, n := range p.streams {
						c := peer
						c.Direction, c.Streams, c.Kind, c.Bytes = trial.Put, n, "random", 4<<30
						c.Duration = p.duration
						c.Path, c.RTT, c.Rate, c.Loss, c.Congestion = trial.Emulated, rtt, p.rate, loss, "cubic"
						r := p.trial(c, repeat, noise)
						r.Time, r.Sweep, r.Environment = began, "made-up", madeUp.ID
						began = began.Add(time.Duration((r.Seconds + 1) * float64(time.Second))).Truncate(time.Millisecond)
						all = append(all, r)
					}
				}
			}
		}
	}
	return all
}

// trial is set-up, slow start, a steady rate under the lowest bound, and a tail.
func (p plan) trial(c trial.Cell, repeat int, noise *rand.Rand) trial.Record {
	r := trial.Record{Repeat: repeat, Cell: c, Seed: uint64(repeat)}
	n := float64(c.Streams)
	steady := stats.LinkLimit(c.Rate)
	switch c.Peer {
	case "legacy":
		steady = math.Min(0.93*steady, n*262144*8/c.RTT)
	case "bbftp":
		steady = math.Min(0.995*steady, n*7e6*8/c.RTT)
	}
	if c.Loss > 0 {
		steady = math.Min(steady, 1.6*stats.Mathis(c.Streams, stats.MSS, c.RoundTrip(), c.Loss))
	}
	steady *= 1 - 0.02*noise.Float64()
	r.Steady = math.Round(steady)
	r.Setup = round(4*c.RTT + 0.004)
	if c.Peer == "legacy" && c.Streams == 8 && repeat%3 == 2 {
		r.Stall = 1
		r.Setup = round(r.Setup + r.Stall)
	}
	r.Ramp = round(c.RTT * math.Log2(math.Max(2, steady/n*c.RTT/8/14480)))
	r.Flat, r.Tail = round(p.duration), round(c.RTT)
	r.Seconds = round(r.Setup + r.Ramp + r.Flat + r.Tail)
	r.Bytes = int64(steady / 8 * (r.Flat + 0.4*r.Ramp))
	r.Goodput = math.Round(float64(r.Bytes) * 8 / r.Seconds)
	gb := float64(r.Bytes) / 1e9
	r.ClientCPU, r.ServerCPU = round(gb*(0.21+0.02*noise.Float64())), round(gb*(0.34+0.02*noise.Float64()))
	switch c.Peer {
	case "bbftp":
		r.SenderSendfile, r.ReceiverSplice = r.Bytes, r.Bytes
	case "legacy":
		r.ClientCPU, r.ServerCPU = round(2*r.ClientCPU), round(2*r.ServerCPU)
	}
	r.PacketsIn = r.Bytes / stats.MSS
	r.PacketsOut, r.BytesIn, r.BytesOut = r.PacketsIn, r.PacketsIn*stats.MTU, r.PacketsIn*stats.MTU
	r.LostRandom = int64(float64(r.PacketsIn) * c.Loss)
	r.Retransmits = r.LostRandom
	r.Settings = map[string]string{"tcp_rmem": "4096 131072 37500000", "tcp_wmem": "4096 131072 37500000"}
	p.courses(&r, steady)
	mishaps(&r)
	return r
}

// courses fills in the columns over time.
func (p plan) courses(r *trial.Record, steady float64) {
	n := float64(r.Streams)
	full := steady * r.RTT / 8 / n
	for i := range p.samples + 1 {
		t := round(r.Seconds * float64(i) / float64(p.samples))
		r.Progress.Time = append(r.Progress.Time, t)
		r.Progress.Bytes = append(r.Progress.Bytes, int64(float64(r.Bytes)*arrived(*r, t)))
	}
	if r.Peer != "bbftp" {
		return
	}
	for k := range r.Streams {
		s := trial.Series{LocalPort: 5031, RemotePort: 40000 + k}
		for i, t := range r.Progress.Time {
			share := 1 - 0.3*math.Abs(math.Sin(t*1.3+float64(k))) // a saw of its own for each stream
			cwnd := math.Max(14480, full*math.Min(1, arrived(*r, t+r.Ramp)*6)*share*1.2)
			s.Time = append(s.Time, t)
			s.Cwnd = append(s.Cwnd, int64(cwnd/stats.MSS)*stats.MSS)
			s.RTT = append(s.RTT, r.RTT)
			s.Delivery = append(s.Delivery, math.Round(cwnd*8/r.RTT))
			s.Acked = append(s.Acked, r.Progress.Bytes[i]/int64(r.Streams))
			s.Received = append(s.Received, 0)
			s.Retrans = append(s.Retrans, int64(float64(r.Retransmits)*t/r.Seconds/n))
			s.Busy = append(s.Busy, t)
			s.RwndLimited = append(s.RwndLimited, 0)
			s.SndbufLimited = append(s.SndbufLimited, 0)
		}
		r.Series = append(r.Series, s)
	}
}

// arrived is the share of the file that is there at t seconds.
func arrived(r trial.Record, t float64) float64 {
	ramp := math.Min(math.Max(t-r.Setup, 0), r.Ramp)
	flat := math.Min(math.Max(t-r.Setup-r.Ramp, 0), r.Flat)
	return math.Min(1, (0.4*ramp*ramp/math.Max(r.Ramp, 1e-9)+flat)/(r.Flat+0.4*r.Ramp))
}

// mishaps are what a report must not hide.
func mishaps(r *trial.Record) {
	switch {
	case r.Peer == "bbftp" && r.Streams == 4 && r.RTT == 0.1 && r.Repeat == 3:
		r.Unfaithful = "the emulator delivered 1.2 % of packets more than 1 ms late"
	case r.Peer == "legacy" && r.Streams == 8 && r.RTT == 0.1 && r.Repeat == 5:
		error := `put /trial/<file>: "connection reset by peer" & gave up`
		*r = trial.Record{Repeat: r.Repeat, Cell: r.Cell, Seed: r.Seed, Seconds: 2.5, Error: error}
	case r.Peer == "iperf3" && r.Streams == 1 && r.Repeat == 2:
		r.Warnings = []string{fmt.Sprintf("%d samples of the sender were lost", 3)}
	}
}

func round(v float64) float64 { return math.Round(v*1e4) / 1e4 }
