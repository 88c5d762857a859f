package trust

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// Policy is whom a client trusts. The zero value takes TLS where it is offered, and
// any key.
type Policy struct {
	// Known are the servers met before, which must have the key they had, and offer
	// TLS for ever. A server not met before is trusted, and from then on known.
	Known *Known
	// Fingerprint, if set, is that of the only key a server may have. It then takes
	// the place of what is known.
	Fingerprint string
	// CA, if set, are the authorities of which one must vouch for a server and its
	// name. Such a server may change its key.
	CA *x509.CertPool
	// Require refuses servers that offer no TLS.
	Require bool
}

// Validate checks what a user gave.
func (p *Policy) Validate() error {
	if p.Fingerprint == "" {
		return nil
	}
	return CheckFingerprint(p.Fingerprint)
}

// Meeting is one connection to a server, judged by a policy:
//
//	Meet ─┬─ the server offers TLS ──► Config, handshake, login ─► Accept
//	      └─ it does not ────────────► Plain
type Meeting struct {
	policy  Policy
	host    string
	server  string // as it is known: host:port
	entries []entry
	key     string // of the server, once the handshake was
}

// Met is a server whose key was accepted.
type Met struct {
	Server      string // host:port
	Fingerprint string
	// First tells that the key was not known before and is from now on; in File,
	// "" for as long as the process runs.
	First bool
	File  string
}

// String says what a user has to know of a first meeting.
func (m Met) String() string {
	place := m.File
	if place == "" {
		place = "not kept in a file"
	}
	return fmt.Sprintf("%s's key %s is now trusted (%s)", m.Server, m.Fingerprint, place)
}

// Meet prepares for a connection to a host, by the name the user has for it. It
// fails if what is known can't be read.
func (p Policy) Meet(host string, port uint16) (*Meeting, error) {
	m := &Meeting{policy: p, host: host, server: net.JoinHostPort(strings.ToLower(host), strconv.Itoa(int(port)))}
	if p.Known == nil {
		return m, nil
	}
	var err error
	m.entries, err = p.Known.of(m.server)
	return m, err
}

// Plain tells whether it is in order that the server offers no TLS: the error is a
// [*PlainError] if not.
func (m *Meeting) Plain() error {
	switch {
	case m.policy.Require:
		return &PlainError{m.server, "it is required"}
	case m.policy.Fingerprint != "":
		return &PlainError{m.server, "its key is demanded to be " + m.policy.Fingerprint}
	case m.policy.CA != nil:
		return &PlainError{m.server, "its certificate is demanded"}
	case len(m.entries) > 0:
		return &PlainError{m.server, fmt.Sprintf("it did before (%s): somebody may stand between", m.policy.Known.where(m.entries[0]))}
	}
	return nil
}

// Config is a client's for the handshake with this server. A server that is not to
// be trusted fails it with an error that wraps [ErrUntrusted].
func (m *Meeting) Config() *tls.Config {
	config := settings()
	config.ServerName = m.host
	config.InsecureSkipVerify = true // VerifyConnection does it, by the policy
	config.VerifyConnection = m.verify
	return config
}

func (m *Meeting) verify(state tls.ConnectionState) error {
	leaf := state.PeerCertificates[0] // TLS 1.3 has no server without one
	var err error
	if m.key, err = Fingerprint(leaf.PublicKey); err != nil {
		return fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	if state.NegotiatedProtocol != protocol {
		return fmt.Errorf("%w: %s speaks something else than bbftp in TLS", ErrUntrusted, m.server)
	}
	if m.policy.Fingerprint != "" && m.key != m.policy.Fingerprint {
		return &FingerprintError{m.server, m.policy.Fingerprint, m.key}
	}
	if m.policy.CA != nil {
		return m.certified(state.PeerCertificates)
	}
	if m.policy.Fingerprint == "" && len(m.entries) > 0 && !m.known() {
		return m.policy.Known.changed(m.server, m.entries, m.key)
	}
	return nil
}

// certified checks chain and name.
func (m *Meeting) certified(chain []*x509.Certificate) error {
	options := x509.VerifyOptions{Roots: m.policy.CA, DNSName: m.host, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(options); err != nil {
		return &CertificateError{m.server, m.key, err}
	}
	return nil
}

func (m *Meeting) known() bool {
	return slices.ContainsFunc(m.entries, entry{fingerprint: m.key}.same)
}

// Accept ends a meeting in which the server let the user in: from now on it is
// known. Its error is a [*ChangedError] if another process met the server with
// another key meanwhile; any other one only says why the file was not written.
func (m *Meeting) Accept() (Met, error) {
	met := Met{Server: m.server, Fingerprint: m.key}
	// Whom an authority vouches for may have a new key each time.
	if m.policy.Known == nil || m.known() || m.policy.CA != nil && len(m.entries) > 0 {
		return met, nil
	}
	err := m.policy.Known.remember(m.server, m.key, m.policy.Fingerprint != "")
	if errors.Is(err, ErrUntrusted) {
		return met, err
	}
	met.First = true
	if err == nil {
		met.File = m.policy.Known.file
		return met, nil
	}
	return met, fmt.Errorf("remember the key of %s in %s: %w", m.server, m.policy.Known.file, err)
}

// changed is the error of a server that has the key got.
func (k *Known) changed(server string, entries []entry, got string) error {
	e := &ChangedError{Server: server, Key: got, Where: k.where(entries[0])}
	for _, known := range entries {
		e.Known = append(e.Known, known.fingerprint)
	}
	return e
}

// where tells a user where an entry is.
func (k *Known) where(e entry) string {
	if e.line == 0 {
		return "earlier in this run"
	}
	return fmt.Sprintf("%s, line %d", k.file, e.line)
}
