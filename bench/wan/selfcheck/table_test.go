package selfcheck

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// sample has a row of each kind.
func sample() Table {
	g := goodput{rate: 10 * gbit, rtt: ms(50), window: 3 * time.Second}
	row := func(r Row, measured string, v Verdict, note string) Row {
		r.Measured, r.Verdict, r.Note = measured, v, note
		return r
	}
	return Table{
		Machine: "A Processor | 3 GHz, 2 cores", Kernel: "6.1.0", Build: "v1-2-gabc", Backend: "tun",
		Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Rows: []Row{
			row(losses{probability: 0.01, packets: 1e6}.describe(), "9,964 lost (-0.4 sigma)", Holds, ""),
			tally{sent: 1e6, end: done{Received: 990_000, Overflowed: 1, Disordered: 2}}.row(losses{packets: 1e6}.describe()),
			row(overload{rate: 100 * mbit, delay: ms(10), queue: 250_000, jitter: ms(2), packets: 20_000, back: true}.describe(),
				"at most 250 kB, 6,501 dropped", Holds, ""),
			row(idle{rtt: ms(10), probes: 200}.describe(), "median +0.080 ms, p99 +0.200 ms", Holds, "attempt 2"),
			row(saturated{rate: 1 * gbit, rtt: ms(20), probes: 500}.describe(), "20.10 ms (+0.5 %)", Unfaithful, "it was late; it was later"),
			row(g.describe(), "9.000 Gbit/s (-6.76 %)", Misses, ""),
			row(passThrough{window: 3 * time.Second}.describe(), "", Misses, "bulk: connect to 198.18.0.2:1:\nconnection refused"),
		},
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func TestMarkdown(t *testing.T) {
	var out strings.Builder
	if err := sample().Markdown(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/table.md", out.String())
}

func TestLines(t *testing.T) {
	var out strings.Builder
	if err := Heading(&out); err != nil {
		t.Fatal(err)
	}
	for _, r := range sample().Rows {
		if err := Line(&out, r); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "testdata/table.txt", out.String())
}

func TestResult(t *testing.T) {
	holds := Row{Verdict: Holds}
	for _, tt := range []struct {
		name  string
		short bool
		rows  []Row
		want  Result
	}{
		{"all hold", false, []Row{holds, holds}, Passed},
		{"a time misses", false, []Row{{Verdict: Misses}, holds}, Failed},
		{"a time misses, short", true, []Row{{Verdict: Misses}, holds}, Unjudged},
		{"a count misses, short", true, []Row{{Verdict: Misses, Counted: true}, holds}, Failed},
		{"unfaithful", false, []Row{{Verdict: Unfaithful}, holds}, Unjudged},
		{"unfaithful and a miss", false, []Row{{Verdict: Misses}, {Verdict: Unfaithful}}, Failed},
	} {
		if got := (Table{Short: tt.short, Rows: tt.rows}).Result(); got != tt.want {
			t.Errorf("%s: result %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestUnits(t *testing.T) {
	for _, tt := range [][2]string{
		{precise(96.533e6), "96.53 Mbit/s"},
		{precise(965.33e6), "965.3 Mbit/s"},
		{precise(9.6533e9), "9.653 Gbit/s"},
		{precise(57.21e9), "57.21 Gbit/s"},
		{precise(1234), "0.001 Mbit/s"},
		{bits(2500 * mbit), "2.5 Gbit/s"},
		{bits(150 * mbit), "150 Mbit/s"},
		{size(250_000), "250 kB"},
		{size(12_500_000), "12.5 MB"},
		{thousands(-1234567), "-1,234,567"},
		{thousands(-123), "-123"},
		{thousands(12), "12"},
	} {
		if tt[0] != tt[1] {
			t.Errorf("%q, want %q", tt[0], tt[1])
		}
	}
}

func TestQuantile(t *testing.T) {
	sorted := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, tt := range []struct {
		p    float64
		want time.Duration
	}{{0, 1}, {0.5, 6}, {0.99, 10}, {1, 10}} {
		if got := quantile(sorted, tt.p); got != tt.want {
			t.Errorf("quantile %v: %v, want %v", tt.p, got, tt.want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("quantile of nothing: %v", got)
	}
}
