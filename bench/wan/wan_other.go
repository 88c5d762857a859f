//go:build !linux

package wan

import (
	"context"
	"errors"
	"net/netip"
	"os/exec"
)

// Path is two hosts and the link between them.
type Path struct{}

// Host is one end of a path.
type Host struct{}

// Open needs Linux.
func Open(context.Context, Config) (*Path, error) { return nil, errors.ErrUnsupported }

// Client is the host the forward direction leads from.
func (p *Path) Client() *Host { return &Host{} }

// Server is the host the forward direction leads to.
func (p *Path) Server() *Host { return &Host{} }

// Counters are what each direction has done so far.
func (p *Path) Counters() (forward, back Counters) { return Counters{}, Counters{} }

// Close needs Linux.
func (p *Path) Close() (Report, error) { return Report{}, errors.ErrUnsupported }

// Addr is the host's address on the path.
func (h *Host) Addr() netip.Addr { return netip.Addr{} }

// Start needs Linux.
func (h *Host) Start(*exec.Cmd) error { return errors.ErrUnsupported }

// Do needs Linux.
func (h *Host) Do(func() error) error { return errors.ErrUnsupported }

// Settings are the system's settings that matter to TCP.
func (h *Host) Settings() map[string]string { return nil }

// Isolate needs Linux.
func Isolate([]string) (exitCode int, err error) { return 0, errors.ErrUnsupported }

// Isolated does nothing in a process that Isolate did not start.
func Isolated([]string) (exitCode int, first bool, err error) { return 0, false, nil }

// Privilege needs Linux.
func Privilege() error { return errors.ErrUnsupported }
