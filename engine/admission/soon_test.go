package admission

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestEnterSoon waits for a place that is given back in time, and for no other.
func TestEnterSoon(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits Limits
		leaves time.Duration // of who is there
		waits  time.Duration
		want   error
	}{
		{"free", Limits{Sessions: 2}, time.Hour, 0, nil},
		{"at once", Limits{Sessions: 1}, 30 * time.Millisecond, 40 * time.Millisecond, nil},
		{"late", Limits{Sessions: 1}, moment - time.Millisecond, moment, nil},
		{"never", Limits{Sessions: 1}, time.Hour, moment, ErrFull},
		{"of the address", Limits{PerAddress: 1}, 30 * time.Millisecond, 40 * time.Millisecond, nil},
		{"not allowed", Limits{Deny: nets("192.0.2.1/32")}, time.Hour, 0, ErrNetwork},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := New(Limits{})
				there := enter(t, g, "192.0.2.1")
				if err := there.Admit("alice", 0, 0); err != nil {
					t.Fatal(err)
				}
				g.SetLimits(tt.limits)
				leaving := time.AfterFunc(tt.leaves, there.Leave)
				defer leaving.Stop()
				began := time.Now()
				v, err := g.EnterSoon(t.Context(), addr("192.0.2.1"), func() {})
				if took := time.Since(began); !errors.Is(err, tt.want) || (err == nil) != (v != nil) || took != tt.waits {
					t.Errorf("%v after %v, want %v after %v", err, took, tt.want, tt.waits)
				}
				refused := int64(0)
				if tt.want != nil {
					refused = 1
				}
				if got := g.Counts().Refused; got != refused {
					t.Errorf("%d refused, want %d", got, refused)
				}
			})
		})
	}
}

// TestAdmitSoon waits for a session of the user to end.
func TestAdmitSoon(t *testing.T) {
	for _, tt := range []struct {
		leaves, waits time.Duration
		want          error
	}{
		{30 * time.Millisecond, 40 * time.Millisecond, nil},
		{time.Hour, moment, ErrUserFull},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := New(Limits{PerUser: 1})
			there, newcomer := session(t, g, "alice", 0), enter(t, g, "192.0.2.2")
			defer time.AfterFunc(tt.leaves, there.Leave).Stop()
			if err := newcomer.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			err := newcomer.AdmitSoon(t.Context(), "alice", 0, 0)
			if took := time.Since(began); !errors.Is(err, tt.want) || took != tt.waits {
				t.Errorf("%v after %v, want %v after %v", err, took, tt.want, tt.waits)
			}
		})
	}
}

// TestSoonEnds with the context.
func TestSoonEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := New(Limits{Sessions: 2, PerUser: 1})
		session(t, g, "alice", 0)
		newcomer := enter(t, g, "192.0.2.2")
		cause := errors.New("the client left")
		ctx, cancel := context.WithTimeoutCause(t.Context(), moment/2, cause)
		defer cancel()
		began := time.Now()
		if err := newcomer.AdmitSoon(ctx, "alice", 0, 0); err != cause {
			t.Errorf("admitted: %v", err)
		}
		if _, err := g.EnterSoon(ctx, addr("192.0.2.3"), func() {}); err != ErrStopping {
			t.Errorf("entered: %v", err)
		}
		if took := time.Since(began); took != moment/2 {
			t.Errorf("took %v", took)
		}
	})
}
