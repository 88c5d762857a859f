package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"

	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/engine/trust"
)

// loadIdentity reads the key that proves to clients who this server is, and logs
// by what to know it. Without --tls-key there is none.
func loadIdentity(o *settings.Options, log *slog.Logger) (*trust.Identity, error) {
	if o.TLSKey == "" {
		return nil, nil
	}
	identity, err := trust.LoadIdentity(o.TLSKey, o.TLSCert)
	if err != nil {
		return nil, fmt.Errorf("--tls-key: %w", err)
	}
	log.Info("TLS", "fingerprint", identity.Fingerprint(), "required", o.RequireTLS)
	return identity, nil
}

// tlsConfig is what a server offers by identity; nil offers nothing.
func tlsConfig(identity *trust.Identity) (*tls.Config, error) {
	if identity == nil {
		return nil, nil
	}
	config, err := identity.Config()
	if err != nil {
		return nil, fmt.Errorf("--tls-key: %w", err)
	}
	return config, nil
}
