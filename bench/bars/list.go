package bars

import (
	"fmt"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// onLoopback is a put of a file in memory over loopback.
func onLoopback(peer string, version, streams int) trial.Cell {
	return trial.Cell{
		Peer: peer, Version: version, Direction: trial.Put, Streams: streams, Kind: "random",
		Path: trial.Loopback, Storage: trial.Memory,
	}
}

func onDisk(c trial.Cell) trial.Cell {
	c.Storage = trial.Disk
	return c
}

func compressed(c trial.Cell) trial.Cell {
	c.Kind, c.Compressed = "json", true
	return c
}

func files(c trial.Cell, n int) trial.Cell {
	c.Files = n
	return c
}

// path is an emulated one.
type path struct {
	rate       int64
	rtt, loss  float64
	congestion string
}

func (p path) put(peer string, version, streams int) trial.Cell {
	return trial.Cell{
		Peer: peer, Version: version, Direction: trial.Put, Streams: streams, Kind: "random",
		Path: trial.Emulated, Rate: p.rate, RTT: p.rtt, Loss: p.loss, Congestion: p.congestion,
	}
}

func (p path) String() string {
	text := fmt.Sprintf("%v Gbit/s × %v ms", float64(p.rate)/1e9, p.rtt*1000)
	if p.congestion != "" {
		text += ", " + p.congestion
	}
	if p.loss > 0 {
		text += ", loss " + stats.FormatShare(p.loss)
	}
	return text
}

// waits is why a ratio of whole runs of the legacy programs says little.
const waits = "about 1.2 s of each legacy run are fixed waits, not work: the marginal rate is beside it"

// list is all bars, in the order of their telling.
func list() []bar {
	return append(append(loopbackBars(), compressionBars()...), append(pathBars(), sizeBars()...)...)
}

func loopbackBars() []bar {
	const whole = "1 GiB put, loopback, memory, no options, whole client process"
	auto, socat := onLoopback("bbftp-auto", 3, 0), onLoopback("socat", 0, 1)
	legacy := onLoopback("legacy", 3, 4)
	all := []bar{
		{
			about: whole + ": time over socat's", sets: []set{{"bbftp", auto, largest, seconds}, {"socat", socat, largest, seconds}},
			of: quotient, most: true, bound: 1.35, unit: inSeconds, ratio: true,
		},
		{
			about: "its data phase over 4 streams: rate over legacy's marginal rate",
			sets:  append([]set{{"bbftp", onLoopback("bbftp", 3, 4), largest, moving}}, marginalSets(legacy)...),
			of:    func(m []float64) float64 { return m[0] / marginal(m[1:]) }, bound: 1.2, unit: inGbit, ratio: true,
			note: "marginal rate: what the large file has more than the small one, by the time it takes more",
		},
		{
			about: whole + ": legacy's time over ours", sets: []set{{"legacy, 4 streams", legacy, largest, working}, {"bbftp", auto, largest, seconds}},
			of: quotient, bound: 4, unit: inSeconds, ratio: true, note: waits,
		},
	}
	for _, place := range []struct {
		name    string
		bound   float64
		streams []int
		at      func(trial.Cell) trial.Cell
	}{
		{"memory", 0.40, []int{1, 2, 4}, func(c trial.Cell) trial.Cell { return c }},
		{"disk", 0.30, []int{1, 4}, onDisk},
	} {
		for _, n := range place.streams {
			all = append(all, bar{
				about: fmt.Sprintf("CPU of both ends, 1 GiB put, loopback, %s, %d streams, s/GB", place.name, n),
				sets:  []set{{"", place.at(onLoopback("bbftp", 3, n)), largest, cpu}},
				of:    only, most: true, bound: place.bound, unit: inPerGB,
			})
		}
	}
	return append(all, bar{
		about: "CPU of the sender, the same over 4 streams: over legacy's",
		sets:  []set{{"bbftp", onLoopback("bbftp", 3, 4), largest, senderCPU}, {"legacy", legacy, largest, senderCPU}},
		of:    quotient, most: true, bound: 0.6, unit: inPerGB, ratio: true,
	})
}

func compressionBars() (all []bar) {
	legacy := set{"legacy at its best count", compressed(onLoopback("legacy", 3, anyStreams)), largest, working}
	for _, version := range []int{1, 3} {
		ours := set{"bbftp", compressed(onLoopback("bbftp", version, anyStreams)), largest, seconds}
		name := fmt.Sprintf("256 MiB of JSON lines compressed, version %d", version)
		all = append(
			all,
			bar{about: name + ", s", sets: []set{ours}, of: only, most: true, bound: 0.9, unit: inSeconds, note: left},
			bar{about: name + ": legacy's time over ours", sets: []set{legacy, ours}, of: quotient, bound: 5, unit: inSeconds, ratio: true, note: stalls},
		)
	}
	mixed := set{"bbftp with a legacy server", compressed(onLoopback("bbftp-legacy", 3, anyStreams)), largest, working}
	return append(all, bar{
		about: "the same to a legacy server, version 3: legacy's time over ours",
		sets:  []set{legacy, mixed}, of: quotient, bound: 3, unit: inSeconds, ratio: true, note: stalls,
	})
}

// left is what compression does where nothing is slower than it.
const left = "nearly all blocks are left as they are, loopback being faster than deflating"

// stalls is how lost start signals are counted.
const stalls = "runs in which a legacy server lost a start signal are counted apart"

func pathBars() (all []bar) {
	const gbit = 1_000_000_000
	for _, p := range []path{{gbit, 0.1, 0, "bbr"}, {gbit, 0.1, 0, "cubic"}, {gbit, 0.1, 1e-4, "bbr"}, {10 * gbit, 0.05, 0, "bbr"}} {
		bound := 1.05
		if p.rate > gbit {
			bound = 1.1
		}
		iperf3, ours := p.put("iperf3", 0, 1), p.put("bbftp-auto", 3, 0)
		all = append(all, bar{
			about: fmt.Sprintf("%v, no options, cold cache: time over iperf3's", p),
			sets:  []set{{"bbftp", ours, largest, seconds}, {"iperf3", iperf3, largest, seconds}},
			of:    quotient, most: true, bound: bound, unit: inSeconds, ratio: true,
		}, bar{
			about: fmt.Sprintf("%v: the same for each byte that had arrived", p),
			sets:  []set{{"iperf3", iperf3, largest, goodput}, {"bbftp", ours, largest, goodput}},
			of:    quotient, most: true, bound: bound, unit: inMbit, ratio: true,
			note: "iperf3 ends when it has handed all to TCP, some 6 % of it still on the way",
		})
		if p.loss == 0 && p.rate == gbit {
			all = append(all, bar{
				about: fmt.Sprintf("%v: rate at speed over what the link carries", p),
				sets:  []set{{"bbftp", p.put("bbftp-auto", 3, 0), largest, steady}},
				of:    func(m []float64) float64 { return m[0] / stats.LinkLimit(p.rate) }, bound: 0.98, unit: inMbit, ratio: true,
			})
		}
	}
	bbr, lossy := path{gbit, 0.1, 0, "bbr"}, path{gbit, 0.1, 1e-4, "cubic"}
	ours := set{"bbftp", bbr.put("bbftp-auto", 3, 0), largest, seconds}
	tuned := bbr.put("legacy-tuned", 3, 10)
	tuned.Window = 4 << 20
	many := set{"bbftp", lossy.put("bbftp-auto", 3, 0), largest, goodput}
	return append(
		all,
		bar{
			about: fmt.Sprintf("%v: time of legacy with 10 streams over ours", bbr),
			sets:  []set{{"legacy", bbr.put("legacy", 3, 10), largest, working}, ours}, of: quotient, bound: 3.5, unit: inSeconds, ratio: true, note: waits,
		},
		bar{
			about: fmt.Sprintf("%v: time of legacy with 10 streams and windows of 4 MiB over ours", bbr),
			sets:  []set{{"legacy", tuned, largest, working}, ours}, of: quotient, bound: 1.1, unit: inSeconds, ratio: true, note: waits,
		},
		bar{
			about: fmt.Sprintf("%v: rate over that of one iperf3 stream", lossy),
			sets:  []set{many, {"iperf3", lossy.put("iperf3", 0, 1), largest, goodput}}, of: quotient, bound: 5, unit: inMbit, ratio: true,
			note: "iperf3 with one stream moves less, or it would take minutes",
		},
		bar{
			about: fmt.Sprintf("%v: rate over iperf3's with as many streams", lossy),
			sets:  []set{many, {"iperf3", lossy.put("iperf3", 0, manyStreams), largest, goodput}}, of: quotient, bound: 0.9, unit: inMbit, ratio: true,
		},
	)
}

func sizeBars() (all []bar) {
	for _, version := range []int{1, 3} {
		all = append(all, bar{
			about: fmt.Sprintf("100 files of 64 KiB in one session, version %d, loopback, s", version),
			sets:  []set{{"bbftp", files(onLoopback("bbftp", version, 1), 100), largest, seconds}},
			of:    only, most: true, bound: 0.25, unit: inSeconds,
		})
	}
	const mib = 1 << 20
	for _, side := range []struct {
		name   string
		figure func(trial.Record) float64
	}{{"client", clientMemory}, {"server", serverMemory}} {
		plain := onLoopback("bbftp", 3, 25)
		all = append(
			all,
			bar{
				about: "peak memory of the " + side.name + ", 25 streams, plain, MiB", sets: []set{{"", plain, largest, side.figure}},
				of: func(m []float64) float64 { return m[0] / mib }, most: true, bound: 96, unit: inMiB,
			},
			bar{
				about: "peak memory of the " + side.name + ", 25 streams, compressed, MiB", sets: []set{{"", compressed(plain), largest, side.figure}},
				of: func(m []float64) float64 { return m[0] / mib }, most: true, bound: 160, unit: inMiB,
			},
		)
	}
	return all
}
