package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// defaultAhead covers a burst of a few connections at some 20 ms of CPU per key.
	defaultAhead = 4
	// patience is how long a connection waits for a key of its own.
	patience = 100 * time.Millisecond
	// A key that was given this long ago, or to so many, is shared no more.
	maxShared  = time.Minute
	maxSharers = 1024
)

// Keys hands out login keys.
type Keys interface {
	// Take returns a key, or the cause of ctx.
	Take(ctx context.Context) (*Key, error)
}

// KeyPool makes login keys ahead of the connections that need them. Every key
// serves one connection, as in legacy: a recorded login is then worth nothing
// to who learns another connection's key.
//
// When connections come faster than keys can be made, those that have waited
// 100 ms share the key that was given last, and no more than half a processor
// makes keys: a flood of connections, which cost their maker nothing, neither
// keeps others from logging in nor takes the processors. In a flood the next key
// is there in less than a second; none is shared for more than a minute after it
// was first given, nor by more than 1024.
//
// What that gives away: who breaks one key of 1024 bits reads the logins of all
// its sharers instead of one's, but an attacker of that strength sits between
// client and server anyway, where the key need not be broken, as nothing proves
// whose it is (wire.md 14.1). A login recorded on one connection can't be played
// back on another ([Key.Open]); to play it faster than the client does takes
// somebody on the path, who could as well take over the session that follows in
// clear. TLS closes all of these.
type KeyPool struct {
	ready    chan made
	generate func() (*rsa.PrivateKey, error)
	lone     chan struct{} // holds one element while somebody looks for a key to share, or waits for one
	ended    <-chan struct{}
	cause    func() error // of the end
	flooded  atomic.Bool  // a key was shared since the last one was made

	mu      sync.Mutex
	last    *Key // that was given last by Take, nil for none
	given   time.Time
	sharers int
}

type made struct {
	key *Key
	err error
}

// NewKeyPool starts a goroutine that keeps up to ahead keys ready, 4 for 0, and
// ends with ctx.
func NewKeyPool(ctx context.Context, ahead int) *KeyPool {
	return newKeyPool(ctx, ahead, generateKey)
}

func newKeyPool(ctx context.Context, ahead int, generate func() (*rsa.PrivateKey, error)) *KeyPool {
	if ahead <= 0 {
		ahead = defaultAhead
	}
	p := &KeyPool{
		ready:    make(chan made, ahead-1), // fill holds one more
		generate: generate,
		lone:     make(chan struct{}, 1),
		ended:    ctx.Done(),
		cause:    func() error { return context.Cause(ctx) },
	}
	go p.fill(ctx)
	return p
}

func generateKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }

func (p *KeyPool) fill(ctx context.Context) {
	for ctx.Err() == nil {
		begun := time.Now()
		m := p.make()
		took := time.Since(begun)
		select {
		case p.ready <- m:
		case <-ctx.Done():
		}
		if p.flooded.Swap(false) {
			rest(ctx, took)
		}
	}
}

func (p *KeyPool) make() made {
	private, err := p.generate()
	if err != nil {
		return made{err: fmt.Errorf("generate an RSA key of %d bits: %w", keyBits, err)}
	}
	return made{key: &Key{private: private}}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// TakeOwn returns a key that no one had before and no one will have, however long
// that takes. The wait ends with the cause of ctx, or of the pool's own context. A failure to
// generate, which a strict FIPS mode causes (it refuses 1024 bits), is reported
// to every caller.
func (p *KeyPool) TakeOwn(ctx context.Context) (*Key, error) {
	if m, ok := p.takeReady(); ok {
		return m.key, m.err
	}
	select {
	case m := <-p.ready:
		return m.key, m.err
	case <-ctx.Done():
		return nil, gone(context.Cause(ctx))
	case <-p.ended:
		return nil, gone(p.cause())
	}
}

// Take returns a key that no one had before, or, after 100 ms, one that is
// shared. Its errors are those of TakeOwn.
func (p *KeyPool) Take(ctx context.Context) (*Key, error) {
	if m, ok := p.takeReady(); ok {
		return p.give(m)
	}
	patient := time.NewTimer(patience)
	defer patient.Stop()
	select {
	case m := <-p.ready:
		return p.give(m)
	case <-ctx.Done():
		return nil, gone(context.Cause(ctx))
	case <-p.ended:
		return nil, gone(p.cause())
	case <-patient.C:
	}
	// One at a time: where there is nothing to share yet, the others share what
	// the first one gets.
	select {
	case p.lone <- struct{}{}:
		defer func() { <-p.lone }()
	case <-ctx.Done():
		return nil, gone(context.Cause(ctx))
	case <-p.ended:
		return nil, gone(p.cause())
	}
	if key := p.share(); key != nil {
		return key, nil
	}
	key, err := p.TakeOwn(ctx)
	return p.give(made{key, err})
}

func gone(cause error) error { return fmt.Errorf("wait for a login key: %w", cause) }

// takeReady comes before the choice among several ready cases, which would be
// random.
func (p *KeyPool) takeReady() (m made, ok bool) {
	select {
	case m = <-p.ready:
		return m, true
	default:
		return made{}, false
	}
}

// give makes m the key to be shared next.
func (p *KeyPool) give(m made) (*Key, error) {
	if m.err == nil {
		p.mu.Lock()
		p.last, p.given, p.sharers = m.key, time.Now(), 1
		p.mu.Unlock()
	}
	return m.key, m.err
}

// share returns the key that was given last, or nil if it has been out for too
// long.
func (p *KeyPool) share() *Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == nil || p.sharers >= maxSharers || time.Since(p.given) > maxShared {
		return nil
	}
	p.sharers++
	p.flooded.Store(true)
	return p.last
}
