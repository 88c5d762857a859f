package password

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"io"
)

// Decoys chooses the account whose hash an unknown user is checked against. The
// same name meets the same one every time, as a real user would, and who tries
// many names sees the costs that the real users have. The random key keeps
// anyone from computing whom a name must have met if unknown.
type Decoys [sha256.Size]byte

// NewDecoys draws the key.
func NewDecoys() *Decoys {
	d := new(Decoys)
	rand.Read(d[:]) // never fails
	return d
}

// Choose returns a number from 0 to n-1 for name.
func (d *Decoys) Choose(name string, n int) int {
	mac := hmac.New(sha256.New, d[:])
	io.WriteString(mac, name)
	return int(binary.BigEndian.Uint64(mac.Sum(nil)) % uint64(n))
}
