package main

import (
	"crypto/tls"
	"fmt"
	"log/slog"

	"bbftp/engine/trust"
)

// loadIdentity reads the key that proves to clients who this server is, and logs
// by what to know it. Without --tls-key there is none.
func loadIdentity(o *options, log *slog.Logger) (*trust.Identity, error) {
	if o.tlsKey == "" {
		return nil, nil
	}
	identity, err := trust.LoadIdentity(o.tlsKey, o.tlsCert)
	if err != nil {
		return nil, fmt.Errorf("--tls-key: %w", err)
	}
	log.Info("TLS", "fingerprint", identity.Fingerprint(), "required", o.requireTLS)
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
