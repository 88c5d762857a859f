package bench

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/peer"
)

// TestInterrupted ends a sweep in each of its trials, and goes on: what comes
// out is what an undisturbed sweep measures.
func TestInterrupted(t *testing.T) {
	const settings = "duration = \"3s\"\n[repeats]\nmin = 2\nmax = 3"
	whole := newRig(t, settings)
	whole.peer.noise = 1
	want := whole.mustRun(t)
	reason := errors.New("Control-C")
	for stop := 1; stop <= len(want.Records); stop++ {
		r := newRig(t, settings)
		r.peer.noise = 1
		ctx, cancel := context.WithCancelCause(t.Context())
		r.peer.before = func(ctx context.Context, _ peer.Job) error {
			if r.peer.trials == stop {
				cancel(reason)
			}
			return ctx.Err()
		}
		f, err := r.run(ctx)
		if !errors.Is(err, reason) || len(f.Records) != stop-1 {
			t.Fatalf("ended in trial %d: %v, %d records", stop, err, len(f.Records))
		}
		f = r.mustRun(t)
		ignoreTime := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Time" }, cmp.Ignore())
		if diff := cmp.Diff(want.Records, f.Records, ignoreTime); diff != "" {
			t.Fatalf("ended in trial %d (-undisturbed +resumed):\n%s", stop, diff)
		}
		r.peer.trials = 0
		if again := r.mustRun(t); len(again.Records) != len(want.Records) || r.peer.trials != 0 {
			t.Fatalf("all is done, and %d trials more", r.peer.trials)
		}
	}
}

func TestInterruptedBetween(t *testing.T) {
	r := newRig(t, sized)
	ctx, cancel := context.WithCancel(t.Context())
	r.Progress = func(e Event) {
		if e.Record != nil {
			cancel()
		}
	}
	f, err := r.run(ctx)
	if !errors.Is(err, context.Canceled) || len(f.Records) != 1 || f.Records[0].Error != "" {
		t.Errorf("%v, %d records", err, len(f.Records))
	}
}

func TestResumeRefuses(t *testing.T) {
	for name, tt := range map[string]struct{ settings, want string }{
		"another size":     {"size = \"1MB\"", "bytes_asked 100000 is now 1000000"},
		"another seed":     {sized + "[repeats]\nseed = 2", "seed"},
		"another name":     {sized + "name = \"other\"", `of sweep "test", not of "other"`},
		"another rate":     {strings.Replace(sized, "size", "loss = [\"1%\"]\nsize", 1), "loss 0 is now 0.01"},
		"a duration now":   {"duration = \"1s\"\nsize = \"100KB\"", "duration_s 0 is now 1"},
		"another protocol": {sized + "version = [2]", "version 1 is now 2"},
	} {
		before := newRig(t, sized+"[repeats]\nmax = 1")
		before.mustRun(t)
		r := newRig(t, tt.settings)
		r.out.Write(before.out.Bytes())
		if _, err := r.run(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) || r.peer.trials > 0 {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestResumeGrows(t *testing.T) {
	before := newRig(t, sized+"[repeats]\nmax = 1")
	before.mustRun(t)
	r := newRig(t, sized+"[repeats]\nmin = 2\nmax = 2\n")
	r.Scenario.Streams = append(r.Scenario.Streams, 8)
	r.out.Write(before.out.Bytes())
	f := r.mustRun(t)
	if len(f.Records) != 6*3 || r.peer.trials != 6*3-4*2 {
		t.Errorf("%d records, %d new trials", len(f.Records), r.peer.trials)
	}
}

func TestResumeTriesFailuresAgain(t *testing.T) {
	r := newRig(t, sized+"[repeats]\nmax = 1")
	r.peer.before = func(context.Context, peer.Job) error { return errors.New("not today") }
	if f := r.mustRun(t); len(f.Records) != 4*3 {
		t.Fatalf("%d records", len(f.Records))
	}
	r.peer.before = nil
	f := r.mustRun(t)
	for _, rec := range f.Records[12:] {
		if rec.Error != "" {
			t.Errorf("error %q", rec.Error)
		}
	}
	if len(f.Records) != 12+4*2 {
		t.Errorf("%d records", len(f.Records))
	}
	r.peer.trials = 0
	if again := r.mustRun(t); len(again.Records) != len(f.Records) || r.peer.trials != 0 {
		t.Errorf("all is done since, and %d trials more", r.peer.trials)
	}
}
