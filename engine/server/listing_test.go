package server

import (
	"context"
	"testing"
)

// TestListings: a user who does not read his listings stops his own, not those of
// others.
func TestListings(t *testing.T) {
	l := newListings()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	var ends []func()
	begin := func(ctx context.Context, user string, want bool) {
		t.Helper()
		end, ok := l.begin(ctx, user)
		if ok != want {
			t.Fatalf("%s may list: %t, want %t", user, ok, want)
		}
		if ok {
			ends = append(ends, end)
		}
	}
	for range maxUserListings {
		begin(t.Context(), "stalled", true)
	}
	begin(over, "stalled", false)
	for _, user := range []string{"a", "b", "c"} {
		for range maxUserListings {
			begin(t.Context(), user, true)
		}
	}
	begin(over, "d", false) // all have theirs
	for _, end := range ends {
		end()
	}
	begin(t.Context(), "d", true)
	ends[len(ends)-1]()
	if len(l.all) != 0 || len(l.users) != 0 {
		t.Errorf("%d listings and %d users stay", len(l.all), len(l.users))
	}
}
