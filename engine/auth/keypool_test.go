package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
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
			for range tt.want + 1 { // what was ready is still given
				_, err := p.Take(t.Context())
				if err == nil {
					continue
				}
				wantError(t, err, "wait for a login key", context.Canceled)
				if _, err := p.TakeOwn(t.Context()); !errors.Is(err, context.Canceled) {
					t.Errorf("TakeOwn after the end: %v", err)
				}
				return
			}
			t.Error("the pool goes on after its end")
		})
	}
}

// slowPool makes a key in d.
func slowPool(ctx context.Context, d time.Duration) (*KeyPool, *atomic.Int32) {
	made := new(atomic.Int32)
	generate := fakeGenerate(made)
	return newKeyPool(ctx, 1, func() (*rsa.PrivateKey, error) {
		time.Sleep(d)
		return generate()
	}), made
}

// takers lets n connections ask at once, and counts who got which key.
func takers(t *testing.T, n int, take func(context.Context) (*Key, error)) map[*Key]int {
	var mu sync.Mutex
	got := map[*Key]int{}
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			k, err := take(t.Context())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			got[k]++
		})
	}
	wg.Wait()
	return got
}

// What can be made within the patience of a connection is nobody else's.
func TestKeyPoolBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		p, _ := slowPool(ctx, 15*time.Millisecond)
		if got := takers(t, 5, p.Take); len(got) != 5 {
			t.Errorf("5 connections at once have %d keys", len(got))
		}
		stop()
		time.Sleep(time.Hour) // lets the last key be made
		synctest.Wait()
	})
}

func TestKeyPoolFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		const cost = 30 * time.Millisecond
		p, made := slowPool(ctx, cost)
		begin := time.Now() // the bubble's clock
		got := takers(t, 500, p.Take)
		if took := time.Since(begin); took > 2*patience {
			t.Errorf("500 connections waited %v", took)
		}
		own, sharers := 0, 0
		for _, n := range got {
			if n == 1 {
				own++
			} else {
				sharers += n
			}
		}
		if own+sharers != 500 || len(got) < 3 || len(got) > 5 {
			t.Errorf("%d keys for 500 connections, %d own, %d shared", len(got), own, sharers)
		}

		// While it goes on, half a processor makes keys.
		before := made.Load()
		var flood sync.WaitGroup
		for range 10_000 {
			time.Sleep(time.Millisecond)
			flood.Go(func() {
				if _, err := p.Take(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		flood.Wait()
		if n := made.Load() - before; n < 100 || n > 200 {
			t.Errorf("%d keys of %v made in 10 s of flood", n, cost)
		}
		stop()
		time.Sleep(time.Hour) // lets the last key be made
		synctest.Wait()
	})
}

// Nothing was given yet, and the first key takes long: all share that.
func TestKeyPoolFirstKeyIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		p, _ := slowPool(ctx, time.Second)
		begin := time.Now()
		if got := takers(t, 50, p.Take); len(got) != 1 || time.Since(begin) != time.Second {
			t.Errorf("50 connections have %d keys after %v", len(got), time.Since(begin))
		}
		stop()
		time.Sleep(time.Hour) // lets the last key be made
		synctest.Wait()
	})
}

func TestKeyPoolSharesNoOldKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		p, _ := slowPool(ctx, maxShared+time.Second)
		first := takers(t, maxSharers+1, p.Take)
		if len(first) != 2 {
			t.Errorf("%d connections share %d keys", maxSharers+1, len(first))
		}
		for _, n := range first {
			if n > maxSharers {
				t.Errorf("%d share one key", n)
			}
		}
		time.Sleep(maxShared + time.Millisecond)
		for k := range takers(t, 1, p.Take) {
			if first[k] != 0 {
				t.Error("a key is shared for longer than a minute")
			}
		}
		stop()
		time.Sleep(time.Hour) // lets the last key be made
		synctest.Wait()
	})
}

func TestKeyPoolTakeOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		p, _ := slowPool(ctx, 30*time.Millisecond)
		if got := takers(t, 50, p.TakeOwn); len(got) != 50 {
			t.Errorf("50 connections have %d keys", len(got))
		}
		// What went to TakeOwn is shared with nobody.
		if p.share() != nil {
			t.Error("a key of one's own is shared")
		}
		stop()
		time.Sleep(time.Hour) // lets the last key be made
		synctest.Wait()
	})
}

func TestKeyPoolEndsWithClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		p, _ := slowPool(ctx, time.Hour)
		cause := errors.New("client left")
		for _, take := range []func(context.Context) (*Key, error){p.Take, p.TakeOwn} {
			for _, after := range []time.Duration{0, patience / 2, 2 * patience} {
				client, leave := context.WithCancelCause(ctx)
				time.AfterFunc(after, func() { leave(cause) })
				begin := time.Now()
				_, err := take(client)
				wantError(t, err, "wait for a login key", cause)
				if waited := time.Since(begin); waited != after {
					t.Errorf("left after %v, waited %v", after, waited)
				}
			}
		}
		stop()
		time.Sleep(time.Hour) // lets the last key be made
		synctest.Wait()
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
	if got, want := k.Open(l), loginOf("bbuser", "secret", true); !sameLogin(got, want) {
		t.Errorf("Open = %#v", got)
	}
}

// A login recorded on one connection is worth nothing on another that has the
// same key.
func TestKeyOpensALoginOnce(t *testing.T) {
	k, l := recorded(t)
	if c := k.Open(l); !c.readable {
		t.Fatal("the first login is not readable")
	}
	if c := k.Open(l); c.readable {
		t.Error("a login was played back")
	}
	// With the name sealed anew, which anyone can do.
	other, err := Seal(k.Offer(), "bbuser", "x")
	if err != nil {
		t.Fatal(err)
	}
	other.Pass = l.Pass
	if c := k.Open(other); c.readable || c.User() != "bbuser" {
		t.Errorf("a password was played back: %v", c)
	}
	same, err := Seal(k.Offer(), "bbuser", "secret")
	if err != nil {
		t.Fatal(err)
	}
	if c := k.Open(same); !c.readable {
		t.Error("the same password, sealed again, is refused")
	}
}

func TestKeyCrossesAPipe(t *testing.T) {
	k, l := recorded(t)
	der, err := k.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKey(der)
	if err != nil {
		t.Fatal(err)
	}
	one := OneKey(keys)
	got, err := one.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Open(l); !sameLogin(c, loginOf("bbuser", "secret", true)) {
		t.Errorf("opened %v", c)
	}
	if _, err := one.Take(t.Context()); err == nil {
		t.Error("one key was given to two")
	}
}

func TestParseKeyRefuses(t *testing.T) {
	wide, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key  any
		want string
	}{{wide, "not RSA of 1024 bits"}, {curve, "not RSA of 1024 bits"}} {
		der, err := x509.MarshalPKCS8PrivateKey(tt.key)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ParseKey(der)
		wantError(t, err, tt.want, nil)
	}
	_, err = ParseKey([]byte("s3cr3t"))
	wantError(t, err, "not PKCS #8", nil)
}
