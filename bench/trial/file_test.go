package trial

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample() (Environment, Record) {
	e := Environment{Type: TypeEnvironment, ID: "e1", Kernel: "6.1", Cores: 2, Sysctls: map[string]string{"net.core.rmem_max": "212992"}}
	r := Record{
		Type: TypeTrial, Time: time.Unix(1700000000, 5).UTC(), Environment: "e1", Sweep: "quick", Seed: 1<<64 - 1, Repeat: 2,
		Cell:  Cell{Peer: "bbftp", Version: 1, Direction: Put, Streams: 4, Kind: "random", Bytes: 1 << 20, Path: Emulated, RTT: 0.1, Rate: 1e9},
		Bytes: 1 << 20, Seconds: 0.5, Goodput: 16777216, Settled: "interval", Warnings: []string{"slow"},
		Link: Link{PacketsIn: 10, PacketsOut: 9, LostQueue: 1}, Back: Link{PacketsIn: 3},
		Series: []Series{{
			LocalPort: 5000, RemotePort: 40000, Time: []float64{0.1}, Cwnd: []int64{14480}, RTT: []float64{0.1}, Delivery: []float64{1e6},
			Acked: []int64{5}, Received: []int64{0}, Retrans: []int64{0}, Busy: []float64{0.1}, RwndLimited: []float64{0}, SndbufLimited: []float64{0},
		}},
		Progress: Progress{Time: []float64{0.1, 0.5}, Bytes: []int64{5, 1 << 20}},
	}
	return e, r
}

func text(t *testing.T, e Environment, records ...Record) string {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	if err := w.Environment(e); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if err := w.Trial(r); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

func TestRoundTrip(t *testing.T) {
	e, r := sample()
	failed := Record{Type: TypeTrial, Environment: "e1", Cell: r.Cell, Repeat: 3, Error: "no\nluck"}
	written := text(t, e, r, failed)
	got, err := Read(strings.NewReader(written))
	if err != nil {
		t.Fatal(err)
	}
	want := &File{Environments: map[string]Environment{"e1": e}, Records: []Record{r, failed}, Whole: int64(len(written))}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReadCut cuts a file at each byte: only lines with their end count.
func TestReadCut(t *testing.T) {
	e, r := sample()
	written := text(t, e, r, r)
	for cut := range len(written) {
		got, err := Read(strings.NewReader(written[:cut]))
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		whole := strings.LastIndexByte(written[:cut], '\n') + 1
		records := max(strings.Count(written[:cut], "\n")-1, 0)
		if got.Truncated != (cut > whole) || got.Whole != int64(whole) || len(got.Records) != records {
			t.Fatalf("cut at %d: truncated %v, %d whole bytes, %d records; want %v, %d, %d",
				cut, got.Truncated, got.Whole, len(got.Records), cut > whole, whole, records)
		}
	}
}

func TestReadForward(t *testing.T) {
	e, r := sample()
	lines := strings.SplitAfter(text(t, e, r), "\n")
	newer := lines[0] + "\n" + `{"type":"summary","of":["what","ever"]}` + "\n" + strings.Replace(lines[1], "{", `{"invented":{"a":1},`, 1)
	got, err := Read(strings.NewReader(newer))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Record{r}, got.Records); diff != "" || got.Unknown != 1 || got.Truncated {
		t.Errorf("%d unknown lines, truncated %v, records (-want +got):\n%s", got.Unknown, got.Truncated, diff)
	}
}

func TestReadRefuses(t *testing.T) {
	e, r := sample()
	lines := strings.SplitAfter(text(t, e, r), "\n")
	with := func(old, replacement string) string {
		t.Helper()
		if !strings.Contains(lines[1], old) {
			t.Fatalf("no %s in %s", old, lines[1])
		}
		return lines[0] + strings.Replace(lines[1], old, replacement, 1)
	}
	for name, tt := range map[string]struct{ text, want string }{
		"not JSON":          {"goodput 5\n", "line 1: "},
		"not ours":          {`{"name":"x"}` + "\n", "line 1: no type"},
		"cut inside":        {lines[0] + lines[1][:50] + "\n" + lines[1], "line 2: "},
		"no environment":    {lines[1], `environment "e1"`},
		"nameless":          {`{"type":"environment"}` + "\n", "without id"},
		"direction":         {with(`"direction":"put"`, `"direction":"sideways"`), "sideways"},
		"path":              {with(`"path":"emulated"`, `"path":"x"`), `"x"`},
		"peer":              {with(`"peer":"bbftp"`, `"peer":""`), "no peer"},
		"streams":           {with(`"streams":4`, `"streams":-1`), "-1 streams"},
		"loss":              {with(`"loss":0`, `"loss":1.5`), "loss of 1.5"},
		"repeat":            {with(`"repeat":2`, `"repeat":-2`), "repeat -2"},
		"rate":              {with(`"rate_bps":1000000000`, `"rate_bps":-1`), "rate_bps of -1"},
		"goodput":           {with(`"goodput_bps":16777216`, `"goodput_bps":-1`), "goodput_bps of -1"},
		"too large":         {with(`"seconds":0.5`, `"seconds":1e999`), "line 2: "},
		"columns":           {with(`"cwnd_bytes":[14480]`, `"cwnd_bytes":[1,2]`), "2 of cwnd_bytes"},
		"progress":          {with(`"bytes":[5,`, `"bytes":[5,6,`), "2 times and 3 counts"},
		"an array":          {"[]\n", "line 1: "},
		"a line of nothing": {strings.Repeat(" ", MaxLine+1), "longer"},
	} {
		if _, err := Read(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error is %v, want one with %q", name, err, tt.want)
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	_, r := sample()
	var out bytes.Buffer
	w := NewWriter(&out)
	r.Goodput = math.NaN()
	if err := w.Trial(r); err == nil || !strings.Contains(err.Error(), "goodput_bps") {
		t.Errorf("NaN: error is %v", err)
	}
	_, r = sample()
	r.Series[0].RTT[0] = math.Inf(1)
	if err := w.Trial(r); err == nil {
		t.Error("an infinite RTT is written")
	}
	if out.Len() > 0 {
		t.Errorf("written: %q", out.String())
	}
}

type brokenReader struct{}

var errBroken = errors.New("broken")

func (brokenReader) Read([]byte) (int, error) { return 0, errBroken }

func TestReadError(t *testing.T) {
	if _, err := Read(brokenReader{}); !errors.Is(err, errBroken) {
		t.Errorf("error is %v", err)
	}
}

func TestValidateFigures(t *testing.T) {
	for name, spoil := range map[string]func(*Record){
		"window_bytes": func(r *Record) { r.Window = -1 },
		"duration_s":   func(r *Record) { r.Duration = math.Inf(1) },
		"loss":         func(r *Record) { r.Loss = math.NaN() },
		"stall_s":      func(r *Record) { r.Stall = -1 },
	} {
		_, r := sample()
		spoil(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"type":"environment","id":"a"}` + "\n" +
		`{"type":"trial","environment":"a","peer":"bbftp","direction":"get","path":"loopback","streams":1,"progress":{"t_s":[1],"bytes":[2]}}` + "\n"))
	f.Add([]byte(`{"type":"other"}` + "\n{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		if got.Whole > int64(len(data)) || got.Truncated != (got.Whole < int64(len(data))) {
			t.Fatalf("%d whole of %d bytes, truncated %v", got.Whole, len(data), got.Truncated)
		}
		// What was read can be written, and reads the same again.
		var out bytes.Buffer
		w := NewWriter(&out)
		for _, e := range got.Environments {
			if err := w.Environment(e); err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range got.Records {
			if err := w.Trial(r); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Read(&out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got.Records, again.Records); diff != "" {
			t.Errorf("(-first +second):\n%s", diff)
		}
	})
}
