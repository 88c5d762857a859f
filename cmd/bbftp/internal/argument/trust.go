package argument

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bbftp/engine/trust"
)

// Trust are the options about whom to trust.
type Trust struct {
	Require     bool   // --require-tls
	Fingerprint string // --tls-fingerprint
	CA          string // --tls-ca, a file
	Known       string // --known-hosts, a file
}

// Given tells whether any of them was.
func (t Trust) Given() bool { return t != Trust{} }

// Policy is what they mean. Its errors name the option.
func (t Trust) Policy() (*trust.Policy, error) {
	p := &trust.Policy{Require: t.Require, Fingerprint: t.Fingerprint}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("--tls-fingerprint: %w", err)
	}
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("--tls-ca: %w", err)
		}
		p.CA = x509.NewCertPool()
		if !p.CA.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--tls-ca: %w", &os.PathError{Op: "read", Path: t.CA, Err: errors.New("no certificate in PEM")})
		}
	}
	file := t.Known
	if dir, err := os.UserConfigDir(); file == "" && err == nil {
		file = filepath.Join(dir, "bbftp", "known_hosts")
	}
	p.Known = trust.NewKnown(file)
	return p, nil
}
