package stats

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/trial"
)

// held is a data stream of ten seconds, of which so many had data under way
// and so many were held back by either buffer.
func held(busy, rwnd, sndbuf float64) trial.Series {
	return trial.Series{
		Time: []float64{0, 5, 10}, RTT: []float64{0.1004, 0.1003, 0.1009},
		Busy: []float64{0, busy / 2, busy}, RwndLimited: []float64{0, 0, rwnd}, SndbufLimited: []float64{0, 0, sndbuf},
	}
}

func TestExplain(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cell   trial.Cell
		rate   float64
		cores  int
		with   func(*trial.Record)
		enough bool
		want   Verdict
	}{
		{
			name: "link", cell: wan("bbftp", 8), rate: 960e6,
			with: func(r *trial.Record) { r.Retransmits = 1200 },
			want: Verdict{
				LimitLink, "A 1 Gbit/s link carries 965 Mbit/s of payload; measured 960 Mbit/s.",
				"Nothing to set: the path is full; compression can gain more if the data allow it.",
			},
		},
		{
			name: "link, compressed", cell: compressed(wan("bbftp", 8)), rate: 1900e6,
			with: func(r *trial.Record) { r.BytesOut = r.Bytes / 2 },
			want: Verdict{
				LimitLink, "The compressed streams fill 95 % of the 1 Gbit/s link; measured 1.90 Gbit/s of payload.",
				"Nothing to set: the path is full.",
			},
		},
		{
			name: "window", cell: windowed(wan("legacy", 4), 0), rate: 81e6,
			with: func(r *trial.Record) { r.Series = []trial.Series{held(10, 9, 0)} },
			want: Verdict{
				LimitWindow, "4 streams × 256 KiB windows over 100 ms allow 83.9 Mbit/s; measured 81.0 Mbit/s.",
				"To fill the path (11.92 MiB in flight): windows of 4 MiB, left to the kernel's tuning or asked for with net.core.rmem_max and wmem_max no smaller; or 48 streams.",
			},
		},
		{
			name: "window, more granted", cell: windowed(wan("iperf3", 1), 1<<20), rate: 140e6,
			with: func(r *trial.Record) { r.Series = []trial.Series{held(10, 1, 8)} },
			want: Verdict{
				LimitWindow, "1 stream × 1 MiB window over 100 ms allows 83.9 Mbit/s; measured 140 Mbit/s, the kernel having granted more than was asked.",
				"To fill the path (11.92 MiB in flight): windows of 16 MiB, left to the kernel's tuning or asked for with net.core.rmem_max and wmem_max no smaller; or 12 streams.",
			},
		},
		{ // the figures agree by chance: nothing held the streams back
			name: "window, never full", cell: lossy(windowed(wan("iperf3", 4), 256<<10), 1e-4), rate: 70e6,
			with: func(r *trial.Record) {
				r.Retransmits, r.PacketsIn, r.LostRandom = 7, 69_000, 7
				r.Series = []trial.Series{held(10, 0.2, 0)}
			},
			want: Verdict{
				LimitLoss, "A loss of 0.01 % over 100 ms leaves 4 streams about 56.7 Mbit/s (Mathis); measured 70.0 Mbit/s, 7 retransmits in a transfer.",
				"More streams, or a congestion control that does not take each loss for congestion (bbr); at this rate each, 56 streams fill the link.",
			},
		},
		{ // 64 MiB asked, a fraction granted
			name: "window not granted", cell: windowed(wan("bbftp", 1), 64<<20), rate: 33e6,
			with: func(r *trial.Record) { r.Series = []trial.Series{held(10, 9.5, 0)} },
			want: Verdict{
				LimitReceiver, "The receiver's window held the senders back for 95 % of their time, at 402.83 KiB in flight a stream; measured 33.0 Mbit/s.",
				"Raise the window asked for, and net.core.rmem_max on the receiver to 32 MiB or more (twice a stream's share of the path), or use more streams; if they are large enough, its disk or program is too slow.",
			},
		},
		{
			name: "receiver", cell: wan("bbftp", 4), rate: 300e6,
			with: func(r *trial.Record) { r.Series = []trial.Series{held(10, 6, 1), held(10, 6.4, 1)} },
			want: Verdict{
				LimitReceiver, "The receiver's window held the senders back for 62 % of their time, at 915.53 KiB in flight a stream; measured 300 Mbit/s.",
				"Raise the maximum of net.ipv4.tcp_rmem on the receiver to 8 MiB or more (twice a stream's share of the path), or use more streams; if they are large enough, its disk or program is too slow.",
			},
		},
		{
			name: "sender buffer", cell: wan("bbftp", 4), rate: 300e6,
			with: func(r *trial.Record) { r.Series = []trial.Series{held(10, 1, 7)} },
			want: Verdict{
				LimitSenderBuffer, "Full send buffers held the senders back for 70 % of their time, at 915.53 KiB in flight a stream; measured 300 Mbit/s.",
				"Raise the maximum of net.ipv4.tcp_wmem on the sender to 8 MiB or more (twice a stream's share of the path), or use more streams.",
			},
		},
		{
			name: "sender buffer, unknown path", cell: network(wan("bbftp", 4)), rate: 300e6,
			with: func(r *trial.Record) { r.Series = []trial.Series{held(10, 1, 7)} },
			want: Verdict{
				LimitSenderBuffer, "Full send buffers held the senders back for 70 % of their time, at 918.27 KiB in flight a stream; measured 300 Mbit/s.",
				"Raise the maximum of net.ipv4.tcp_wmem on the sender, or use more streams.",
			},
		},
		{
			name: "loss", cell: lossy(wan("bbftp", 4), 1e-4), rate: 90e6,
			with: func(r *trial.Record) {
				r.Retransmits, r.PacketsIn, r.LostRandom = 7, 69_000, 7
				r.Series = []trial.Series{held(10, 0, 0.2)}
			},
			want: Verdict{
				LimitLoss, "A loss of 0.01 % over 100 ms leaves 4 streams about 56.7 Mbit/s (Mathis); measured 90.0 Mbit/s, 7 retransmits in a transfer.",
				"More streams, or a congestion control that does not take each loss for congestion (bbr); at this rate each, 43 streams fill the link.",
			},
		},
		{
			name: "loss, bbr", cell: congested(lossy(wan("bbftp", 1), 0.01), "bbr"), rate: 500e6,
			with: func(r *trial.Record) { r.Retransmits, r.PacketsIn, r.LostRandom = 700, 69_000, 690 },
			want: Verdict{
				LimitLoss, "A loss of 1 % over 100 ms; measured 500 Mbit/s, 700 retransmits in a transfer.",
				"More streams; at this rate each, 2 streams fill the link.",
			},
		},
		{
			name: "loss, full queue", cell: queued(wan("bbftp", 1), 64<<10), rate: 300e6,
			with: func(r *trial.Record) { r.Retransmits, r.PacketsIn, r.LostQueue = 1, 69_000, 420 },
			want: Verdict{
				LimitLoss, "The queue of 64 KiB before the link overflowed: 420 packets dropped in a transfer, 1 retransmit; measured 300 Mbit/s.",
				"A deeper queue, pacing (net.core.default_qdisc = fq) or bbr.",
			},
		},
		{
			name: "loss, guessed from retransmits", cell: network(wan("bbftp", 2)), rate: 20e6,
			with: func(r *trial.Record) { r.Retransmits, r.Series = 69, []trial.Series{held(10, 0, 0)} },
			want: Verdict{
				LimitLoss, "A loss of 0.1 % over 100 ms leaves 2 streams about 8.95 Mbit/s (Mathis); measured 20.0 Mbit/s, 69 retransmits in a transfer.",
				"More streams, or a congestion control that does not take each loss for congestion (bbr).",
			},
		},
		{
			name: "one core", cell: wan("scp", 1), rate: 400e6,
			with: func(r *trial.Record) { r.ClientCPU, r.ServerCPU = 0.5*r.Seconds, 0.97*r.Seconds },
			want: Verdict{
				LimitCPU, "The server uses 0.97 cores for 1 stream; measured 400 Mbit/s.",
				"More streams, where the program gives each a core; else a faster core.",
			},
		},
		{
			name: "all cores", cell: compressed(wan("bbftp", 4)), rate: 700e6, cores: 2,
			with: func(r *trial.Record) {
				r.ClientCPU, r.ServerCPU, r.EmulatorCPU = 1.3*r.Seconds, 0.4*r.Seconds, 0.2*r.Seconds
				r.BytesOut = r.Bytes / 2
			},
			want: Verdict{
				LimitCPU, "The machine's 2 cores are busy: client 1.30, server 0.40, emulated path 0.20; measured 700 Mbit/s.",
				"No compression, or more cores, or client and server on machines of their own.",
			},
		},
		{
			name: "ssh", cell: wan("scp", 1), rate: 160e6,
			want: Verdict{
				LimitWindow, "The ssh channel's own window of 2 MiB over 100 ms allows 168 Mbit/s; measured 160 Mbit/s.",
				"No socket buffer widens it; use a program without the limit.",
			},
		},
		{
			name: "start-up", cell: wan("bbftp", 1), rate: 300e6,
			with: func(r *trial.Record) {
				r.Setup, r.Ramp, r.Steady, r.Flat = 0.5, 1.5, 900e6, 0.6
			},
			want: Verdict{
				LimitStartup, "At speed the link is full (900 Mbit/s), but set-up (500 ms) and ramp (1.5 s) are 75 % of a transfer of 2.67 s: the file is too short for the path.",
				"Move files of 2 GiB or more, or many in one session; more streams shorten the ramp.",
			},
		},
		{ // more streams were measured, and no faster
			name: "start-up, the link full at speed", cell: wan("bbftp", 1), rate: 560e6,
			with: func(r *trial.Record) {
				r.Seconds, r.Setup, r.Ramp, r.Flat, r.Tail, r.Steady = 0.96, 0.15, 0.27, 0.53, 0.01, 965e6
			},
			enough: true,
			want: Verdict{
				LimitStartup, "At speed the link is full (965 Mbit/s), but set-up (150 ms) and ramp (270 ms) are 44 % of a transfer of 960 ms: the file is too short for the path.",
				"Move files of 512 MiB or more, or many in one session.",
			},
		},
		{
			name: "tail", cell: wan("bbftp", 4), rate: 443e6,
			with: func(r *trial.Record) {
				r.Seconds, r.Setup, r.Ramp, r.Flat, r.Tail, r.Steady = 1.2, 0.23, 0.12, 0.4, 0.45, 955e6
			},
			want: Verdict{
				LimitTail, "At speed the link is full (955 Mbit/s), but the 4 streams do not end together: the tail, in which only some still move data, takes 450 ms, 38 % of a transfer of 1.2 s; set-up and ramp take 29 %.",
				"Fewer streams end closer together; larger files make start and tail matter less.",
			},
		},
		{ // twice the goodput without its ends, ten times without the losses
			name: "loss costs more than the ends", cell: lossy(wan("bbftp", 1), 1e-4), rate: 20e6,
			with: func(r *trial.Record) {
				r.Retransmits, r.PacketsIn, r.LostRandom, r.Steady = 7, 69_000, 7, 30e6
				r.Setup, r.Ramp, r.Tail = r.Seconds/20, r.Seconds/5, r.Seconds/20
			},
			want: Verdict{
				LimitLoss, "A loss of 0.01 % over 100 ms leaves 1 stream about 14.2 Mbit/s (Mathis); measured 30.0 Mbit/s, 7 retransmits in a transfer; set-up and ramp took 25 % of the time.",
				"More streams, or a congestion control that does not take each loss for congestion (bbr); at this rate each, 33 streams fill the link.",
			},
		},
		{
			name: "link, a little of its ends", cell: wan("bbftp", 1), rate: 820e6,
			with: func(r *trial.Record) {
				r.Setup, r.Ramp, r.Tail, r.Steady = r.Seconds/20, r.Seconds/10, r.Seconds/100, 960e6
			},
			want: Verdict{
				LimitLink, "A 1 Gbit/s link carries 965 Mbit/s of payload; measured 960 Mbit/s at speed; set-up and ramp took 15 % of the time.",
				"Nothing to set: at speed the path is full; larger files make start and tail matter less; compression can gain more if the data allow it.",
			},
		},
		{
			name: "loss, the queue of one BDP", cell: queued(wan("bbftp", 1), 0), rate: 300e6,
			with: func(r *trial.Record) { r.Retransmits, r.PacketsIn, r.LostQueue = 1, 69_000, 420 },
			want: Verdict{
				LimitLoss, "The queue of one BDP (11.92 MiB) before the link overflowed: 420 packets dropped in a transfer, 1 retransmit; measured 300 Mbit/s.",
				"A deeper queue, pacing (net.core.default_qdisc = fq) or bbr.",
			},
		},
		{
			name: "stall", cell: wan("legacy", 1), rate: 40e6,
			with: func(r *trial.Record) { r.Stall, r.Setup = 10, 10.5 },
			want: Verdict{
				LimitStall, "The program's own waits at the start, 10 s a file, take 50 % of the time; without them it moves 80.0 Mbit/s.",
				"Nothing on the path helps; larger files make the waits matter less.",
			},
		},
		{
			name: "a little of either start", cell: windowed(wan("legacy", 4), 0), rate: 70e6,
			with: func(r *trial.Record) { r.Stall, r.Setup, r.Ramp, r.Steady = 1, 2, 0.5, 82e6 },
			want: Verdict{
				LimitWindow, "4 streams × 256 KiB windows over 100 ms allow 83.9 Mbit/s; measured 82.0 Mbit/s; set-up and ramp took 14 % of the time; waits of the program's own, 1 s a file, are left out.",
				"To fill the path (11.92 MiB in flight): windows of 4 MiB, left to the kernel's tuning or asked for with net.core.rmem_max and wmem_max no smaller; or 48 streams.",
			},
		},
		{
			name: "sender idle", cell: wan("bbftp", 4), rate: 300e6,
			with: func(r *trial.Record) { r.Series = []trial.Series{held(3, 0.1, 0)} },
			want: Verdict{
				LimitUnknown, "Measured 300 Mbit/s, with data under way only 30 % of the time: the sender's disk or program does not deliver.",
				"Look at the disk and the program of the sending side, not at the network.",
			},
		},
		{
			name: "unknown", cell: wan("bbftp", 4), rate: 300e6,
			with: func(r *trial.Record) { r.Series = []trial.Series{held(9.8, 0.1, 0.1)} },
			want: Verdict{
				LimitUnknown, "Measured 300 Mbit/s of 965 Mbit/s that the link allows, but nothing stands out: buffers held the senders 2 % of their time, 0 retransmits, 0.08 cores in the busier program.",
				"Look at the disks and the programs of both sides.",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records := trials(tt.cell, tt.rate, tt.rate, tt.rate)
			for i := range records {
				if tt.with != nil {
					tt.with(&records[i])
				}
			}
			g := GroupByCell(records)[0]
			g.Cores, g.Enough = tt.cores, tt.enough
			if d := cmp.Diff(tt.want, Explain(g)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func compressed(c trial.Cell) trial.Cell                  { c.Compressed = true; return c }
func windowed(c trial.Cell, window int64) trial.Cell      { c.Window = window; return c }
func lossy(c trial.Cell, loss float64) trial.Cell         { c.Loss = loss; return c }
func congested(c trial.Cell, algorithm string) trial.Cell { c.Congestion = algorithm; return c }
func queued(c trial.Cell, queue int64) trial.Cell         { c.Queue = queue; return c }

// network is the cell on a path of which only the connections tell the RTT.
func network(c trial.Cell) trial.Cell {
	c.Path, c.Target, c.RTT, c.Rate, c.Queue = trial.Network, "far", 0, 0, 0
	return c
}

func TestExplainWithoutTrials(t *testing.T) {
	failed := trials(wan("legacy", 1), 1e6)
	failed[0].Error = "password refused"
	unfaithful := trials(wan("bbftp", 1), 1e6)
	unfaithful[0].Unfaithful = "delivered 3 ms late"
	for _, tt := range []struct {
		g    Group
		want string
	}{
		{Group{}, "No usable trial."},
		{GroupByCell(failed)[0], "No usable trial, 1 failed: password refused."},
		{GroupByCell(unfaithful)[0], "No usable trial, the path was unfaithful in 1: delivered 3 ms late."},
		{GroupByCell([]trial.Record{{Repeat: 1}})[0], "No payload was moved in a measurable time."},
	} {
		if got := Explain(tt.g); got.Limit != LimitUnknown || got.Sentence != tt.want || got.Advice != "" {
			t.Errorf("%+v, want %q", got, tt.want)
		}
	}
}

// Whatever the figures, the verdict is a whole sentence without a stray NaN.
func FuzzExplain(f *testing.F) {
	f.Add(1, int64(1<<20), 1e8, 0.1, 0.01, 8.0, 1.0, 0.5, 0.0, 10.0, 2.0, 3.0, int64(100), 2)
	f.Add(0, int64(-1), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, int64(0), 0)
	f.Add(-3, int64(math.MaxInt64), math.MaxFloat64, 1e-300, 7.0, 1e300, -5.0, 9e99, 1e300, 1e-300, -1.0, 1e300, int64(math.MinInt64), -1)
	peers := []string{"bbftp", "legacy", "scp", "iperf3"}
	f.Fuzz(func(t *testing.T, n int, w int64, rate, rtt, loss, secs, setup, ramp, stall, busy, rwnd, snd float64, count int64, cores int) {
		c := wan(peers[uint(n)%4], n)
		c.Window, c.RTT, c.Loss, c.Rate = w, rtt, loss, count
		records := trials(c, rate, rate)
		for i := range records {
			r := &records[i]
			r.Seconds, r.Setup, r.Ramp, r.Stall, r.Retransmits, r.LostQueue, r.PacketsIn, r.BytesOut = secs, setup, ramp, stall, count, count, w, w
			r.Series = []trial.Series{held(busy, rwnd, snd), {Busy: []float64{busy}}, {}}
		}
		for _, g := range GroupByCell(records) {
			g.Cores = cores
			v := Explain(g)
			if v.Limit == "" || !strings.HasSuffix(v.Sentence, ".") || strings.Contains(v.Sentence+v.Advice, "NaN") {
				t.Errorf("%+v", v)
			}
		}
	})
}
