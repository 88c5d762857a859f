package modern

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"bbftp/engine/client"
)

// screen is where bars are drawn; mpb writes to it from goroutines of its own.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// settledText is what a terminal shows in the end: mpb takes away lines by
// going up over them and erasing.
func (s *screen) settledText(t *testing.T) string {
	t.Helper()
	var lines []string
	text := s.String()
	for text != "" {
		var n int
		if _, err := fmt.Sscanf(text, "\x1b[%dA\x1b[J", &n); err == nil {
			_, text, _ = strings.Cut(text, "J")
			lines = lines[:len(lines)-n]
			continue
		}
		line, rest, _ := strings.Cut(text, "\n")
		lines, text = append(lines, line), rest
	}
	return strings.Join(lines, "\n")
}

func progressOf(op, name string, bytes, moved int64) client.Progress {
	return client.Progress{Op: op, Local: name, Remote: name, Bytes: bytes, Moved: func() int64 { return moved }}
}

func TestBars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tty screen
		var out bytes.Buffer
		b := &bars{screen: &tty, after: time.Second, plain: plain{out: &out, err: &tty}}
		b.start("put", 2, 3_000_000)
		b.moving(progressOf("put", "one.dat", 1_000_000, 500_000))
		time.Sleep(999 * time.Millisecond)
		if tty.String() != "" {
			t.Errorf("too early: %q", tty.String())
		}
		time.Sleep(time.Second)
		shown := tty.String()
		for _, want := range []string{"one.dat ", "0 of 2 files ", "[", "  50%  500 kB", "  16%  500 kB"} {
			if !strings.Contains(shown, want) {
				t.Errorf("no %q in\n%q", want, shown)
			}
		}
		b.warn(warning{cause: errors.New("be \x1bwarned")})
		b.done(outcome{op: "put", object: "one.dat", copied: &client.Transfer{Op: "put", Local: "one.dat", Bytes: 1_000_000, Duration: time.Second}})
		b.moving(progressOf("put", "two.dat", 2_000_000, 1_000_000))
		time.Sleep(time.Second)
		if shown := tty.String()[len(shown):]; !strings.Contains(shown, "two.dat ") || !strings.Contains(shown, "1 of 2 files ") || !strings.Contains(shown, "  66%  2.0 MB") {
			t.Errorf("second file:\n%q", shown)
		}
		b.done(outcome{op: "put", object: "two.dat", err: errors.New("no")})
		b.finish(summary{op: "put", tally: tally{done: 1, failed: 1}, took: time.Second})
		const said = "bbftp: warning: be ?warned\nbbftp: put two.dat: no\nbbftp: put: 1 done, 1 failed"
		if got := tty.settledText(t); got != said {
			t.Errorf("in the end the terminal shows %q, want %q", got, said)
		}
		if want := "one.dat  1.0 MB  1.00 s  1.0 MB/s  0.008 Gbit/s\n"; out.String() != want {
			t.Errorf("standard output has %q, want %q", out.String(), want)
		}
	})
}

// TestBarsNotNeeded is a run that is over before there are bars.
func TestBarsNotNeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tty screen
		b := &bars{screen: &tty, after: time.Second, plain: plain{out: io.Discard, err: &tty}}
		b.start("put", 1, 10)
		b.moving(progressOf("put", "a", 10, 10))
		b.finish(summary{op: "put", tally: tally{done: 1}})
		time.Sleep(2 * time.Second)
		if tty.String() != "" {
			t.Errorf("%q", tty.String())
		}
	})
}

// TestBarsTerminalGone must neither hang nor lose what goes elsewhere.
func TestBarsTerminalGone(t *testing.T) {
	var out bytes.Buffer
	b := &bars{screen: gone{}, plain: plain{out: &out, err: gone{}}}
	b.start("put", 2, 10)
	b.moving(progressOf("put", "a", 10, 10))
	b.raise() // at the latest now
	b.done(outcome{op: "put", object: "a", copied: &client.Transfer{Op: "put", Local: "a"}})
	b.finish(summary{op: "put", tally: tally{done: 1}})
	if !strings.HasPrefix(out.String(), "a  0 B") {
		t.Errorf("%q", out.String())
	}
}

type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestRow(t *testing.T) {
	for _, tt := range []struct {
		name  string
		seen  view
		width int
		want  string
	}{
		{"begun", view{name: "a", moved: 0, bytes: 1000, part: 0, whole: 1000}, 80, "a                        [----------------]    0%     0 B      0.0 MB/s     -:--"},
		{"half", view{name: "a", moved: 5e8, bytes: 1e9, part: 5e8, whole: 1e9}, 80, "a                        [=======>--------]   50%  500 MB      0.0 MB/s     -:--"},
		{"empty", view{name: "a"}, 80, "a                        [----------------]  100%     0 B      0.0 MB/s     -:--"},
		{"long", view{name: strings.Repeat("x", 30) + "/run\x1b.dat", bytes: 1, whole: 1}, 80, "…xxxxxxxxxxxxxx/run?.dat [----------------]    0%     0 B      0.0 MB/s     -:--"},
		{"by files", view{name: "1 of 4 files", moved: 5e8, bytes: -1, part: 1, whole: 4}, 80, "1 of 4 files             [===>------------]   25%  500 MB      0.0 MB/s     -:--"},
		{"narrow", view{name: "a", moved: 0, bytes: 1000, whole: 1000}, 40, "a                          0%     0 B  …"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := draw(tt.width, tt.seen); strings.TrimRight(got, " ") != tt.want {
				t.Errorf("\n%q\n%q", got, tt.want)
			}
		})
	}
}

// draw renders one row at a width.
func draw(width int, v view) string {
	r := &row{look: func() view { return v }, filler: mpb.BarStyle().Build()}
	var tty screen
	refresh := make(chan any)
	p := mpb.New(mpb.WithOutput(&tty), mpb.WithWidth(width), mpb.WithManualRefresh(refresh))
	bar := p.MustAdd(0, r,
		mpb.PrependDecorators(decor.Any(r.name, decor.WC{W: nameWidth, C: decor.DindentRight})),
		mpb.AppendDecorators(decor.Any(r.figures)))
	refresh <- time.Now()
	bar.Abort(false)
	p.Wait()
	line, _, _ := strings.Cut(tty.String(), "\n")
	return line
}

func TestPace(t *testing.T) {
	var p pace
	at := time.Unix(0, 0)
	p.observe(at, 0)
	for i := range 20 {
		at = at.Add(time.Second)
		if got := p.observe(at, int64(i+1)*1000); got < 999 || got > 1001 {
			t.Errorf("steady: %v after %d s", got, i+1)
		}
	}
	for range 30 {
		at = at.Add(time.Second)
		p.observe(at, 20_000)
	}
	if p.rate > 10 {
		t.Errorf("stalled for 30 s: %v", p.rate)
	}
	if got := p.observe(at.Add(time.Second), 5); got != 0 {
		t.Errorf("begun anew: %v", got)
	}
	for _, tt := range []struct {
		rest int64
		rate float64
		want string
	}{{1000, 100, "0:10"}, {0, 5, "0:00"}, {1, 0, "-:--"}, {75, 1, "1:15"}, {3725, 1, "1:02:05"}, {1 << 62, 1, "-:--"}} {
		if got := clock(left(tt.rest, tt.rate)); got != tt.want {
			t.Errorf("%d at %v: %s, want %s", tt.rest, tt.rate, got, tt.want)
		}
	}
}
