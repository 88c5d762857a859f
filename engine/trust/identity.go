package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"
)

// Identity is what a server proves to be.
type Identity struct {
	// Signer holds the private key, or asks the process that does.
	Signer crypto.Signer
	// Chain are the certificates, in DER, that of the key first.
	Chain [][]byte
}

// LoadIdentity reads a private key from keyFile, in PEM: ECDSA on P-256 or
// Ed25519. If there is no such file it is made, for its owner only. It is refused
// if group or others may read or write it. certFile holds the certificates that go
// with the key, its own first; "" has the key sign one for itself, which clients
// know by its fingerprint.
func LoadIdentity(keyFile, certFile string) (*Identity, error) {
	key, err := loadKey(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("TLS key: %w", err)
	}
	return identity(key, certFile)
}

// CheckIdentity is LoadIdentity for a look at a configuration: it makes no file,
// and one that LoadIdentity would make is no error.
func CheckIdentity(keyFile, certFile string) error {
	key, err := loadKey(keyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist) && certFile == "":
		return checkPlace(keyFile)
	case err != nil:
		return fmt.Errorf("TLS key: %w", err)
	}
	_, err = identity(key, certFile)
	return err
}

func identity(key crypto.Signer, certFile string) (*Identity, error) {
	chain, err := loadChain(key, certFile)
	if err != nil {
		return nil, fmt.Errorf("TLS certificate: %w", err)
	}
	return &Identity{Signer: key, Chain: chain}, nil
}

// Fingerprint names the key, for clients to know it by.
func (id *Identity) Fingerprint() string {
	text, err := Fingerprint(id.Signer.Public())
	if err != nil {
		return fmt.Sprintf("unknown (%v)", err) // a stand-in with a key of another kind, which Config refuses
	}
	return text
}

// Config is a server's: TLS 1.3 without tickets. It fails for a key that is of
// another kind than [LoadIdentity] takes, or not that of the first certificate.
func (id *Identity) Config() (*tls.Config, error) {
	if err := checkKind(id.Signer.Public()); err != nil {
		return nil, fmt.Errorf("TLS key: %w", err)
	}
	if err := belongs(id.Chain, id.Signer.Public()); err != nil {
		return nil, fmt.Errorf("TLS certificate: %w", err)
	}
	config := settings()
	config.Certificates = []tls.Certificate{{Certificate: id.Chain, PrivateKey: id.Signer}}
	return config, nil
}

// checkKind refuses what clients need not support.
func checkKind(public crypto.PublicKey) error {
	switch key := public.(type) {
	case ed25519.PublicKey:
		return nil
	case *ecdsa.PublicKey:
		if key.Curve == elliptic.P256() {
			return nil
		}
	}
	return errors.New("neither ECDSA on P-256 nor Ed25519")
}

// belongs checks that the first certificate is one of the key.
func belongs(chain [][]byte, public crypto.PublicKey) error {
	if len(chain) == 0 {
		return errors.New("there is none")
	}
	leaf, err := x509.ParseCertificate(chain[0])
	if err != nil {
		return err
	}
	if key, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !key.Equal(public) {
		return errors.New("the first one is of another key")
	}
	return nil
}

// selfSigned is a certificate that says nothing but the key. Its dates don't
// follow the clock, which may be wrong on either side; RFC 5280 4.1.2.5 gives the
// last one to what does not expire.
func selfSigned(key crypto.Signer) ([]byte, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "bbftpd"},
		NotBefore:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	return x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
}

// checkPlace tells whether a key could be made there.
func checkPlace(keyFile string) error {
	if info, err := os.Stat(filepath.Dir(keyFile)); err != nil {
		return fmt.Errorf("TLS key: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("TLS key: %s is no directory", filepath.Dir(keyFile))
	}
	return nil
}
