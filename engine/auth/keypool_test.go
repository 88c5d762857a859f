package auth

import (
	"context"
	"crypto/rsa"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// The key pool's fake keys are told apart by their exponent.
func fakeGenerate(made *atomic.Int32) func() (*rsa.PrivateKey, error) {
	return func() (*rsa.PrivateKey, error) {
		return &rsa.PrivateKey{PublicKey: rsa.PublicKey{E: int(made.Add(1))}}, nil
	}
}

func TestKeyPoolMakesKeysAhead(t *testing.T) {
	for _, tt := range []struct{ ahead, want int32 }{{0, 4}, {1, 1}, {3, 3}} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			var made atomic.Int32
			p := newKeyPool(ctx, int(tt.ahead), fakeGenerate(&made))
			synctest.Wait()
			if n := made.Load(); n != tt.want {
				t.Errorf("ahead %d: %d keys made", tt.ahead, n)
			}
			seen := map[int]bool{}
			for range 20 {
				k, err := p.Take(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if seen[k.private.E] {
					t.Fatalf("key %d given twice", k.private.E)
				}
				seen[k.private.E] = true
			}
			// The bubble fails the test unless this ends the goroutine.
			stop()
			synctest.Wait()
			if _, err := p.Take(t.Context()); err != nil {
				t.Errorf("Take after the end: %v", err)
			}
		})
	}
}

func TestKeyPoolBoundsGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var made, running, most atomic.Int32
		gate := make(chan struct{})
		generate := fakeGenerate(&made)
		p := newKeyPool(ctx, 1, func() (*rsa.PrivateKey, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			<-gate
			return generate()
		})
		const takers = 10
		var keys sync.Map
		var wg sync.WaitGroup
		for range takers {
			wg.Go(func() {
				k, err := p.Take(ctx)
				if err != nil {
					t.Error(err)
					return
				}
				if _, twice := keys.LoadOrStore(k.private.E, true); twice {
					t.Errorf("key %d given twice", k.private.E)
				}
			})
		}
		synctest.Wait()
		if n := running.Load(); n != 2 {
			t.Errorf("%d keys in the making with %d waiting", n, takers)
		}

		gone, leave := context.WithCancelCause(ctx)
		cause := errors.New("client left")
		leave(cause)
		if _, err := p.Take(gone); !errors.Is(err, cause) {
			t.Errorf("Take without a client: %v", err)
		}

		// One more than there are takers: the pool's goroutine may end up with a
		// key in hand while the last taker makes its own.
		for range takers + 1 {
			gate <- struct{}{}
			synctest.Wait()
		}
		wg.Wait()
		if n := most.Load(); n != 2 {
			t.Errorf("at most %d keys in the making at once", n)
		}
		stop()
		close(gate)
	})
}

func TestKeyPoolReportsFailure(t *testing.T) {
	cause := errors.New("no randomness")
	p := newKeyPool(t.Context(), 2, func() (*rsa.PrivateKey, error) { return nil, cause })
	for range 5 {
		_, err := p.Take(t.Context())
		wantError(t, err, "generate an RSA key of 1024 bits", cause)
	}
}

func TestKeyPoolRealKey(t *testing.T) {
	k, err := NewKeyPool(t.Context(), 1).Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if k.private.N.BitLen() != 1024 || k.private.E != 65537 {
		t.Errorf("%d bits, exponent %d", k.private.N.BitLen(), k.private.E)
	}
	l, err := Seal(k.Offer(), "bbuser", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := k.Open(l), (Credentials{"bbuser", "secret", true}); got != want {
		t.Errorf("Open = %#v", got)
	}
}
