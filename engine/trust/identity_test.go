package trust

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// says checks that err is there and its text holds all of texts.
func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one that says %q", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
}

func writeFile(t *testing.T, file string, content []byte, mode fs.FileMode) string {
	t.Helper()
	if err := os.WriteFile(file, content, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return file
}

// keyPEM is a key as openssl genpkey writes it.
func keyPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestIdentityIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "key")
	const daemons = 8
	var running sync.WaitGroup
	names := make([]string, daemons)
	for i := range names {
		running.Go(func() {
			id, err := LoadIdentity(file, "")
			if err != nil {
				t.Error(err)
				return
			}
			names[i] = id.Fingerprint()
		})
	}
	running.Wait()
	for _, name := range names {
		if name != names[0] || CheckFingerprint(name) != nil {
			t.Fatalf("fingerprints %q, want one", names)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the directory: %v (%v)", entries, err)
	}
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode() != 0o600 {
		t.Errorf("the key's mode is %v (%v)", info.Mode(), err)
	}
}

func TestKeyFiles(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wide, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p256 := newKey(t)
	sec1, err := x509.MarshalECPrivateKey(p256)
	if err != nil {
		t.Fatal(err)
	}
	old := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: sec1})
	for _, tt := range []struct {
		name    string
		content []byte
		mode    fs.FileMode
		wrong   string // "": it is taken
	}{
		{"P-256", keyPEM(t, p256), 0o600, ""},
		{"P-256 in SEC 1, with its parameters", append([]byte("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"), old...), 0o600, ""},
		{"Ed25519", keyPEM(t, ed), 0o600, ""},
		{"not even writable", keyPEM(t, ed), 0o400, ""},
		{"P-384", keyPEM(t, wide), 0o600, "neither ECDSA on P-256 nor Ed25519"},
		{"RSA", keyPEM(t, weak), 0o600, "neither ECDSA on P-256 nor Ed25519"},
		{"read by the group", keyPEM(t, p256), 0o640, "mode 0640"},
		{"read by all", keyPEM(t, p256), 0o604, "chmod 600"},
		{"written by the group", keyPEM(t, p256), 0o620, "open to others"},
		{"empty", nil, 0o600, "no private key"},
		{"garbage", []byte("key"), 0o600, "no private key"},
		{"broken", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}), 0o600, "asn1"},
		{"a certificate", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), 0o600, "no private key"},
		{"endless", make([]byte, maxPEM+1), 0o600, "more than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := writeFile(t, filepath.Join(t.TempDir(), "key"), tt.content, tt.mode)
			id, err := LoadIdentity(file, "")
			if check := CheckIdentity(file, ""); (check == nil) != (err == nil) {
				t.Errorf("checked: %v, loaded: %v", check, err)
			}
			if tt.wrong != "" {
				says(t, err, tt.wrong, file)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := id.Config(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOddKeyFiles(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadIdentity(dir, ""); err == nil {
		t.Error("a directory is taken for a key")
	}
	if runtime.GOOS == "linux" {
		fifo := filepath.Join(dir, "fifo")
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadIdentity(fifo, "")
		says(t, err, "no regular file")
	}
	_, err := LoadIdentity(filepath.Join(dir, "no", "key"), "")
	says(t, err, "TLS key", "no such file")
	says(t, CheckIdentity(filepath.Join(dir, "no", "key"), ""), "TLS key")
	if err := CheckIdentity(filepath.Join(dir, "new"), ""); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a check made a key")
	}
}

// authority is a certification authority of a test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	template := certificate()
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	template.DNSNames = nil
	a.cert = a.sign(t, template, a.key.Public(), template)
	return a
}

func (a *authority) sign(t *testing.T, template *x509.Certificate, key crypto.PublicKey, parent *x509.Certificate) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func TestChainFiles(t *testing.T) {
	dir := t.TempDir()
	key := newKey(t)
	keyFile := writeFile(t, filepath.Join(dir, "key"), keyPEM(t, key), 0o600)
	a := newAuthority(t)
	pemOf := func(cert *x509.Certificate) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}
	own := pemOf(a.sign(t, certificate(), key.Public(), a.cert))
	for _, tt := range []struct {
		name    string
		content []byte
		length  int
		wrong   string
	}{
		{"one", own, 1, ""},
		{"with that of its authority", append(own, pemOf(a.cert)...), 2, ""},
		{"in the wrong order", append(pemOf(a.cert), own...), 0, "another key"},
		{"of another key", pemOf(a.sign(t, certificate(), newKey(t).Public(), a.cert)), 0, "another key"},
		{"none", []byte("none"), 0, "there is none"},
		{"garbled", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), 0, "certificate 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, err := LoadIdentity(keyFile, writeFile(t, filepath.Join(t.TempDir(), "cert"), tt.content, 0o644))
			if tt.wrong != "" {
				says(t, err, "TLS certificate", tt.wrong)
			} else if err != nil || len(id.Chain) != tt.length {
				t.Errorf("%v, %d certificates", err, len(id.Chain))
			}
		})
	}
	_, err := LoadIdentity(keyFile, filepath.Join(dir, "no"))
	says(t, err, "TLS certificate", "no such file")
}

// TestStandIn signs in another process, as far as Config can tell.
func TestStandIn(t *testing.T) {
	key := newKey(t)
	der, err := selfSigned(key)
	if err != nil {
		t.Fatal(err)
	}
	signer := struct{ crypto.Signer }{key}
	id := &Identity{Signer: signer, Chain: [][]byte{der}}
	config, err := id.Config()
	if err != nil {
		t.Fatal(err)
	}
	if config.MinVersion != tls.VersionTLS13 || !config.SessionTicketsDisabled {
		t.Errorf("%+v", config)
	}
	m, err := (&Policy{Fingerprint: id.Fingerprint()}).Meet("localhost", 5021)
	if err != nil {
		t.Fatal(err)
	}
	if err := shake(t, config, m.Config()); err != nil {
		t.Error(err)
	}
	for wrong, id := range map[string]*Identity{
		"another key": {Signer: newKey(t), Chain: id.Chain},
		"there is no": {Signer: signer},
	} {
		_, err := id.Config()
		says(t, err, wrong)
	}
}
