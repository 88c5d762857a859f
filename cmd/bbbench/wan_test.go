package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/wan"
)

func TestParseWAN(t *testing.T) {
	symmetric := func(rtt, jitter time.Duration, rate int64, loss float64, queue int64) wan.Config {
		c := wan.Symmetric(rtt, jitter, rate, loss, queue)
		c.Seed = 1
		return c
	}
	slowBack := symmetric(100*time.Millisecond, 0, 1e9, 0.01, 0)
	slowBack.Back.Rate, slowBack.Back.Loss, slowBack.Back.Queue = 1e7, 0, wan.DefaultQueue(1e7, 100*time.Millisecond)
	chosen := symmetric(0, 0, 0, 0, 0)
	chosen.Seed, chosen.Congestion, chosen.Backend = 7, "reno", wan.BackendPacket
	for _, tt := range []struct {
		line string
		want wan.Config
	}{
		{"-- true", symmetric(100*time.Millisecond, 0, 1e9, 0, 0)},
		{"true --rtt 1", symmetric(100*time.Millisecond, 0, 1e9, 0, 0)}, // the command's own
		{"--rtt 20ms --jitter 3ms --rate 100mbit --loss 0.01% --queue 256KiB -- true", symmetric(20*time.Millisecond, 3*time.Millisecond, 1e8, 0.0001, 256<<10)},
		{"--queue 2bdp -- true", symmetric(100*time.Millisecond, 0, 1e9, 0, 25_000_000)},
		{"--loss 1% --back-loss 0 --back-rate 10mbit true", slowBack},
		{"--rtt 0 --rate unlimited --seed 7 --congestion reno --backend packet true", chosen},
	} {
		o, err := parseWAN(append([]string{"wan"}, strings.Fields(tt.line)...))
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		if diff := cmp.Diff(tt.want, o.path); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.line, diff)
		}
		if o.command[0] != "true" {
			t.Errorf("%s: command is %q", tt.line, o.command)
		}
	}
}

func TestParseWANRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"":                                 "which command",
		"--rtt 100 true":                   "--rtt",
		"--rtt 1h true":                    "delay",
		"--jitter x true":                  "--jitter",
		"--rate fast true":                 "--rate",
		"--back-rate fast true":            "--back-rate",
		"--loss 101% true":                 "--loss",
		"--back-loss x true":               "--back-loss",
		"--queue 0bdp true":                "--queue",
		"--seed x true":                    "not a valid number",
		"--backend netem true":             "--backend",
		"--server-port 1 true":             "--server-port",
		"--server x --server-port 65536 x": "out of range",
		"--short true":                     "--short",
		"--self-check true":                "unexpected",
		"--self-check --rtt 1ms":           "--rtt",
		"--self-check --server x":          "--server",
		"--nonsense true":                  "nonsense",
	} {
		if _, err := parseWAN(append([]string{"wan"}, strings.Fields(line)...)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one about %q", line, err, want)
		}
	}
}

// Lines as kernels write them, cut at the right.
const (
	listenTCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 1
   1: 00000000:1451 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2
`
	listenUDP6 = `  sl  local_address                         remote_address                        st tx_queue
   10: 00000000000000000000000000000000:14B2 00000000000000000000000000000000:0000 07 00000000:00000000
`
)

func TestFindSocket(t *testing.T) {
	for _, tt := range []struct {
		table, state string
		port         uint16
		want         bool
	}{
		{listenTCP, "0A", 0, true},
		{listenTCP, "0A", 5201, true},
		{listenTCP, "0A", 8080, false}, // connected
		{listenUDP6, "07", 5298, true},
		{listenUDP6, "07", 5201, false},
		{"", "0A", 0, false},
		{"one\ntwo words\n: : : 0A\n1: x:zz y 0A\n", "0A", 0, false},
	} {
		if got, err := findSocket(strings.NewReader(tt.table), tt.state, tt.port); got != tt.want || err != nil {
			t.Errorf("port %d in state %s: %v, %v, want %v in\n%s", tt.port, tt.state, got, err, tt.want, tt.table)
		}
	}
}

func sampleReport() (wanOptions, wan.Report) {
	o := wanOptions{path: wan.Symmetric(20*time.Millisecond, 0, 1e9, 0.001, 0), rtt: 20 * time.Millisecond}
	o.path.Back.Rate, o.path.Seed = 0, 9
	return o, wan.Report{
		Backend: "tun",
		CPU:     1234 * time.Millisecond,
		Forward: wan.DirectionReport{
			Counters: wan.Counters{
				PacketsIn: 1_000_000, BytesIn: 1.5e9, PacketsOut: 998_000, BytesOut: 1.497e9,
				LostRandom: 1000, LostQueue: 990, LostRefused: 7, LostDevice: 3, QueueMax: 2.4e6,
			},
			Lateness: wan.Lateness{P50: 12345, P99: 234567, P999: 3e6, Max: 4e6},
		},
		Faults: []string{"it rained", "it poured"},
	}
}

func TestSummary(t *testing.T) {
	o, r := sampleReport()
	want := `bbbench: path: RTT 20ms; client to server 1 Gbit/s, queue 2.5 MB, loss 0.1 %; server to client unlimited, loss 0.1 %
bbbench: client to server: 1,000,000 packets (1.5 GB) in, 998,000 (1.5 GB) out; lost: 1,000 at random, 990 from the queue (at most 2.4 MB full), 10 outside the model
bbbench: client to server: late by 12µs (median), 235µs (99 %), 4ms (most)
bbbench: server to client: 0 packets (0 B) in, 0 (0 B) out; lost: 0 at random, 0 from the queue (at most 0 B full), 0 outside the model
bbbench: server to client: late by 0s (median), 0s (99 %), 0s (most)
bbbench: back-end tun, 1.23 s of CPU time
bbbench: unfaithful, because it rained; it poured
`
	if diff := cmp.Diff(want, summary(o, r)); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

func TestReportForPrograms(t *testing.T) {
	o, r := sampleReport()
	o.json = filepath.Join(t.TempDir(), "report")
	if err := writeWANReport(o, r, 1.5, 3); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.json)
	if err != nil {
		t.Fatal(err)
	}
	var got pathReport
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := pathReport{
		Status: 3, Seconds: 1.5, RTT: 0.02, Seed: 9, Backend: "tun", EmulatorCPU: 1.234, Faults: r.Faults,
		Forward: wayReport{
			Rate: 1e9, Delay: 0.01, Loss: 0.001, Queue: 2_500_000,
			PacketsIn: 1_000_000, BytesIn: 1.5e9, PacketsOut: 998_000, BytesOut: 1.497e9,
			LostRandom: 1000, LostQueue: 990, LostRefused: 7, LostDevice: 3, QueueMax: 2.4e6,
			LatenessP50: 12345e-9, LatenessP99: 234567e-9, LatenessP999: 3e-3, LatenessMax: 4e-3,
		},
		Back: wayReport{Delay: 0.01, Loss: 0.001, Queue: 2_500_000},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}
