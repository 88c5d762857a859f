package modern

import (
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/client"
	"bbftp/engine/trust"
)

// bars shows a bar for the file under way and, if there are several, one for
// all; lines go above them. They appear when data move, so after the last
// question to the user, and vanish in the end.
//
//	lines only ─ first byte, then after ─► lines above bars ─ finish ─► lines only
type bars struct {
	screen io.Writer
	after  time.Duration // how long a transfer moves before there are bars
	board  board

	mu       sync.Mutex
	plain    plain // guarded by mu
	raising  *time.Timer
	over     bool
	progress *mpb.Progress // nil while there are no bars
	shown    []*mpb.Bar
	lines    plain // as it was before the bars
}

// settled is how long a run goes without bars: taking them away takes two
// refreshes, for which nobody wants to wait who copies small files.
const settled = 500 * time.Millisecond

func (b *bars) start(_ string, files int, bytes int64) { b.board.reset(files, bytes) }

func (b *bars) moving(p client.Progress) {
	b.board.begin(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.raising == nil {
		b.raising = time.AfterFunc(b.after, b.raise)
	}
}

func (b *bars) raise() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return
	}
	b.lines = b.plain
	b.progress = mpb.New(mpb.WithOutput(b.screen), mpb.WithAutoRefresh())
	b.plain.err = b.progress
	if terminal.Is(b.plain.out) {
		b.plain.out = b.progress
	}
	b.show(b.board.file)
	if b.board.several() {
		b.show(b.board.total)
	}
}

func (b *bars) show(look func() view) {
	r := &row{look: look, filler: mpb.BarStyle().Build()}
	bar, err := b.progress.Add(0, r,
		mpb.PrependDecorators(decor.Any(r.name, decor.WC{W: nameWidth, C: decor.DindentRight})),
		mpb.AppendDecorators(decor.Any(r.figures)))
	if err == nil { // else the terminal is gone
		b.shown = append(b.shown, bar)
	}
}

func (b *bars) done(o outcome) {
	b.board.end()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plain.done(o)
}

func (b *bars) warn(w warning) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plain.warn(w)
}

func (b *bars) trusted(met trust.Met) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plain.trusted(met)
}

func (b *bars) say(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plain.say(text)
}

func (b *bars) finish(s summary) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.progress != nil {
		for _, bar := range b.shown {
			bar.Abort(true)
		}
		b.progress.Wait()
		b.plain, b.progress = b.lines, nil
	}
	b.plain.finish(s)
}
