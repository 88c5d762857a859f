package trust

import (
	"errors"
	"fmt"
)

// ErrUntrusted is wrapped by every refusal of a server. Trying again is of no use:
// somebody has to look into it.
var ErrUntrusted = errors.New("server not trusted")

// ChangedError is a server with another key than it had.
type ChangedError struct {
	Server string   // host:port
	Known  []string // fingerprints it may have
	Key    string   // the one it has
	Where  string   // what knows: file and line
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("the key of %s has changed: it is %s, but %s is known (%s); either the server was given a new one, "+
		"or somebody stands between: ask its administrator, then remove that line", e.Server, e.Key, e.Known[0], e.Where)
}

// Unwrap returns [ErrUntrusted].
func (*ChangedError) Unwrap() error { return ErrUntrusted }

// FingerprintError is a server with another key than was demanded.
type FingerprintError struct{ Server, Want, Key string }

func (e *FingerprintError) Error() string {
	return fmt.Sprintf("the key of %s is %s, not %s as demanded", e.Server, e.Key, e.Want)
}

// Unwrap returns [ErrUntrusted].
func (*FingerprintError) Unwrap() error { return ErrUntrusted }

// CertificateError is a server without a certificate of a trusted authority, or
// with one of another host.
type CertificateError struct {
	Server, Key string
	Err         error
}

func (e *CertificateError) Error() string {
	return fmt.Sprintf("the certificate of %s (key %s): %v", e.Server, e.Key, e.Err)
}

// Unwrap returns [ErrUntrusted] and the cause.
func (e *CertificateError) Unwrap() []error { return []error{ErrUntrusted, e.Err} }

// PlainError is a server that offers no TLS where there must be.
type PlainError struct{ Server, Why string }

func (e *PlainError) Error() string {
	return fmt.Sprintf("%s offers no TLS, but %s; no password was sent", e.Server, e.Why)
}

// Unwrap returns [ErrUntrusted].
func (*PlainError) Unwrap() error { return ErrUntrusted }

// unreadable is a file of known hosts that tells nothing.
type unreadable struct{ error }

func (e *unreadable) Unwrap() []error { return []error{ErrUntrusted, e.error} }
