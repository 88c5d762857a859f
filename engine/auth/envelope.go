package auth

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"fmt"
	"math/big"

	"bbftp/engine/wire"
)

// maxClear leaves room for the NUL that ends a login in clear text.
const maxClear = 127

// OpenClear reads a login sent without encryption (wire.md 3.3): only for a
// server told to allow that.
func OpenClear(l wire.Log) Credentials {
	user, password, err := l.Clear()
	c := newCredentials(user, []byte(password))
	c.readable = c.readable && err == nil && l.Type == wire.CryptNone
	return c
}

// Seal encrypts a login under the key the server offers. User and password
// have 1 to 86 bytes without NUL, or the error wraps ErrTooLong or says what is
// wrong. The offer must be RSA with exactly 1024 bits and an odd exponent of 3
// to 2^32-1: 1 would show the password to anyone. A strict FIPS mode refuses 1024 bits and SHA-1.
func Seal(offer wire.Crypt, user, password string) (wire.Log, error) {
	key, err := parseOffer(offer)
	if err != nil {
		return wire.Log{}, fmt.Errorf("encrypt login: %w", err)
	}
	sealedUser, err := key.seal(user)
	if err != nil {
		return wire.Log{}, fmt.Errorf("encrypt user name: %w", err)
	}
	sealedPassword, err := key.seal(password)
	if err != nil {
		return wire.Log{}, fmt.Errorf("encrypt password: %w", err)
	}
	return wire.NewRSALog(sealedUser, sealedPassword)
}

// publicKey is a server's offer that can be trusted with a password as far as
// 1024 bits can.
type publicKey struct{ n, e *big.Int }

func (k publicKey) seal(text string) ([]byte, error) {
	if err := checkText(text, MaxLogin); err != nil {
		return nil, err
	}
	if k.e.BitLen() > 31 {
		return sealWide(k.n, k.e, text), nil
	}
	key := &rsa.PublicKey{N: k.n, E: int(k.e.Int64())}
	return rsa.EncryptOAEP(sha1.New(), rand.Reader, key, []byte(text), nil)
}

func parseOffer(offer wire.Crypt) (*publicKey, error) {
	if offer.Type&wire.CryptRSA == 0 {
		return nil, fmt.Errorf("server offers encryption type %d, not RSA", offer.Type)
	}
	n := new(big.Int).SetBytes(offer.Modulus)
	if n.BitLen() != keyBits || n.Bit(0) == 0 {
		return nil, fmt.Errorf("server's RSA modulus has %d bits and last bit %d, want %d and 1", n.BitLen(), n.Bit(0), keyBits)
	}
	e := new(big.Int).SetBytes(offer.Exponent)
	switch {
	case e.BitLen() > 32:
		return nil, fmt.Errorf("server's RSA exponent has %d bits, want at most 32", e.BitLen())
	case e.Int64() < 3 || e.Bit(0) == 0:
		return nil, fmt.Errorf("server's RSA exponent is %d, want an odd one from 3", e)
	}
	return &publicKey{n, e}, nil
}

// ClearLog is the login without encryption (wire.md 3.3). User and password
// have 1 to 127 bytes without NUL.
func ClearLog(user, password string) (wire.Log, error) {
	if err := checkText(user, maxClear); err != nil {
		return wire.Log{}, fmt.Errorf("clear-text login: user name: %w", err)
	}
	if err := checkText(password, maxClear); err != nil {
		return wire.Log{}, fmt.Errorf("clear-text login: password: %w", err)
	}
	return wire.NewClearLog(user, password)
}
