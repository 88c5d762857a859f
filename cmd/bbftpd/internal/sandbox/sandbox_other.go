//go:build !linux

package sandbox

// Missing is everything.
func Missing() []string { return []string{"Landlock", "seccomp"} }

// Bare fails.
func Bare() error { return ErrUnsupported }

// Session fails.
func Session(Files) error { return ErrUnsupported }
