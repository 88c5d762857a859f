package client

import "fmt"

// Progress is a transfer under way.
type Progress struct {
	Op      string // "put" or "get"
	Local   string
	Remote  string
	Bytes   int64 // of the file
	Streams int
	// Moved is how many bytes of the file have passed so far. It may be called
	// at any time, from any goroutine.
	Moved func() int64
}

// ServerInfo is a warning in the server's words (MSG_INFO).
type ServerInfo struct{ Text string }

func (w ServerInfo) Error() string { return w.Text }

// CompressionRefused warns that the server can't compress; from then on the
// client does not ask for it.
type CompressionRefused struct{}

func (CompressionRefused) Error() string {
	return "the server can't compress: sending and receiving as is from now on"
}

// StreamsLimited warns that fewer data streams are used than were asked for.
type StreamsLimited struct {
	Wanted, Granted int
	Why             string
}

func (w StreamsLimited) Error() string {
	return fmt.Sprintf("%d data streams instead of %d: %s", w.Granted, w.Wanted, w.Why)
}

// PasswordExposed warns that the login goes by without TLS. It is told once.
type PasswordExposed struct{}

func (PasswordExposed) Error() string {
	return "the server offers no TLS: the password goes by under RSA of 1024 bits and a key nobody vouches for, and commands in clear text"
}

// NotRemembered warns that the key of a server could not be written down: the next
// run will not know it.
type NotRemembered struct{ Err error }

func (w NotRemembered) Error() string { return w.Err.Error() }
func (w NotRemembered) Unwrap() error { return w.Err }
