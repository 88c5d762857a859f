package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"math/big"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

// TestSealWide opens the wide exponent by hand and lets crypto/rsa judge the
// padding: the same block, sealed under a key it accepts, must decrypt there.
func TestSealWide(t *testing.T) {
	standard, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		t.Fatal(err)
	}
	const e = 1<<32 - 5 // prime
	n, d, _ := keyNumbers(t, e)
	offer := wire.Crypt{Type: wire.CryptRSA, Modulus: n.Bytes(), Exponent: big.NewInt(e).Bytes()}
	for _, text := range []string{"u", "secret", strings.Repeat("\xff", MaxLogin)} {
		l, err := Seal(offer, text, "other")
		if err != nil {
			t.Fatal(err)
		}
		sealed := l.User[:]
		if l.UserLen != keyBits/8 {
			t.Fatalf("ciphertext of %d bytes", l.UserLen)
		}
		block := new(big.Int).Exp(new(big.Int).SetBytes(sealed), d, n)
		under := block.Exp(block, big.NewInt(int64(standard.E)), standard.N).FillBytes(make([]byte, keyBits/8))
		got, err := rsa.DecryptOAEP(sha1.New(), nil, standard, under, nil)
		if err != nil || string(got) != text {
			t.Errorf("%q comes back as %q, %v", text, got, err)
		}
	}
}
