package journal

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// What passes of one kind of line in a period: anybody who can connect can cause
// such lines, and must not fill the disk with them.
const (
	floodBurst  = 60
	floodPeriod = time.Minute
)

// kind is what lines have in common that may be a flood: of the log their message,
// which is a constant of the program, and the user once there is one; of the
// audit trail event and outcome.
type kind struct{ what, of string }

// flood withholds lines of a kind that comes too often, and says how many they
// were at the end of the period:
//
//	       first line of a kind       more than floodBurst
//	quiet ─────────────────────▶ open ────────────────────▶ withholding
//	  ▲    end of period          │                              │ end of period:
//	  └───────────────────────────┘                    one line, │ and open again
//	                              ◀──────────────────────────────┘
//
// What a session does, short of warnings, is no flood: a logger that was made
// With a user passes it.
type flood struct {
	next  slog.Handler
	kinds *kinds
	user  string
}

func newFlood(next slog.Handler) flood {
	return flood{next: next, kinds: newKinds(func(like kind, level slog.Level, lines int) {
		r := slog.NewRecord(time.Now(), level, "lines withheld", 0)
		r.AddAttrs(slog.String("like", like.what), slog.Int("lines", lines))
		if like.of != "" {
			r.AddAttrs(slog.String("user", like.of))
		}
		_ = next.Handle(context.Background(), r) // it only queues the line
	})}
}

func (f flood) Enabled(ctx context.Context, level slog.Level) bool {
	return f.next.Enabled(ctx, level)
}

func (f flood) Handle(ctx context.Context, r slog.Record) error {
	worked := f.user != "" && r.Level < slog.LevelWarn
	if !worked && !f.kinds.pass(kind{r.Message, f.user}, r.Level) {
		return nil
	}
	return f.next.Handle(ctx, r)
}

func (f flood) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		if a.Key == "user" {
			f.user = a.Value.String()
		}
	}
	f.next = f.next.WithAttrs(attrs)
	return f
}

func (f flood) WithGroup(name string) slog.Handler {
	f.next = f.next.WithGroup(name)
	return f
}

// kinds are those seen in the last period.
type kinds struct {
	withheld func(like kind, level slog.Level, lines int)

	mu   sync.Mutex
	open map[kind]*period
}

type period struct {
	level           slog.Level
	lines, withheld int
	end             *time.Timer
}

func newKinds(withheld func(kind, slog.Level, int)) *kinds {
	return &kinds{withheld: withheld, open: map[kind]*period{}}
}

// pass says whether to write one more of a kind now.
func (k *kinds) pass(like kind, level slog.Level) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.open[like]
	if p == nil {
		p = &period{level: level, end: time.AfterFunc(floodPeriod, func() { k.endOf(like) })}
		k.open[like] = p
	}
	p.lines++
	if p.lines > floodBurst {
		p.withheld++
		return false
	}
	return true
}

func (k *kinds) endOf(like kind) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p := k.open[like]
	switch {
	case p == nil: // closed meanwhile
	case p.withheld == 0:
		delete(k.open, like)
	default:
		k.withheld(like, p.level, p.withheld)
		p.lines, p.withheld = 0, 0
		p.end.Reset(floodPeriod)
	}
}

// close tells what was withheld so far.
func (k *kinds) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for like, p := range k.open {
		p.end.Stop()
		if p.withheld > 0 {
			k.withheld(like, p.level, p.withheld)
		}
		delete(k.open, like)
	}
}
