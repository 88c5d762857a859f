package password

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"
)

// Proven is a password that is known to be right, kept for this process only
// and quick to compare. Its key is random: equal passwords of two accounts, or
// of two runs, give different sums.
//
// A hash in a file is slow because files get copied. Who can read this memory
// has no need to guess: passwords pass through it in clear.
type Proven struct {
	key, sum [sha256.Size]byte
}

// NewProven keeps password.
func NewProven(password []byte) *Proven {
	p := new(Proven)
	rand.Read(p.key[:]) // never fails
	copy(p.sum[:], p.derive(password))
	return p
}

func (p *Proven) derive(password []byte) []byte {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write(password)
	return mac.Sum(nil)
}

// Matches implements [Hash].
func (p *Proven) Matches(password []byte) bool {
	return hmac.Equal(p.sum[:], p.derive(password))
}

// Proofs remembers of each account the password that last opened it, so that
// clients that connect for every file pay for one slow check, and a flood of
// wrong logins, which all pay, doesn't keep them waiting. It is safe for
// concurrent use.
//
// It shows nothing to who doesn't know the password: only the right one is ever
// quick, and that is answered with success anyway. A proof holds for the hash
// it was given with, so a changed password ends it at once.
type Proofs struct {
	mu    sync.Mutex
	last  map[string]proof // by account
	never *Proven
}

type proof struct {
	hash string
	*Proven
}

// NewProofs remembers nothing yet.
func NewProofs() *Proofs {
	never := new(Proven)
	rand.Read(never.key[:])
	rand.Read(never.sum[:]) // of no password that anyone could find
	return &Proofs{last: map[string]proof{}, never: never}
}

// Opened reports whether password was the last to open account while its hash
// was the text hash. It costs the same for an account that it knows nothing of.
func (p *Proofs) Opened(account, hash string, password []byte) bool {
	p.mu.Lock()
	last, ok := p.last[account]
	p.mu.Unlock()
	if !ok {
		last.Proven = p.never
	}
	return last.Matches(password) && last.hash == hash && ok
}

// Remember takes note that password has opened account, whose hash is the text
// hash. Only accounts that exist may be given: the memory is theirs.
func (p *Proofs) Remember(account, hash string, password []byte) {
	proven := NewProven(password)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last[account] = proof{hash, proven}
}

// Forget drops all but the proofs that keep wants.
func (p *Proofs) Forget(keep func(account, hash string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for account, last := range p.last {
		if !keep(account, last.hash) {
			delete(p.last, account)
		}
	}
}
