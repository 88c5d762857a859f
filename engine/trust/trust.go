// Package trust decides whom a control connection in TLS talks to: a server's
// identity, and what a client knows about the servers it has met.
//
// A server is its public key. Certificates matter only to clients that were
// given a certification authority; all others compare fingerprints, as ssh does.
package trust

import (
	"crypto"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"
)

// protocol is what both sides name by ALPN, so that a server of something else
// that holds a certificate of the same host can't stand in for ours.
const protocol = "bbftp"

const fingerprintPrefix = "SHA256:"

// Fingerprint is the name of a public key: "SHA256:" and the hash of its PKIX form
// in base64 without padding. It fails for keys that have no such form.
func Fingerprint(key crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	sum := sha256.Sum256(der)
	return fingerprintPrefix + base64.RawStdEncoding.EncodeToString(sum[:]), nil
}

// CheckFingerprint tells whether text can be one of [Fingerprint].
func CheckFingerprint(text string) error {
	coded, found := strings.CutPrefix(text, fingerprintPrefix)
	sum, err := base64.RawStdEncoding.DecodeString(coded)
	// One key has one spelling, so that spellings can be compared.
	if !found || err != nil || len(sum) != sha256.Size || base64.RawStdEncoding.EncodeToString(sum) != coded {
		return fmt.Errorf("fingerprint %q: want %s and %d letters of base64", text, fingerprintPrefix, base64.RawStdEncoding.EncodedLen(sha256.Size))
	}
	return nil
}

// settings are those of both sides.
func settings() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13,
		NextProtos: []string{protocol},
		// What a session resumes it does not prove anew, and a ticket would come
		// where the other side expects nothing but messages.
		SessionTicketsDisabled: true,
		// A message is one record, and with that one write.
		DynamicRecordSizingDisabled: true,
	}
}
