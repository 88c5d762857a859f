package tuning

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/telemetry"
)

// model is a path: the bytes per second that n streams carry, and what TCP says
// of them.
type model struct {
	rate func(n float64) float64
	hint func(n float64) direction
}

const gigabit = 119e6

var models = map[string]model{
	"losses, cubic": {
		func(n float64) float64 { return min(n*2.5e6, gigabit) },
		func(n float64) direction {
			if n*2.5e6 < gigabit {
				return more
			}
			return fewer
		},
	},
	"losses that nothing tells of": {func(n float64) float64 { return min(n*2.5e6, gigabit) }, unknown},
	"unfair shares":                {func(n float64) float64 { return gigabit / (1 + 0.04*(n-1)) }, unknown},
	"all alike":                    {func(float64) float64 { return gigabit }, unknown},
	"a peak":                       {func(n float64) float64 { return gigabit * math.Exp(-math.Pow(math.Log(n/6), 2)/4) }, unknown},
	"small windows":                {func(n float64) float64 { return min(n*13e6, gigabit) }, func(n float64) direction { return either }},
	"processors":                   {func(n float64) float64 { return 4e9 / (1 + 0.1*math.Abs(n-1)) }, unknown},
}

func unknown(float64) direction { return either }

// report makes TCP say so.
func report(d direction) telemetry.Report {
	s := telemetry.Stream{RTT: 120 * ms, MinRTT: 100 * ms, SegmentsSent: 1e5, Busy: time.Second}
	switch d {
	case more:
		s.RTT, s.Retransmits = 101*ms, 50
	case fewer:
		s.RTT = 190 * ms
	}
	return telemetry.Report{Sending: true, Streams: []telemetry.Stream{s}}
}

// TestConverges: whatever the path, files soon take a count that carries nearly
// as much as the best, and most go on doing so; sizes vary, and so does the
// network.
func TestConverges(t *testing.T) {
	const (
		most  = 25
		learn = 60
		files = 160
	)
	for name, m := range models {
		for _, sizes := range []int64{1 << 30, 3 << 30} {
			t.Run(fmt.Sprintf("%s/%d", name, sizes>>30), func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, 2))
				best := 0.0
				for n := 1.0; n <= most; n++ {
					best = max(best, m.rate(n))
				}
				tuner := New("", nil)
				worse := 0
				for i := range files {
					size := 1<<30 + random.Int64N(sizes)
					p := client.Path{Host: "h", Put: true, RTT: 100 * ms, Size: size, MaxStreams: most}
					n := tuner.Choose(p).Streams
					if n < 1 || n > most {
						t.Fatalf("%d streams", n)
					}
					rate := m.rate(float64(n)) * (0.99 + 0.02*random.Float64())
					if i >= learn && rate < 0.9*best {
						worse++
					}
					tuner.Learn(p, &client.Transfer{
						Bytes: size, Streams: n, Report: report(m.hint(float64(n))),
						Duration: 800*ms + time.Duration(float64(size)/rate*1e9),
					})
				}
				// Trying others has its price.
				if worse > (files-learn)/pause+3 {
					t.Errorf("%d of %d files were more than a tenth slower than could be", worse, files-learn)
				}
			})
		}
	}
}

func TestHint(t *testing.T) {
	limited := telemetry.Report{Sending: true, Streams: []telemetry.Stream{{
		RTT: 100 * ms, MinRTT: 100 * ms, SegmentsSent: 1e5, Busy: time.Second, RecvLimited: 400 * ms,
	}}}
	received := report(more)
	received.Sending = false
	for name, tt := range map[string]struct {
		report telemetry.Report
		want   direction
	}{
		"nothing known":   {telemetry.Report{}, either},
		"losses, no wait": {report(more), more},
		"a full queue":    {report(fewer), fewer},
		"neither":         {report(either), either},
		"full windows":    {limited, more},
		"received":        {received, either},
	} {
		if got := hint(tt.report); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// TestLearn lists what changes the choice after a first file at a count.
func TestLearn(t *testing.T) {
	at := client.Path{Host: "h", Put: true, RTT: 100 * ms, Size: 1 << 30, MaxStreams: 100}
	file := func(n int, seconds float64, r telemetry.Report) *client.Transfer {
		return &client.Transfer{Bytes: 1 << 30, Streams: n, Duration: time.Duration(seconds * 1e9), Report: r}
	}
	disk := report(more)
	disk.Verdict.Limit = telemetry.DiskWrite
	for _, tt := range []struct {
		name  string
		files []*client.Transfer
		path  func(*client.Path)
		want  int
	}{
		{"nothing", nil, nil, mostFirst},
		{"losses ask for more", []*client.Transfer{file(4, 100, report(more))}, nil, 6},
		{"a full queue asks for fewer", []*client.Transfer{file(16, 10, report(fewer))}, nil, 12},
		{"upwards first", []*client.Transfer{file(4, 10, report(either))}, nil, 6},
		{"then downwards", []*client.Transfer{file(4, 10, report(either)), file(6, 11, report(either))}, nil, 3},
		{"and back", []*client.Transfer{file(4, 10, report(either)), file(6, 11, report(either)), file(3, 12, report(either))}, nil, 4},
		{"a small gain is chance", []*client.Transfer{file(4, 10, report(either)), file(6, 9.9, report(either)), file(3, 12, report(either))}, nil, 4},
		{"on to the next", []*client.Transfer{file(4, 10, report(either)), file(6, 8, report(either))}, nil, 8},
		{"the disk", []*client.Transfer{file(4, 100, disk)}, nil, mostFirst},
		{"a simulation", []*client.Transfer{{Bytes: 1 << 30, Streams: 4, Duration: 1, Simulated: true}}, nil, mostFirst},
		{"another path", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.RTT = 20 * ms }, 16},
		{"a little longer path", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.RTT = 150 * ms }, 6},
		{"another host", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.Host = "i" }, mostFirst},
		{"another port", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.Port = 5022 }, mostFirst},
		{"the other direction", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.Put = false }, mostFirst},
		{"compressed", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.Compress = true }, mostFirst},
		{"a size alike", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.Size = 3 << 30 }, 6},
		{"quite another size", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.Size = 1 << 24 }, mostFirst},
		{"no size", []*client.Transfer{file(4, 10, report(either))}, func(p *client.Path) { p.Size = -1 }, 6},
		{"no room", []*client.Transfer{file(4, 10, report(more))}, func(p *client.Path) { p.MaxStreams = 2 }, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tuner, p := New("", nil), at
			for _, f := range tt.files {
				tuner.Learn(p, f)
			}
			if tt.path != nil {
				tt.path(&p)
			}
			if c := tuner.Choose(p); c.Streams != tt.want {
				t.Errorf("%d streams, want %d: %q", c.Streams, tt.want, c.Why)
			}
		})
	}
}

// TestShell: over ssh the streams of the first file tell how long the path is.
func TestShell(t *testing.T) {
	tuner := New("", nil)
	p := client.Path{Host: "h", Put: true, Size: 1 << 30, MaxStreams: 100, Version: 3, Fixes: true}
	tuner.Learn(p, &client.Transfer{Bytes: 1 << 30, Streams: 12, Duration: 10 * time.Second, Report: report(fewer)})
	c := tuner.Choose(p)
	if want := window(client.Path{RTT: 100 * ms}, c.Streams, 0); c.SendWindow != want {
		t.Errorf("windows of %d KiB, want %d", c.SendWindow, want)
	}
}
