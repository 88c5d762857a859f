package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/trial"
)

const full = `
name = "all"
about = "every key"
path = "emulated"
peers = ["bbftp", "iperf3"]
version = [1, 3]
direction = ["put", "get"]
kind = ["text"]
compression = [false, true]
streams = [1, 25]
window = ["auto", "4MiB"]
rtt = ["10ms", "100ms"]
rate = ["1gbit", "unlimited"]
loss = ["0", "0.01%", 1e-7]
jitter = ["1ms"]
queue = ["1bdp", "0.5bdp", "1MiB"]
congestion = ["cubic", "reno"]
size = "128MiB"
duration = "5s"

[repeats]
min = 5
max = 20
interval = "3%"
warm-up = 2
seed = 18446744073709551615
time-limit = "1m"
`

func TestParse(t *testing.T) {
	// TOML has no integers over 2^63-1.
	got, err := Parse("dir/x.toml", strings.Replace(full, "18446744073709551615", "7", 1))
	if err != nil {
		t.Fatal(err)
	}
	two := 2
	want := Scenario{
		Name: "all", About: "every key", Path: trial.Emulated,
		Peers: []string{"bbftp", "iperf3"}, Version: []int{1, 3}, Direction: []string{"put", "get"}, Kind: []string{"text"}, Files: []int{1}, Storage: []string{""},
		Compression: []bool{false, true}, Streams: []int{1, 25}, Window: []Window{0, 4 << 20},
		RTT: []Time{Time(10 * time.Millisecond), Time(100 * time.Millisecond)}, Rate: []Rate{1e9, 0}, Loss: []Share{0, 1e-4, 1e-7},
		Jitter: []Time{Time(time.Millisecond)}, Queue: []Queue{{BDPs: 1}, {BDPs: 0.5}, {Bytes: 1 << 20}}, Congestion: []string{"cubic", "reno"},
		Size: 128 << 20, Duration: Time(5 * time.Second),
		Repeats: Repeats{Min: 5, Max: 20, Interval: 0.03, WarmUp: &two, Seed: 7, TimeLimit: Time(time.Minute)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	got, err := Parse("dir/short.toml", `size = "1MB"`)
	if err != nil {
		t.Fatal(err)
	}
	one := 1
	want := Scenario{
		Name: "short", Path: trial.Emulated, Peers: []string{"bbftp"}, Version: []int{1}, Direction: []string{"put"}, Kind: []string{"random"}, Files: []int{1}, Storage: []string{""},
		Compression: []bool{false}, Streams: []int{1}, Window: []Window{0}, RTT: []Time{0}, Rate: []Rate{0}, Loss: []Share{0}, Jitter: []Time{0},
		Queue: []Queue{{BDPs: 1}}, Congestion: []string{""}, Size: 1e6,
		Repeats: Repeats{Min: 6, Max: 15, Interval: 0.05, WarmUp: &one, Seed: 1, TimeLimit: Time(5 * time.Minute)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, tt := range []struct {
		repeats  string
		min, max int
	}{
		{"min = 3", 3, 15},
		{"max = 3", 3, 3},
		{"max = 8", 6, 8},
		{"min = 40", 40, 40},
		{"min = 2\nmax = 2", 2, 2},
	} {
		got, err := Parse("x", "size = \"1MB\"\n[repeats]\n"+tt.repeats)
		if err != nil || got.Repeats.Min != tt.min || got.Repeats.Max != tt.max {
			t.Errorf("%q: %d to %d repeats, %v; want %d to %d", tt.repeats, got.Repeats.Min, got.Repeats.Max, err, tt.min, tt.max)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"size = \"1MB\"\nstream = [1]":                                                 `line 2: unknown key "stream"`,
		"size = \"1MB\"\n[repeats]\nmin = 2\nmost = 3":                                 `line 4: unknown key "repeats.most"`,
		"size = \"1MB\"\nrepeats.most = 3":                                             `line 2: unknown key "repeats.most"`,
		"size = \"1MB\"\n[ repeat ]\nmin = 3":                                          `line 2: unknown key "repeat"`,
		"size = \"1MB\"\n\nrtt = [\"20ms\", \"fast\"]":                                 `line 3 (last key "rtt"): time "fast"`,
		"size = \"1MB\"\nrate = [\"-1gbit\"]":                                          `(last key "rate"): rate "-1gbit"`,
		"size = \"1MB\"\nrate = [0]":                                                   `rate "0"`,
		"size = \"1MB\"\nloss = [1.5]":                                                 `share "1.5"`,
		"size = \"1MB\"\nloss = [nan]":                                                 `share "NaN"`,
		"size = \"1MB\"\nstreams = [0]":                                                "streams 0: want 1 to",
		"size = \"1MB\"\nstreams = 4":                                                  "streams",
		"size = \"1MB\"\n[repeats]\nseed = 0":                                          "repeats.seed: want more than 0",
		"size = \"1MB\"\n[repeats]\ninterval = \"0\"":                                  "repeats.interval: want more than 0",
		"size = \"1MB\"\nfiles = [0]":                                                  "files 0: want 1 to",
		"size = \"1024TiB\"\nfiles = [2]":                                              "files 2: want 1 to",
		"size = \"1MB\"\nstorage = [\"tape\"]":                                         "storage tape",
		"duration = \"1s\"\nfiles = [2]":                                               "many files have a size",
		"[[part]]\nstreams = [1]":                                                      "part 1: neither size nor duration",
		"size = \"1MB\"\n[[part]]\npath = \"loopback\"":                                "part 1: name, about",
		"size = \"1MB\"\nversion = [4]":                                                "version 4",
		"size = \"1MB\"\ndirection = [\"up\"]":                                         "direction up",
		"size = \"1MB\"\nrtt = [\"21s\"]":                                              "rtt 21s: want at most 20s",
		"size = \"1MB\"\njitter = [\"11s\"]":                                           "jitter 11s",
		"size = \"1MB\"\npath = \"string and cans\"":                                   `path "string and cans"`,
		"size = \"1MB\"\npath = \"network\"":                                           "target.host",
		"size = \"1MB\"\npath = \"network\"\ntarget.host = \"h\"":                      "target.user",
		"size = \"1MB\"\ntarget.host = \"h\"":                                          "target is for",
		"streams = [1]":                                                                "neither size nor duration",
		"size = \"1MB\"\n[repeats]\nmin = -1":                                          "repeats of -1",
		"size = \"1MB\"\n[repeats]\nmax = 1001":                                        "to 1001",
		"size = \"1MB\"\n[repeats]\nwarm-up = -1":                                      "warm-up -1",
		"duration = \"1s\"\n[repeats]\nwarm-up = 0":                                    "needs a warm-up",
		"size = \"1MB\"\npeers = [\"\"]":                                               "peers",
		"size = ":                                                                      "line 1",
		"duration = \"1s\"\n[target]\nhost = \"h\"\nport = 65536":                      "target is for",
		"path = \"network\"\nsize = \"1MB\"\ntarget.host = \"h\"\ntarget.port = 65536": "target.port 65536",
	} {
		if _, err := Parse("x.toml", text); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "x.toml") {
			t.Errorf("%q: error is %v, want one with %q", text, err, want)
		}
	}
}

func TestCells(t *testing.T) {
	s, err := Parse("x", `
		peers = ["bbftp", "iperf3"]
		version = [1, 3]
		streams = [1, 8]
		rtt = ["20ms", "100ms"]
		rate = ["1gbit", "unlimited"]
		queue = ["1bdp", "2bdp"]
		size = "1MB"`)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := s.Cells()
	if err != nil {
		t.Fatal(err)
	}
	// 3 of peers and versions, 2 streams, 2 RTTs, 2 queues at a rate and one
	// without.
	if len(cells) != 3*2*2*(2+1) {
		t.Errorf("%d cells", len(cells))
	}
	seen := map[trial.Cell]bool{}
	for _, c := range cells {
		if seen[c] {
			t.Errorf("twice: %+v", c)
		}
		seen[c] = true
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
		if (c.Version == 0) != (c.Peer == "iperf3") {
			t.Errorf("%s with version %d", c.Peer, c.Version)
		}
	}
	first := trial.Cell{Peer: "bbftp", Version: 1, Direction: "put", Streams: 1, Kind: "random", Bytes: 1e6, Path: "emulated", RTT: 0.02, Rate: 1e9}
	second := first
	second.Version = 3
	if diff := cmp.Diff([]trial.Cell{first, second}, cells[:2]); diff != "" {
		t.Errorf("the first (-want +got):\n%s", diff)
	}
	again, _ := s.Cells()
	if diff := cmp.Diff(cells, again); diff != "" {
		t.Errorf("another order:\n%s", diff)
	}

	s.Path = trial.Loopback
	cells, err = s.Cells()
	if err != nil || len(cells) != 6 || cells[0].RTT != 0 || cells[0].Rate != 0 {
		t.Errorf("on loopback: %v, %v", cells, err)
	}
}

func TestTooManyCells(t *testing.T) {
	s := Scenario{Size: 1}
	for n := range maxStreams {
		s.Streams = append(s.Streams, n+1)
		s.RTT = append(s.RTT, Time(n))
	}
	if err := s.Complete(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Cells(); err == nil {
		t.Error("no error")
	}
}

func TestPresets(t *testing.T) {
	if diff := cmp.Diff([]string{"lan", "lfn", "loopback", "lossy", "quick", "wan"}, Presets()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, name := range Presets() {
		s, err := Preset(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if cells, err := s.Cells(); err != nil || len(cells) == 0 || s.Name != name || s.About == "" {
			t.Errorf("%s: %d cells, %v, name %q", name, len(cells), err, s.Name)
		}
	}
	if _, err := Preset("../quantity"); err == nil || !strings.Contains(err.Error(), "lossy") {
		t.Errorf("error is %v", err)
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(file, []byte(`duration = "2s"`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(file)
	if err != nil || s.Name != "mine" || s.Size != 4<<30 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := os.Truncate(file, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("too long: error is %v", err)
	}
	if _, err := Load(file + ".gone"); !os.IsNotExist(err) && !strings.Contains(err.Error(), "no such file") {
		t.Errorf("missing: error is %v", err)
	}
}

func TestSet(t *testing.T) {
	s, err := Preset("quick")
	if err != nil {
		t.Fatal(err)
	}
	for key, text := range map[string]string{
		"path": "emulated", "peers": "bbftp, iperf3", "version": "1,2", "direction": "get", "kind": "text", "compression": "true,false",
		"streams": "1,4,8", "window": "auto,1MiB", "rtt": "10ms,100ms", "rate": "10gbit", "loss": "0.1%", "jitter": "1ms", "queue": "2bdp",
		"congestion": "reno", "size": "1MB", "duration": "1s", "repeats": "2-4", "interval": "1%", "warm-up": "3", "seed": "18446744073709551615",
		"time-limit": "9s", "budget": "1h",
	} {
		if err := s.Set(key, text); err != nil {
			t.Error(err)
		}
	}
	if err := s.Complete(); err != nil {
		t.Fatal(err)
	}
	three := 3
	want := Scenario{
		Name: "quick", About: s.About, Path: "emulated", Peers: []string{"bbftp", "iperf3"}, Version: []int{1, 2}, Direction: []string{"get"}, Kind: []string{"text"}, Files: []int{1}, Storage: []string{""},
		Compression: []bool{true, false}, Streams: []int{1, 4, 8}, Window: []Window{0, 1 << 20}, RTT: []Time{Time(10 * time.Millisecond), Time(100 * time.Millisecond)},
		Rate: []Rate{1e10}, Loss: []Share{1e-3}, Jitter: []Time{Time(time.Millisecond)}, Queue: []Queue{{BDPs: 2}}, Congestion: []string{"reno"},
		Size: 1e6, Duration: Time(time.Second),
		Repeats: Repeats{Min: 2, Max: 4, Interval: 0.01, WarmUp: &three, Seed: 1<<64 - 1, TimeLimit: Time(9 * time.Second), Budget: Time(time.Hour)},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for key, text := range map[string]string{
		"nonsense": "1", "streams": "1,", "rtt": "20", "repeats": "5-2", "size": "", "seed": "0", "compression": "maybe",
		"interval": "0", "time-limit": "0s", "files": "many",
	} {
		if err := s.Set(key, text); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s=%s: error is %v", key, text, err)
		}
	}
}

func TestFormat(t *testing.T) {
	for rate, want := range map[int64]string{0: "unlimited", 1e9: "1gbit", 25e8: "2.5gbit", 1e8: "100mbit", 999: "999bit", 1e12: "1tbit", 1234567: "1.23mbit"} {
		if got := FormatRate(rate); got != want {
			t.Errorf("rate %d: %q, want %q", rate, got, want)
		}
	}
	for size, want := range map[int64]string{1: "1B", 1536: "1.5KiB", 128 << 20: "128MiB", 4 << 30: "4GiB"} {
		if got := FormatSize(size); got != want {
			t.Errorf("size %d: %q, want %q", size, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full)
	for _, name := range Presets() {
		text, _ := PresetText(name)
		f.Add(text)
	}
	f.Add("size='1'\nx.y=1\n[z]\nq=[[1]]")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("x", text)
		if err != nil {
			return
		}
		cells, err := s.Cells()
		if err != nil {
			return
		}
		for _, c := range cells[:min(len(cells), 100)] {
			if err := c.Validate(); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
		}
	})
}

// TestParts unites the cells of parts, which inherit what they leave out.
func TestParts(t *testing.T) {
	s, err := Parse("x", `
path = "loopback"
size = "1MB"
streams = [1, 4]
[[part]]
peers = ["bbftp", "bbftp-auto"]
version = [3]
[[part]]
peers = ["bbftp", "socat"]
streams = [4]
version = [1, 3]
[[part]]
files = [10]
size = "1kB"
streams = [1]
storage = ["memory", "disk"]
`)
	if err != nil {
		t.Fatal(err)
	}
	list := func() (all []string) {
		cells, err := s.Cells()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cells {
			all = append(all, fmt.Sprintf("%s v%d × %d, %d in %d %s", c.Peer, c.Version, c.Streams, c.Bytes, c.Files, c.Storage))
		}
		return all
	}
	if diff := cmp.Diff([]string{
		"bbftp v3 × 1, 1000000 in 0 ", "bbftp-auto v3 × 0, 1000000 in 0 ", "bbftp v3 × 4, 1000000 in 0 ",
		"bbftp v1 × 4, 1000000 in 0 ", "socat v0 × 4, 1000000 in 0 ",
		"bbftp v1 × 1, 10000 in 10 memory", "bbftp v1 × 1, 10000 in 10 disk",
	}, list()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bbftp", "bbftp-auto", "socat"}, s.EveryPeer()); diff != "" {
		t.Error(diff)
	}
	if err := s.Set("size", "5"); err != nil {
		t.Fatal(err)
	}
	s.Without("bbftp")
	if diff := cmp.Diff([]string{"bbftp-auto v3 × 0, 5 in 0 ", "socat v0 × 4, 5 in 0 "}, list()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
