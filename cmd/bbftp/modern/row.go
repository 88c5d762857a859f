package modern

import (
	"fmt"
	"io"
	"math"
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

// pace follows how fast bytes pass, with less weight for what is longer ago.
// The zero value has seen nothing.
type pace struct {
	at    time.Time
	bytes int64
	began time.Time
	rate  float64 // bytes per second
}

const (
	// memory is the age at which an observation has lost most of its weight
	// (1/e): long enough for a number that can be read, short enough to show a
	// stall.
	memory = 5 * time.Second
	// closest two observations count; rates over less time jump.
	closest = 50 * time.Millisecond
)

// observe tells how many bytes have passed by now and returns the rate. A
// number that went back begins anew: the file is tried again.
func (p *pace) observe(now time.Time, bytes int64) float64 {
	if p.began.IsZero() || bytes < p.bytes {
		*p = pace{at: now, began: now, bytes: bytes}
		return 0
	}
	since := now.Sub(p.at)
	if since < closest {
		return p.rate
	}
	current := float64(bytes-p.bytes) / since.Seconds()
	// In the beginning every observation weighs as much as its time.
	weight := max(1-math.Exp(-since.Seconds()/memory.Seconds()), since.Seconds()/now.Sub(p.began).Seconds())
	p.rate += weight * (current - p.rate)
	p.at, p.bytes = now, bytes
	return p.rate
}

// left is the time that the rest takes at rate, negative if nobody knows.
func left(rest int64, rate float64) time.Duration {
	seconds := float64(rest) / rate
	if rate <= 0 || seconds > (1000*time.Hour).Seconds() {
		return -1
	}
	return time.Duration(seconds * float64(time.Second))
}
