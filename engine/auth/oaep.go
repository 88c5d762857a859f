package auth

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"math/big"
)

// sealWide is RSAES-OAEP with SHA-1 and an empty label (RFC 8017, 7.1.1) under
// an exponent of 32 bits. crypto/rsa stops at 31, wire.md 3.1 does not. text has
// at most MaxLogin bytes.
func sealWide(n, e *big.Int, text string) []byte {
	const size = keyBits / 8
	var block [size]byte // 00, seed, hash of the label, 00 …, 01, text
	seed, data := block[1:1+sha1.Size], block[1+sha1.Size:]
	_, _ = rand.Read(seed) // never fails (crypto/rand)
	label := sha1.Sum(nil)
	copy(data, label[:])
	data[len(data)-len(text)-1] = 1
	copy(data[len(data)-len(text):], text)
	mask(data, seed)
	mask(seed, data)
	sealed := new(big.Int).SetBytes(block[:])
	return sealed.Exp(sealed, e, n).FillBytes(block[:])
}

// mask hides b under MGF1 of seed (RFC 8017, B.2.1).
func mask(b, seed []byte) {
	for counter := uint32(0); len(b) > 0; counter++ {
		digest := sha1.Sum(binary.BigEndian.AppendUint32(seed[:len(seed):len(seed)], counter))
		n := subtle.XORBytes(b, b, digest[:min(len(b), len(digest))])
		b = b[n:]
	}
}
