package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"bbftp/bench/wan"
)

// summary says in a few lines what the path did.
func summary(o wanOptions, r wan.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "bbbench: path: RTT %v; client to server %s; server to client %s\n", o.rtt, direction(o.path.Forward), direction(o.path.Back))
	for _, way := range []struct {
		name string
		wan.DirectionReport
	}{{"client to server", r.Forward}, {"server to client", r.Back}} {
		fmt.Fprintf(&b, "bbbench: %s: %s packets (%s) in, %s (%s) out; lost: %s at random, %s from the queue (at most %s full), %s outside the model\n",
			way.name, humanize.Comma(way.PacketsIn), amount(way.BytesIn), humanize.Comma(way.PacketsOut), amount(way.BytesOut),
			humanize.Comma(way.LostRandom), humanize.Comma(way.LostQueue), amount(way.QueueMax), humanize.Comma(way.LostDevice+way.LostRefused))
		fmt.Fprintf(&b, "bbbench: %s: late by %v (median), %v (99 %%), %v (most)\n", way.name,
			short(way.Lateness.P50), short(way.Lateness.P99), short(way.Lateness.Max))
	}
	fmt.Fprintf(&b, "bbbench: back-end %s, %.2f s of CPU time\n", r.Backend, r.CPU.Seconds())
	fmt.Fprintf(&b, "bbbench: %s\n", verdict(r))
	return b.String()
}

func direction(d wan.Direction) string {
	if d.Rate == 0 {
		return fmt.Sprintf("unlimited, loss %g %%", 100*d.Loss)
	}
	return fmt.Sprintf("%s, queue %s, loss %g %%", humanize.SIWithDigits(float64(d.Rate), 3, "bit/s"), amount(d.Queue), 100*d.Loss)
}

func amount(bytes int64) string { return humanize.Bytes(uint64(max(bytes, 0))) }

func short(d time.Duration) time.Duration { return d.Round(time.Microsecond) }

func verdict(r wan.Report) string {
	if len(r.Faults) == 0 {
		return "faithful"
	}
	return "unfaithful, because " + strings.Join(r.Faults, "; ")
}

// pathReport is the summary for programs. Times are in seconds.
type pathReport struct {
	Status      int       `json:"exit_status"` // of the command
	Seconds     float64   `json:"seconds"`     // it took
	RTT         float64   `json:"rtt_s"`
	Seed        uint64    `json:"seed"`
	Backend     string    `json:"backend"`
	EmulatorCPU float64   `json:"emulator_cpu_s"`
	Faithful    bool      `json:"faithful"`
	Faults      []string  `json:"faults"`
	Forward     wayReport `json:"forward"` // client to server
	Back        wayReport `json:"back"`
}

type wayReport struct {
	Rate   int64   `json:"rate_bps"`
	Delay  float64 `json:"delay_s"` // one way
	Jitter float64 `json:"jitter_s"`
	Loss   float64 `json:"loss"`
	Queue  int64   `json:"queue_bytes"`

	PacketsIn    int64   `json:"packets_in"`
	BytesIn      int64   `json:"bytes_in"`
	PacketsOut   int64   `json:"packets_out"`
	BytesOut     int64   `json:"bytes_out"`
	LostRandom   int64   `json:"lost_random"`
	LostQueue    int64   `json:"lost_queue"`
	LostRefused  int64   `json:"lost_refused"`
	LostDevice   int64   `json:"lost_device"`
	QueueMax     int64   `json:"queue_max_bytes"`
	LatenessP50  float64 `json:"lateness_p50_s"`
	LatenessP99  float64 `json:"lateness_p99_s"`
	LatenessP999 float64 `json:"lateness_p999_s"`
	LatenessMax  float64 `json:"lateness_max_s"`
}

func writeWANReport(o wanOptions, r wan.Report, seconds float64, status int) error {
	out, err := json.MarshalIndent(pathReport{
		Status: status, Seconds: seconds, RTT: o.rtt.Seconds(), Seed: o.path.Seed,
		Backend: r.Backend, EmulatorCPU: r.CPU.Seconds(),
		Faithful: len(r.Faults) == 0, Faults: append([]string{}, r.Faults...),
		Forward: newWayReport(o.path.Forward, r.Forward), Back: newWayReport(o.path.Back, r.Back),
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return os.WriteFile(o.json, append(out, '\n'), 0o666)
}

func newWayReport(d wan.Direction, r wan.DirectionReport) wayReport {
	return wayReport{
		Rate: d.Rate, Delay: d.Delay.Seconds(), Jitter: d.Jitter.Seconds(), Loss: d.Loss, Queue: d.Queue,
		PacketsIn: r.PacketsIn, BytesIn: r.BytesIn, PacketsOut: r.PacketsOut, BytesOut: r.BytesOut,
		LostRandom: r.LostRandom, LostQueue: r.LostQueue, LostRefused: r.LostRefused, LostDevice: r.LostDevice,
		QueueMax:    r.QueueMax,
		LatenessP50: r.Lateness.P50.Seconds(), LatenessP99: r.Lateness.P99.Seconds(),
		LatenessP999: r.Lateness.P999.Seconds(), LatenessMax: r.Lateness.Max.Seconds(),
	}
}
