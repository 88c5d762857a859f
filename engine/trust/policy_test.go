package trust

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// certificate is one of localhost and its address.
func certificate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv6loopback},
	}
}

// shake lets both sides shake hands and returns what the client says of it.
func shake(t *testing.T, server, client *tls.Config) error {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		far, err := ln.Accept()
		if err != nil {
			return
		}
		defer far.Close()
		if conn := tls.Server(far, server); conn.HandshakeContext(t.Context()) == nil {
			_, _ = conn.Read(make([]byte, 1))
		}
	}()
	near, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	conn := tls.Client(near, client)
	if err := conn.HandshakeContext(t.Context()); err != nil {
		return err
	}
	if version := conn.ConnectionState().Version; version != tls.VersionTLS13 {
		t.Errorf("TLS version %x", version)
	}
	return nil
}

// newIdentity is a server's, with its configuration.
func newIdentity(t *testing.T) (id *Identity, config *tls.Config) {
	t.Helper()
	key := newKey(t)
	der, err := selfSigned(key)
	if err != nil {
		t.Fatal(err)
	}
	id = &Identity{Signer: key, Chain: [][]byte{der}}
	if config, err = id.Config(); err != nil {
		t.Fatal(err)
	}
	return id, config
}

// meet goes through a whole meeting.
func meet(t *testing.T, p Policy, host string, server *tls.Config) (Met, error) {
	t.Helper()
	m, err := p.Meet(host, 5021)
	if err != nil {
		return Met{}, err
	}
	if server == nil {
		return Met{}, m.Plain()
	}
	if err := shake(t, server, m.Config()); err != nil {
		return Met{}, err
	}
	return m.Accept()
}

func TestFirstUse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bbftp", "known_hosts")
	id, server := newIdentity(t)
	other, impostor := newIdentity(t)
	p := Policy{Known: NewKnown(file)}

	if _, err := meet(t, p, "Host.Example", nil); err != nil {
		t.Errorf("a server without TLS that never had it: %v", err)
	}
	met, err := meet(t, p, "Host.Example", server)
	if err != nil || !met.First || met.File != file || met.Fingerprint != id.Fingerprint() {
		t.Errorf("first met %+v, %v", met, err)
	}
	if met, err = meet(t, p, "host.EXAMPLE", server); err != nil || met.First {
		t.Errorf("then met %+v, %v", met, err)
	}
	// Another process knows it from the file.
	p = Policy{Known: NewKnown(file)}
	_, err = meet(t, p, "host.example", impostor)
	says(t, err, id.Fingerprint(), other.Fingerprint(), file+", line 1", "has changed")
	if changed := (*ChangedError)(nil); !errors.As(err, &changed) || !errors.Is(err, ErrUntrusted) {
		t.Errorf("%T", err)
	}
	_, err = meet(t, p, "host.example", nil)
	says(t, err, "offers no TLS", file+", line 1", "no password was sent")
	if !errors.Is(err, ErrUntrusted) {
		t.Errorf("%T", err)
	}
	// Who names the new key has it replace the old one.
	named := p
	named.Fingerprint = other.Fingerprint()
	if met, err := meet(t, named, "host.example", impostor); err != nil || !met.First {
		t.Errorf("named: %+v, %v", met, err)
	}
	if _, err := meet(t, p, "host.example", server); err == nil {
		t.Error("the old key is still trusted")
	}
	text, err := os.ReadFile(file)
	if want := "host.example:5021 " + other.Fingerprint() + "\n"; err != nil || string(text) != want {
		t.Errorf("the file holds %q, want %q", text, want)
	}
}

func TestDemands(t *testing.T) {
	id, server := newIdentity(t)
	other, _ := newIdentity(t)
	a, stranger := newAuthority(t), newAuthority(t)
	certified := func(a *authority, change func(*x509.Certificate)) *tls.Config {
		key, template := newKey(t), certificate()
		if change != nil {
			change(template)
		}
		config, err := (&Identity{key, [][]byte{a.sign(t, template, key.Public(), a.cert).Raw}}).Config()
		if err != nil {
			t.Fatal(err)
		}
		return config
	}
	http := certified(a, nil)
	http.NextProtos = nil
	for _, tt := range []struct {
		name   string
		policy Policy
		host   string
		server *tls.Config
		wrong  string
	}{
		{name: "nothing", server: server},
		{name: "nothing, no TLS"},
		{name: "TLS", policy: Policy{Require: true}, server: server},
		{name: "TLS, there is none", policy: Policy{Require: true}, wrong: "required"},
		{name: "a key", policy: Policy{Fingerprint: id.Fingerprint()}, server: server},
		{name: "another key", policy: Policy{Fingerprint: other.Fingerprint()}, server: server, wrong: "not " + other.Fingerprint()},
		{name: "a key, no TLS", policy: Policy{Fingerprint: id.Fingerprint()}, wrong: "demanded"},
		{name: "a certificate", policy: Policy{CA: a.pool()}, server: certified(a, nil)},
		{name: "a certificate of an address", policy: Policy{CA: a.pool()}, host: "::1", server: certified(a, nil)},
		{name: "a certificate, no TLS", policy: Policy{CA: a.pool()}, wrong: "demanded"},
		{name: "a certificate of another host", policy: Policy{CA: a.pool()}, host: "example.org", server: certified(a, nil), wrong: "example.org"},
		{name: "a certificate of another authority", policy: Policy{CA: a.pool()}, server: certified(stranger, nil), wrong: "unknown authority"},
		{name: "a certificate, self-signed", policy: Policy{CA: a.pool()}, server: server, wrong: id.Fingerprint()},
		{
			name: "a certificate that has expired", policy: Policy{CA: a.pool()}, wrong: "expired",
			server: certified(a, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }),
		},
		{
			name: "a certificate of a client", policy: Policy{CA: a.pool()}, wrong: "usage",
			server: certified(a, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
		},
		{name: "something that is no bbftp server", policy: Policy{CA: a.pool()}, server: http, wrong: "something else"},
		{name: "both", policy: Policy{CA: a.pool(), Fingerprint: id.Fingerprint()}, server: certified(a, nil), wrong: "not " + id.Fingerprint()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := meet(t, tt.policy, cmp.Or(tt.host, "localhost"), tt.server)
			switch {
			case tt.wrong == "" && err != nil:
				t.Error(err)
			case tt.wrong != "":
				says(t, err, tt.wrong)
				if !errors.Is(err, ErrUntrusted) {
					t.Errorf("%v may be retried", err)
				}
			}
		})
	}
}

// TestCertifiedMayChange lets a server that an authority vouches for change its key,
// but never do without TLS.
func TestCertifiedMayChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known")
	a := newAuthority(t)
	known := Policy{Known: NewKnown(file)}
	vouched := Policy{Known: known.Known, CA: a.pool()}
	for i := range 2 {
		key := newKey(t)
		config, err := (&Identity{key, [][]byte{a.sign(t, certificate(), key.Public(), a.cert).Raw}}).Config()
		if err != nil {
			t.Fatal(err)
		}
		if met, err := meet(t, vouched, "localhost", config); err != nil || met.First != (i == 0) {
			t.Errorf("%d: %+v, %v", i, met, err)
		}
	}
	_, err := meet(t, known, "localhost", nil)
	says(t, err, "offers no TLS")
}

func TestFingerprints(t *testing.T) {
	id, _ := newIdentity(t)
	good := id.Fingerprint()
	if err := CheckFingerprint(good); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"", good + "=", good[:len(good)-1], good[len("SHA256:"):], "MD5:" + good[len("SHA256:"):], good + "A", good + "\n", "SHA256:" + string(make([]byte, 43))} {
		if CheckFingerprint(text) == nil {
			t.Errorf("%q passes", text)
		}
		if (&Policy{Fingerprint: text}).Validate() == nil && text != "" {
			t.Errorf("%q passes as a policy", text)
		}
	}
}
