package bars

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"bbftp/bench/stats"
	"bbftp/bench/trial"
)

// sweepOf makes six trials of each set of the list, at the rate that the peer
// has in rates.
func sweepOf(rates map[string]float64) *trial.File {
	f := &trial.File{Environments: map[string]trial.Environment{"e": {ID: "e", Cores: 2, CPU: "a|b", Versions: map[string]string{"bbftp": "4"}}}}
	seen := map[string]bool{}
	for _, b := range list() {
		for _, s := range b.sets {
			c := s.cell
			c.Bytes = 1 << 30
			if s.size == smallest {
				c.Bytes = 256 << 20
			}
			switch c.Streams {
			case anyStreams:
				c.Streams = 1
			case manyStreams:
				c.Streams = 16
			}
			if key := fmt.Sprint(c); seen[key] {
				continue
			} else {
				seen[key] = true
			}
			for i := range 6 {
				r := trial.Record{Sweep: "compare-loopback", Repeat: i + 1, Environment: "e", Cell: c, Bytes: c.Bytes, StreamsUsed: max(c.Streams, 3)}
				r.Seconds = float64(r.Bytes)*8/rates[c.Peer] + float64(i)/1000
				if strings.HasPrefix(c.Peer, "legacy") {
					r.Seconds += 1.2
				}
				r.Goodput = float64(r.Bytes) * 8 / r.Seconds
				r.Moving, r.Steady = r.Seconds, 0.5e9
				r.ClientCPU, r.ServerCPU, r.ClientMemory, r.ServerMemory = 0.1, 0.1, 50<<20, 200<<20
				r.ClientVerdict = &trial.Verdict{Limit: "cpu", Share: 0.9}
				f.Records = append(f.Records, r)
			}
		}
	}
	return f
}

func TestMarkdown(t *testing.T) {
	f := sweepOf(map[string]float64{"bbftp": 20e9, "bbftp-auto": 30e9, "bbftp-legacy": 20e9, "socat": 39e9, "iperf3": 31e9, "legacy": 10e9, "legacy-tuned": 10e9})
	var out bytes.Buffer
	if err := Markdown(&out, f); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, want := range []string{
		"`bbbench compare loopback`", "a/b, 2 cores", "× 3", // what auto chose
		"| 1.30 (", "| ≤ 1.35 | **met** | 6, 6 |", // over socat's time
		"| 1.99 (", "| ≥ 1.2 | **met** |", // over legacy's marginal rate, which has no wait
		"| 200 (200–200) | ≤ 96 | **missed** | 6 |",
		"| 0.52 (0.52–0.52) × | ≥ 0.98 | **missed** |",
		"cpu, 90 %",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if err := Markdown(&out, &trial.File{}); err != nil || !strings.Contains(out.String(), fmt.Sprintf("0 met, 0 missed, %d not measured", len(list()))) {
		t.Errorf("of nothing: %v\n%s", err, &out)
	}
}

func TestRatios(t *testing.T) {
	f := sweepOf(map[string]float64{"bbftp": 20e9, "bbftp-auto": 30e9, "bbftp-legacy": 20e9, "socat": 40e9, "iperf3": 31e9, "legacy": 10e9, "legacy-tuned": 10e9})
	var out bytes.Buffer
	if err := Ratios(&out, f); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## 1 GiB, put, loopback, memory", "## 1 GiB, json, compressed, put, loopback, memory", "× socat", "## Marginal rates",
		"| legacy V3, put, loopback, memory | 4 | 256 MiB, 1 GiB | 10.0 (", "| 1.20 | 6, 6 |",
		"0.19 (0.093 + 0.093)", "| 50.0, 200 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q:\n%s", want, &out)
		}
	}
	// What an earlier build measured does not count.
	old := f.Records[0]
	old.Environment, old.Seconds = "old", 1e6
	f.Environments["old"] = trial.Environment{ID: "old", Build: "earlier"}
	f.Records = append([]trial.Record{old}, f.Records...)
	before := out.String()
	out.Reset()
	if err := Ratios(&out, f); err != nil || strings.Replace(out.String(), "1 trials of earlier builds in the same files are not in it.\n", "", 1) != before {
		t.Errorf("with an earlier build: %v\n%s", err, &out)
	}
	if err := Ratios(&out, &trial.File{}); err != nil {
		t.Error(err)
	}
}

func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		low, value, high float64
		most             bool
		want             string
	}{
		{0.8, 0.9, 0.95, true, "met"},
		{0.8, 0.9, 0.95, false, "missed"},
		{0.9, 1, 1.1, true, "met, but the interval has both"},
		{1.1, 1.2, 1.3, false, "met"},
		{0.9, 1.2, 1.3, true, "missed, but the interval has both"},
		{math.Inf(-1), 0.9, math.Inf(1), true, "met, on too few trials for an interval"},
		{math.Inf(-1), math.NaN(), math.Inf(1), true, "not measured"},
	} {
		r := result{bar: bar{most: tt.most, bound: 1}, estimate: stats.Estimate{Value: tt.value, Low: tt.low, High: tt.high}}
		if got := r.verdict(); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}

// TestList holds the bars to what a figure needs.
func TestList(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range list() {
		if seen[b.about] {
			t.Errorf("%s: twice", b.about)
		}
		seen[b.about] = true
		if len(b.sets) == 0 || b.of == nil || b.bound <= 0 || b.unit == (unit{}) {
			t.Errorf("%s: incomplete", b.about)
		}
	}
}
