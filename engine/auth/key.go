package auth

import (
	"context"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"sync"

	"bbftp/engine/wire"
)

// The login message has 128 bytes for each ciphertext, so the key has exactly
// 1024 bits (wire.md 3.1).
const (
	keyBits    = 1024
	sealedSize = keyBits / 8
)

// Key is a key of the server for logins. It is safe for concurrent use.
type Key struct {
	private *rsa.PrivateKey

	mu     sync.Mutex
	opened map[[sha256.Size]byte]struct{} // digests of the passwords as received
}

// Offer is the greeting that shows the client the public half.
func (k *Key) Offer() wire.Crypt { return wire.NewCrypt(k.private.N, k.private.E) }

// Open decrypts a login (OAEP with SHA-1, wire.md 3.2). It cannot fail: see
// Credentials.
//
// A key opens the same ciphertext of a password once only. Where several
// connections have the same key (see KeyPool) a login recorded on one could
// otherwise be played back on another. OAEP lets nobody make a second
// ciphertext of a password from the first.
func (k *Key) Open(l wire.Log) Credentials {
	fresh := k.first(l.Pass[:])
	user, userOK := k.open(l.User[:], l.UserLen)
	password, passwordOK := k.open(l.Pass[:], l.PassLen)
	c := newCredentials(string(user), password)
	c.readable = c.readable && userOK && passwordOK && fresh && l.Type == wire.CryptRSA
	return c
}

func (k *Key) open(sealed []byte, size int32) ([]byte, bool) {
	plain, err := rsa.DecryptOAEP(sha1.New(), nil, k.private, sealed, nil)
	return plain, err == nil && size == sealedSize
}

// first reports whether sealed comes for the first time.
func (k *Key) first(sealed []byte) bool {
	digest := sha256.Sum256(sealed)
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, seen := k.opened[digest]; seen {
		return false
	}
	if k.opened == nil {
		k.opened = map[[sha256.Size]byte]struct{}{}
	}
	k.opened[digest] = struct{}{}
	return true
}

// Format writes what k is and never its numbers.
func (k *Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "login key") }

// Marshal writes the key, with its private half, as PKCS #8, for the process
// that takes the login. Only a key of [KeyPool.TakeOwn] may leave the process:
// what another has opened, this one can't know.
func (k *Key) Marshal() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("write login key: %w", err)
	}
	return der, nil
}

// ParseKey reads what Marshal wrote. The errors show nothing of it.
func ParseKey(der []byte) (*Key, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("read login key of %d bytes: not PKCS #8", len(der))
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok || private.N.BitLen() != keyBits {
		return nil, fmt.Errorf("read login key: not RSA of %d bits", keyBits)
	}
	return &Key{private: private}, nil
}

// OneKey hands out k, to one connection.
func OneKey(k *Key) Keys {
	keys := make(oneKey, 1)
	keys <- k
	return keys
}

type oneKey chan *Key

// Take implements [Keys].
func (k oneKey) Take(context.Context) (*Key, error) {
	select {
	case key := <-k:
		return key, nil
	default:
		return nil, errors.New("the login key was already given")
	}
}
