//go:build !linux

package netio

// latePort does nothing: bind(2) chooses an ephemeral port.
func latePort(int) error { return nil }
