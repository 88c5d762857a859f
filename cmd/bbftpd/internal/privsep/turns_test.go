package privsep

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"bbftp/engine/admission"
)

// queueUp has one wait in a queue, and tell when its turn comes, which ends at once.
func queueUp(ctx context.Context, t *turns, from string, served *[]string) {
	queue := loggedIn
	if from != "" {
		queue = queueOf(netip.MustParseAddr(from))
	}
	go func() {
		over, err := t.take(ctx, queue)
		if err != nil {
			return
		}
		*served = append(*served, from) // one turn at a time
		over()
		over()
	}()
	synctest.Wait()
}

// empty tells whether nothing is left in turns of which there were so many.
func (t *turns) empty(free int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free != free || len(t.queues) > 0 || t.round.Len() > 0 {
		return fmt.Errorf("%d of %d free, %d queues, %d in the round", t.free, free, len(t.queues), t.round.Len())
	}
	return nil
}

func TestTurns(t *testing.T) {
	flood := strings.Repeat("192.0.2.1 ", 200)
	for name, tt := range map[string]struct{ come, want string }{
		"one address":          {"192.0.2.1 192.0.2.1", "192.0.2.1 192.0.2.1"},
		"a flood and one":      {flood + "192.0.2.2", "192.0.2.1 192.0.2.2 " + flood[:199*len("192.0.2.1 ")]},
		"round and round":      {"::1 ::1 ::1 192.0.2.2 192.0.2.2 192.0.2.3", "::1 192.0.2.2 192.0.2.3 ::1 192.0.2.2 ::1"},
		"a /64 is an address":  {"2001:db8::1 2001:db8::2 2001:db8::1:0:0:3 2001:db8:0:1::1", "2001:db8::1 2001:db8:0:1::1 2001:db8::2 2001:db8::1:0:0:3"},
		"zones are of no help": {"fe80::1%a fe80::1%b 192.0.2.1", "fe80::1%a 192.0.2.1 fe80::1%b"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				turns, served := newTurns(1), []string(nil)
				over, err := turns.take(t.Context(), queueOf(netip.MustParseAddr("192.0.2.9")))
				if err != nil {
					t.Fatal(err)
				}
				for from := range strings.FieldsSeq(tt.come) {
					queueUp(t.Context(), turns, from, &served)
				}
				if len(served) > 0 {
					t.Fatalf("more than one at a time: %v", served)
				}
				over()
				synctest.Wait()
				if !slices.Equal(served, strings.Fields(tt.want)) {
					t.Errorf("served %v", served)
				}
				if err := turns.empty(1); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestTurnsLoggedIn has a session go before doors.
func TestTurnsLoggedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, served := newTurns(1), []string(nil)
		over, _ := turns.take(t.Context(), loggedIn)
		for _, from := range []string{"192.0.2.1", "192.0.2.2", "", ""} {
			queueUp(t.Context(), turns, from, &served)
		}
		over()
		synctest.Wait()
		if want := []string{"", "", "192.0.2.1", "192.0.2.2"}; !slices.Equal(served, want) {
			t.Errorf("served %q", served)
		}
		if err := turns.empty(1); err != nil {
			t.Error(err)
		}
	})
}

// TestTurnsEnd has those that wait give up: at the front, in the middle, and in the
// moment in which their turn comes.
func TestTurnsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, served := newTurns(2), []string(nil)
		one, _ := turns.take(t.Context(), loggedIn)
		two, _ := turns.take(t.Context(), loggedIn)
		ctx, cancel := context.WithCancelCause(t.Context())
		for range 100 {
			queueUp(ctx, turns, "192.0.2.1", &served)
			queueUp(ctx, turns, "", &served)
		}
		queueUp(t.Context(), turns, "192.0.2.2", &served)
		cancel(nil)
		synctest.Wait()
		if n := len(turns.queues); n != 1 {
			t.Errorf("%d queues left of one who waits", n)
		}
		_, leave := turns.join(queueOf(netip.MustParseAddr("192.0.2.3")))
		one() // is the turn of who is served
		two() // is the turn of who leaves
		synctest.Wait()
		leave()
		synctest.Wait()
		if want := []string{"192.0.2.2"}; !slices.Equal(served, want) {
			t.Errorf("served %v", served)
		}
		if err := turns.empty(2); err != nil {
			t.Error(err)
		}
		_, leave = turns.join(loggedIn)
		leave()
		if err := turns.empty(2); err != nil {
			t.Errorf("left with a turn had at once: %v", err)
		}
	})
}

// TestTurnsCause tells why nothing came of it.
func TestTurnsCause(t *testing.T) {
	turns := newTurns(0)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(admission.ErrStopping)
	if _, err := turns.take(ctx, loggedIn); !errors.Is(err, admission.ErrStopping) {
		t.Errorf("got %v", err)
	}
	if err := turns.empty(0); err != nil {
		t.Error(err)
	}
}
