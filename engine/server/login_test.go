package server

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// tardy denies a login when its time has ended.
type tardy struct{ begun chan struct{} }

func (a tardy) Authenticate(ctx context.Context, _ auth.Credentials) (auth.Account, error) {
	close(a.begun)
	<-ctx.Done()
	return auth.Account{}, auth.ErrDenied
}

// TestWrongInTheLastMoment counts as wrong: else whoever has his guesses checked
// then would not wait for the next ones.
func TestWrongInTheLastMoment(t *testing.T) {
	accounts := tardy{make(chan struct{})}
	g := guard(t, func(c *Config) { c.Accounts = accounts })
	c := g.come(t, "127.0.0.1")
	c.claim("bbuser", "guess")
	<-accounts.begun
	g.Drain() // ends it as the limit of its time would
	if r := g.records.await(t, audit.Login, 1)[0]; r.Outcome != audit.Denied || r.Reason != reasonDenied {
		t.Errorf("recorded %+v", r)
	}
}

// TestTrickledLogin has each byte come in time, and their sum take for ever.
func TestTrickledLogin(t *testing.T) {
	g := guard(t, func(c *Config) { c.Waits.Login = 500 * time.Millisecond })
	c := g.come(t, "127.0.0.1")
	login := wire.Log{}.Append(nil)
	ended := make(chan struct{})
	var trickling sync.WaitGroup
	trickling.Go(func() {
		for _, b := range login[:len(login)-1] { // the last one never comes
			if _, err := c.out.Write([]byte{b}); err != nil {
				return
			}
			select {
			case <-ended:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	r := g.records.await(t, audit.Login, 1)[0]
	close(ended)
	trickling.Wait()
	if r.Outcome != audit.Failed || r.Reason != reasonTooLate {
		t.Errorf("recorded %+v", r)
	}
}

// TestNoTurn gives up in time to tell a client that wrong logins of its address leave
// it no turn.
func TestNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := admission.New(admission.Limits{FailureDelay: time.Minute})
		come := func() *admission.Visit {
			visit, err := gate.Enter(netip.MustParseAddr("192.0.2.1"), func() {})
			if err != nil {
				t.Fatal(err)
			}
			return visit
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		for range 4 {
			come().Failed(gone)
		}
		const limit = 10 * time.Second
		e := entrance{service: &service{cfg: Config{Waits: Waits{Login: limit}}}, visit: come()}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		if _, err := e.authenticate(ctx, auth.Credentials{}); !errors.Is(err, auth.ErrBusy) || ctx.Err() != nil {
			t.Errorf("got %v", err)
		}
	})
}
