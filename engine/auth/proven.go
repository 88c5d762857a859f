package auth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
)

// proven is a password that is known to be right, kept for this process only
// and quick to compare. Its key is random: equal passwords of two accounts, or
// of two runs, give different sums.
//
// A hash in a file is slow because files get copied. Who can read this memory
// has no need to guess: passwords pass through it in clear.
type proven struct {
	key [sha256.Size]byte
	sum [sha256.Size]byte
}

func newProven(password string) *proven {
	p := new(proven)
	rand.Read(p.key[:]) // never fails
	copy(p.sum[:], p.derive(password))
	return p
}

func (p *proven) derive(password string) []byte {
	mac := hmac.New(sha256.New, p.key[:])
	mac.Write([]byte(password))
	return mac.Sum(nil)
}

// matches takes the same time for every password of one length.
func (p *proven) matches(password string) bool {
	return hmac.Equal(p.sum[:], p.derive(password))
}
