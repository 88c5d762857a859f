package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/trial"
)

var update = flag.Bool("update", false, "write the golden files and the made-up sweep anew")

const sweep = "testdata/sweep.jsonl"

func load(t *testing.T, path string) *trial.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	results, err := trial.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// golden compares what write makes with the file of that name.
func golden(t *testing.T, name string, write func(io.Writer) error) string {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got; -update if intended):\n%s", name, diff)
	}
	return got.String()
}

// TestSweepFile holds the committed sweep to the code that made it.
func TestSweepFile(t *testing.T) { golden(t, filepath.Base(sweep), committed.write) }

func TestGolden(t *testing.T) {
	f := load(t, sweep)
	for name, write := range map[string]func(io.Writer, *trial.File) error{
		"sweep.txt": Text, "sweep.csv": CSV, "sweep.bench": Benchmark, "sweep.html": HTML,
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, func(w io.Writer) error { return write(w, f) })
		})
	}
	for _, chart := range Charts() {
		t.Run(chart, func(t *testing.T) {
			golden(t, "sweep-"+chart+".svg", func(w io.Writer) error { return SVG(w, f, chart) })
		})
	}
}

func TestTextFitsTerminals(t *testing.T) {
	for name, f := range map[string]*trial.File{"sweep": load(t, sweep), "large": made(large)} {
		var out strings.Builder
		if err := Text(&out, f); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 120 {
				t.Errorf("%s: a line of %d columns: %s", name, n, line)
			}
		}
	}
}

// made is a sweep that is not in a file.
func made(p plan) *trial.File {
	return &trial.File{Environments: map[string]trial.Environment{madeUp.ID: madeUp}, Records: p.records()}
}
