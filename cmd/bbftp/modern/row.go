package modern

import (
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"bbftp/cmd/internal/terminal"
)

// row draws one bar. A bar's own goroutine asks for the name first, then for
// the rest, at each refresh.
type row struct {
	look   func() view
	filler mpb.BarFiller
	seen   view
	speed  pace
	rate   float64
}

// nameWidth and what figures takes leave 20 columns of 80 to the bar itself.
const nameWidth = 24

func (r *row) name(decor.Statistics) string {
	now := r.look()
	if now.subject != r.seen.subject {
		r.speed = pace{}
	}
	r.seen = now
	r.rate = r.speed.observe(time.Now(), now.moved)
	return shorten(terminal.Mask(now.name), nameWidth)
}

// shorten keeps the end of a long name, where names differ.
func shorten(name string, width int) string {
	if runes := []rune(name); len(runes) > width {
		return "…" + string(runes[len(runes)-width+1:])
	}
	return name
}

func (r *row) figures(decor.Statistics) string {
	percent := int64(100)
	if r.seen.whole > 0 {
		percent = min(r.seen.part*100/r.seen.whole, 100)
	}
	remaining := time.Duration(-1)
	if r.seen.bytes >= 0 {
		remaining = left(max(r.seen.bytes-r.seen.moved, 0), r.rate)
	}
	return fmt.Sprintf(" %3d%% %7s %8.1f MB/s %8s", percent, bytesText(r.seen.moved), r.rate/1e6, clock(remaining))
}

// Fill draws the bar itself.
func (r *row) Fill(w io.Writer, s decor.Statistics) error {
	s.Current, s.Total, s.Completed = r.seen.part, r.seen.whole, r.seen.part >= r.seen.whole
	return r.filler.Fill(w, s)
}

// clock is a duration as h:mm:ss or m:ss.
func clock(d time.Duration) string {
	if d < 0 {
		return "-:--"
	}
	seconds := int64(d.Round(time.Second).Seconds())
	if hours := seconds / 3600; hours > 0 {
		return fmt.Sprintf("%d:%02d:%02d", hours, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
