package engine

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"bbftp/engine/audit"
	"bbftp/engine/client"
	"bbftp/engine/server"
)

// trail keeps all records.
type trail struct {
	mu  sync.Mutex
	all []audit.Record // guarded by mu
}

func (t *trail) Record(r audit.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, r)
}

// take waits for n records and takes all there are.
func (t *trail) take(tb testing.TB, n int) (all []audit.Record) {
	tb.Helper()
	for range 3000 {
		t.mu.Lock()
		if len(t.all) >= n {
			all, t.all = t.all, nil
		}
		t.mu.Unlock()
		if all != nil {
			return all
		}
		time.Sleep(10 * time.Millisecond)
	}
	tb.Fatalf("fewer than %d records", n)
	return nil
}

// TestAudit has every version leave its trail: who, what, how much, and what failed.
func TestAudit(t *testing.T) {
	content := waves(300_000)
	for version := 1; version <= 3; version++ {
		for _, compress := range []bool{false, true} {
			t.Run(fmt.Sprintf("version %d, compressed %t", version, compress), func(t *testing.T) {
				records := new(trail)
				h := serve(t, func(cfg *server.Config) { cfg.Audit = records })
				c, dir := dial(t, h.port, func(cfg *client.Config) {
					cfg.Protocol, cfg.Streams, cfg.Compress = version, 2, compress
				})
				write(t, dir, "f", content)
				ctx := t.Context()
				steps := []error{c.Mkdir(ctx, "d")}
				_, err := c.Chdir(ctx, "d")
				steps = append(steps, err)
				_, err = c.Put(ctx, "f", "f")
				steps = append(steps, err)
				_, err = c.Get(ctx, "f", "back")
				steps = append(steps, err)
				for i, err := range steps {
					if err != nil {
						t.Fatalf("step %d: %v", i+1, err)
					}
				}
				if _, err := c.Get(ctx, "nonesuch", "nonesuch"); err == nil {
					t.Fatal("got a file that is not there")
				}
				c.Close()

				got := records.take(t, 6)
				moved := func(operation string) audit.Record {
					return audit.Record{
						Event: audit.File, Outcome: audit.OK, Operation: operation, File: "/d/f", Asked: "f",
						Bytes: int64(len(content)), Moved: int64(len(content)), Compressed: compress,
					}
				}
				want := []audit.Record{
					{Event: audit.Login, Outcome: audit.OK},
					{Event: audit.Change, Outcome: audit.OK, Operation: "mkdir", File: "/d", Asked: "d"},
					moved("put"),
					moved("get"),
					{Event: audit.File, Outcome: audit.Failed, Reason: "No such file or directory", Operation: "get", File: "/d/nonesuch", Asked: "nonesuch", Compressed: compress},
					{Event: audit.Session, Outcome: audit.OK},
				}
				if len(got) != len(want) {
					t.Fatalf("%d records, want %d: %+v", len(got), len(want), got)
				}
				for i, r := range got {
					checkRecord(t, r, want[i], version)
				}
			})
		}
	}
}

// checkRecord compares what can be known before, and looks at the rest.
func checkRecord(t *testing.T, r, want audit.Record, version int) {
	t.Helper()
	if r.Time.IsZero() || !r.Client.IsValid() || r.Session != 1 || r.User != "alice" {
		t.Errorf("whose and when: %+v", r)
	}
	if agreed := r.Event != audit.Login; agreed && r.Version != version {
		t.Errorf("version %d of %+v, want %d", r.Version, r, version)
	}
	moved := r.Moved > 0
	switch {
	case moved && (r.Wire <= 0 || !r.Compressed && r.Wire != r.Moved || r.Streams < 1 || r.Seconds <= 0):
		t.Errorf("how it moved: %+v", r)
	case r.Event == audit.Session && r.Seconds <= 0:
		t.Errorf("how long: %+v", r)
	}
	r.Time, r.Client, r.Session, r.User, r.Version = want.Time, want.Client, 0, "", 0
	r.Wire, r.Streams, r.Seconds, r.Verdict = 0, 0, 0, ""
	if r != want {
		t.Errorf("recorded\n%+v, want\n%+v", r, want)
	}
}
