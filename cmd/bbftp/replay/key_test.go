package replay

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"testing"

	"bbftp/engine/wire"
)

// key is the server's; its size is the only one the protocol has room for.
type key struct{ private *rsa.PrivateKey }

func newKey(t *testing.T) *key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	return &key{private}
}

func (k *key) offer(t wire.CryptType) wire.Crypt {
	m := wire.NewCrypt(k.private.N, k.private.E)
	m.Type = t
	return m
}

// open decrypts a login (wire.md 3.2).
func (k *key) open(l wire.Log) (user, secret string, err error) {
	sealedUser, sealedSecret, err := l.Ciphertexts()
	if err != nil {
		return "", "", err
	}
	plainUser, err := rsa.DecryptOAEP(sha1.New(), nil, k.private, sealedUser, nil)
	if err != nil {
		return "", "", err
	}
	plainSecret, err := rsa.DecryptOAEP(sha1.New(), nil, k.private, sealedSecret, nil)
	return string(plainUser), string(plainSecret), err
}
