package auth

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
)

// defaultAhead covers a burst of a few connections at some 20 ms of CPU per key.
const defaultAhead = 4

// KeyPool makes login keys ahead of the connections that need them. Every key
// serves one connection, as in legacy: a recorded login is then worth nothing
// to who learns another connection's key.
type KeyPool struct {
	ready    chan made
	extra    chan struct{} // holds one element while a Take generates itself
	generate func() (*rsa.PrivateKey, error)
}

type made struct {
	private *rsa.PrivateKey
	err     error
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
		extra:    make(chan struct{}, 1),
		generate: generate,
	}
	go p.fill(ctx)
	return p
}

func generateKey() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, keyBits) }

func (p *KeyPool) fill(ctx context.Context) {
	for ctx.Err() == nil {
		private, err := p.generate()
		select {
		case p.ready <- made{private, err}:
		case <-ctx.Done():
		}
	}
}

// Take returns a key that no one had before. When none is ready the caller may
// generate one itself, unless another is doing so: with the pool's goroutine
// that makes two at once, whatever the number of connections. The wait ends with
// the cause of ctx. A failure to generate, which a strict FIPS mode causes
// (it refuses 1024 bits), is reported to every caller.
//
// After the end of the pool's own context, Take still serves those it left
// waiting, one at a time.
func (p *KeyPool) Take(ctx context.Context) (*Key, error) {
	m, ok := p.takeReady()
	if !ok {
		select {
		case m = <-p.ready:
		case p.extra <- struct{}{}:
			m.private, m.err = p.generate()
			<-p.extra
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a login key: %w", context.Cause(ctx))
		}
	}
	if m.err != nil {
		return nil, fmt.Errorf("generate an RSA key of %d bits: %w", keyBits, m.err)
	}
	return &Key{m.private}, nil
}

// takeReady comes before the choice of Take, which among several ready cases
// would be random.
func (p *KeyPool) takeReady() (m made, ok bool) {
	select {
	case m = <-p.ready:
		return m, true
	default:
		return made{}, false
	}
}
