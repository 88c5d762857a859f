package trust

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxPEM bounds a file of keys or certificates.
const maxPEM = 1 << 20

// loadKey reads a private key that nobody but the owner of the file could have
// seen or put there. It fails with fs.ErrNotExist where there is no file.
func loadKey(file string) (crypto.Signer, error) {
	b, err := readRegular(file, maxPEM, func(info fs.FileInfo) error {
		if info.Mode().Perm()&0o066 != 0 {
			return fmt.Errorf("%s is open to others than its owner (mode %04o): chmod 600", file, info.Mode().Perm())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer clear(b)
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		parse, ok := keyParsers[block.Type]
		if !ok {
			continue // such as EC PARAMETERS
		}
		key, err := parse(block.Bytes)
		if err == nil {
			err = checkKind(key.Public())
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return key, nil
	}
	return nil, fmt.Errorf("%s: no private key in PEM", file)
}

var keyParsers = map[string]func([]byte) (crypto.Signer, error){
	pkcs8Type: func(der []byte) (crypto.Signer, error) {
		key, err := x509.ParsePKCS8PrivateKey(der)
		if err != nil {
			return nil, err
		}
		signer, ok := key.(crypto.Signer)
		if !ok {
			return nil, errors.New("a key that can't sign")
		}
		return signer, nil
	},
	"EC PRIVATE KEY": func(der []byte) (crypto.Signer, error) { return x509.ParseECPrivateKey(der) },
}

const pkcs8Type = "PRIVATE KEY"

// makeKey writes a new key to file and returns it, or the one that another process
// made meanwhile. At no time is there half a key under that name.
func makeKey(file string) (crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	// os.CreateTemp opens exclusively, for the owner only.
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return nil, fmt.Errorf("make one: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }()
	err = pem.Encode(f, &pem.Block{Type: pkcs8Type, Bytes: der})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("make one: %w", err)
	}
	// Unlike a rename, a link takes no name that is in use.
	switch err := os.Link(f.Name(), file); {
	case errors.Is(err, fs.ErrExist):
		return loadKey(file)
	case err != nil:
		return nil, fmt.Errorf("make one: %w", err)
	}
	return key, syncDir(filepath.Dir(file))
}

// loadChain reads the certificates of key, or makes one.
func loadChain(key crypto.Signer, file string) ([][]byte, error) {
	if file == "" {
		der, err := selfSigned(key)
		return [][]byte{der}, err
	}
	b, err := readRegular(file, maxPEM, nil)
	if err != nil {
		return nil, err
	}
	var chain [][]byte
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, fmt.Errorf("%s: certificate %d: %w", file, len(chain)+1, err)
		}
		chain = append(chain, block.Bytes)
	}
	if err := belongs(chain, key.Public()); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return chain, nil
}

// readRegular reads a file of at most so many bytes that passes check, if that is
// not nil. What is opened is what is checked.
func readRegular(file string, most int64, check func(fs.FileInfo) error) ([]byte, error) {
	// Opening a FIFO could wait for ever.
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: no regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if check != nil {
		info, err := f.Stat()
		if err == nil {
			err = check(info)
		}
		if err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	if n, err := io.Copy(&b, io.LimitReader(f, most+1)); err != nil {
		return nil, err
	} else if n > most {
		return nil, fmt.Errorf("%s: more than %d bytes", file, most)
	}
	return b.Bytes(), nil
}
