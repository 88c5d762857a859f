package report

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"bbftp/bench/trial"
)

// one is a usable trial.
func one(change func(*trial.Record)) trial.Record {
	r := trial.Record{
		Environment: "e1", Sweep: "tiny", Repeat: 1,
		Cell:  trial.Cell{Peer: "bbftp", Version: 1, Direction: trial.Get, Streams: 2, Kind: "random", Path: trial.Emulated, RTT: 0.05, Rate: 1e8},
		Bytes: 1e7, Seconds: 1, Goodput: 8e7, Steady: 9e7,
	}
	if change != nil {
		change(&r)
	}
	return r
}

func file(records ...trial.Record) *trial.File {
	f := &trial.File{Environments: map[string]trial.Environment{}, Records: records}
	for _, r := range records {
		f.Environments[r.Environment] = trial.Environment{ID: r.Environment, Kernel: "6.12"}
	}
	return f
}

func TestDegenerate(t *testing.T) {
	failed := func(r *trial.Record) { r.Error, r.Goodput, r.Bytes = "no server", 0, 0 }
	cut := file(one(nil))
	cut.Truncated, cut.Unknown = true, 2
	for name, tt := range map[string]struct {
		file *trial.File
		want []string
	}{
		"no trials":     {file(), []string{"There are no trials in the results: nothing was measured."}},
		"only failures": {file(one(failed), one(failed)), []string{"No trial can be used", "2 of 2 trials: no server", "no usable trial"}},
		"alike failures": {
			file(one(func(r *trial.Record) { r.Unfaithful = "1.5ms late" }), one(func(r *trial.Record) { r.Unfaithful = "732µs late" })),
			[]string{"2 of 2 trials: at worst 1.5 ms late"},
		},
		"the worst of an unfaithful cell": {
			file(
				one(func(r *trial.Record) { r.Unfaithful = "delivered 1.6ms late (allowed: 1.5ms)" }),
				one(func(r *trial.Record) {
					r.Unfaithful = "waited 589.823µs (allowed: 1ms); delivered 10.920911ms late (allowed: 1.5ms); meanwhile 1.2s were withheld"
				}),
			),
			[]string{"2 of 2 trials: at worst delivered 10.9 ms late (allowed: 1.5 ms)"},
		},
		"a loss outside the model": {
			file(one(func(r *trial.Record) { r.Unfaithful = "waited 589.823µs (allowed: 1ms); 3 packets were refused" })),
			[]string{"1 of 1 trial: at worst 3 packets were refused"},
		},
		"only warm-up": {file(one(func(r *trial.Record) { r.Repeat = 0 })), []string{"No trial can be used"}},
		"one trial":    {file(one(nil)), []string{"1 trial of sweep tiny", "80.0 Mbit/s", "100 Mbit/s, RTT 50 ms, no loss, get"}},
		"two machines": {
			file(one(nil), one(func(r *trial.Record) { r.Environment = "e2" })),
			[]string{"run on 2 machines", "machine e1", "machine e2"},
		},
		"cut":      {cut, []string{"is cut off", "2 lines of a kind that this release does not know"}},
		"loopback": {file(one(func(r *trial.Record) { r.Path, r.RTT, r.Rate = trial.Loopback, 0, 0 })), []string{"oopback, get"}},
		"network": {
			file(one(func(r *trial.Record) { r.Path, r.Target, r.RTT, r.Rate = trial.Network, "far.example", 0, 0 })),
			[]string{"o far.example, get"},
		},
		"terminal codes": {
			file(one(nil), one(func(r *trial.Record) { r.Error = "\x1b[2Jgone\r\nfake line" })),
			[]string{"1 of 2 trials: [2Jgone fake line"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			text := all(t, tt.file)
			flat := strings.Join(strings.Fields(text), " ")
			for _, want := range tt.want {
				if !strings.Contains(flat, want) {
					t.Errorf("%q is not in:\n%s", want, text)
				}
			}
			if strings.ContainsAny(text, "\x1b\r") {
				t.Errorf("control characters in:\n%q", text)
			}
		})
	}
}

// all writes every format and returns the table.
func all(t *testing.T, f *trial.File) string {
	t.Helper()
	var text strings.Builder
	if err := Text(&text, f); err != nil {
		t.Error(err)
	}
	for _, write := range []func(io.Writer, *trial.File) error{CSV, Benchmark, HTML} {
		if err := write(io.Discard, f); err != nil {
			t.Error(err)
		}
	}
	for _, chart := range Charts() {
		_ = SVG(io.Discard, f, chart) // having nothing to show is an error
	}
	return text.String()
}

// TestHostileText puts markup wherever a file may have text.
func TestHostileText(t *testing.T) {
	const evil = `</title></svg><script>alert(1)</script>"'>&` + "\x01"
	hostile := func(repeat int) trial.Record {
		return one(func(r *trial.Record) {
			r.Environment, r.Sweep, r.Repeat, r.Warnings = evil, evil, repeat, []string{evil}
			r.Peer, r.Kind, r.Congestion = evil, evil, evil
			r.Path, r.Target = trial.Network, evil
			r.Progress = trial.Progress{Time: []float64{0, 0.5, 1}, Bytes: []int64{0, 5e6, 1e7}}
		})
	}
	bad := hostile(2)
	bad.Error = evil
	f := file(hostile(1), bad)
	f.Environments[evil] = trial.Environment{ID: evil, CPU: evil, Sysctls: map[string]string{evil: evil}, Versions: map[string]string{evil: evil}}
	var page strings.Builder
	if err := HTML(&page, f); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "<script") || strings.Contains(page.String(), "ZgotmplZ") {
		t.Error("the page has the peer's markup, or lost something of its own")
	}
	for _, chart := range []string{"goodput", "cwnd", "cpu", "phases"} {
		var picture strings.Builder
		if err := SVG(&picture, f, chart); err != nil {
			t.Errorf("%s: %v", chart, err)
		}
		wellFormed(t, chart, picture.String())
	}
	var table strings.Builder
	if err := Benchmark(&table, f); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(table.String()) {
		if rest, ok := strings.CutPrefix(line, "BenchmarkSweep"); ok && len(strings.Fields(rest)) != 12 {
			t.Errorf("not a name, a count and 5 values: %q", line)
		}
	}
}

func wellFormed(t *testing.T, name, document string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(document))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s is not XML: %v", name, err)
			return
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
			t.Errorf("%s has a script", name)
		}
	}
}

// TestColumns holds the words on columns to the record's fields.
func TestColumns(t *testing.T) {
	known := map[string]bool{}
	for _, c := range Columns() {
		if c.Meaning == "" || strings.HasPrefix(c.Meaning, ",") {
			t.Errorf("column %s is not explained in columns.go", c.Name)
		}
		if known[c.Name] {
			t.Errorf("two columns %s", c.Name)
		}
		known[c.Name] = true
	}
	for name := range meanings {
		if !known[name] {
			t.Errorf("columns.go explains %s, which is no column", name)
		}
	}
}

// TestMerge: what is in two files counts once, equal trials of one file twice.
func TestMerge(t *testing.T) {
	a, b := file(one(nil), one(nil)), file(one(nil), one(func(r *trial.Record) { r.Repeat = 2 }))
	b.Truncated = true
	m := Merge(a, b)
	if len(m.Records) != 3 || !m.Truncated || len(m.Environments) != 1 {
		t.Errorf("%d records, truncated %v, %d environments; want 3, true, 1", len(m.Records), m.Truncated, len(m.Environments))
	}
}

// TestPageSize: a page of the largest preset can be mailed.
func TestPageSize(t *testing.T) {
	var page strings.Builder
	if err := HTML(&page, made(large)); err != nil {
		t.Fatal(err)
	}
	if page.Len() > 2e6 {
		t.Errorf("a page of %d bytes", page.Len())
	}
	for _, outside := range []string{"src=", "@import", "url(", `href="http`} {
		if strings.Contains(page.String(), outside) {
			t.Errorf("the page refers to something outside: %s", outside)
		}
	}
}

// TestChosenStreams: a program that chooses its streams has a place in the
// tables, and none on an axis of streams.
func TestChosenStreams(t *testing.T) {
	r := trial.Record{
		Environment: "e", Repeat: 1, Bytes: 1 << 30, Seconds: 1, Goodput: 8e9, StreamsUsed: 8,
		Cell: trial.Cell{Peer: "bbftp-auto", Version: 3, Direction: trial.Put, Kind: "random", Bytes: 1 << 30, Path: trial.Loopback, Storage: trial.Memory},
	}
	f := &trial.File{Environments: map[string]trial.Environment{"e": {ID: "e"}}, Records: []trial.Record{r}}
	var text, page strings.Builder
	if err := errors.Join(Text(&text, f), HTML(&page, f)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), " auto ") || !strings.Contains(text.String(), "memory") || strings.Contains(page.String(), "NaN") {
		t.Errorf("text:\n%s", text.String())
	}
}
