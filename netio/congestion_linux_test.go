package netio

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestUnknownCongestion(t *testing.T) {
	o := Options{Congestion: "nonesuch"}
	ln := listenOn(t, "127.0.0.1:0", Options{})
	if _, err := (Dialer{Options: o}).Dial(t.Context(), ln.Addr().String()); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("dial: %v, want ENOENT", err)
	}
	if _, err := Listen(t.Context(), "127.0.0.1:0", o); !errors.Is(err, syscall.ENOENT) {
		t.Errorf("listen: %v, want ENOENT", err)
	}
}

func TestCheckCongestion(t *testing.T) {
	known, usable := choices("available"), choices("allowed")
	if holds(t, unix.CAP_NET_ADMIN) {
		usable = known
	}
	for _, name := range append(strings.Fields(usable), "") {
		if err := CheckCongestion(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range append(strings.Fields(choices("allowed")), "") {
		if err := CheckCongestionUnprivileged(name); err != nil {
			t.Errorf("%q without privileges: %v", name, err)
		}
	}
	for _, name := range []string{"nonesuch", "reno, cubic", strings.Repeat("x", 1000)} {
		if err := CheckCongestion(name); !errors.Is(err, syscall.ENOENT) || !strings.Contains(err.Error(), known) {
			t.Errorf("%q: %v, want ENOENT and %q", name, err, known)
		}
	}
}

// TestCongestionNotAllowed names one that the system keeps for the privileged.
func TestCongestionNotAllowed(t *testing.T) {
	allowed := choices("allowed")
	for _, name := range strings.Fields(choices("available")) {
		if slices.Contains(strings.Fields(allowed), name) {
			continue
		}
		// Also by who has the privilege.
		if err := CheckCongestionUnprivileged(name); !errors.Is(err, syscall.EPERM) || !strings.Contains(err.Error(), allowed) {
			t.Errorf("%q: %v, want EPERM and %q", name, err, allowed)
		}
		without(t, unix.CAP_NET_ADMIN, func() error {
			if err := CheckCongestion(name); !errors.Is(err, syscall.EPERM) || !strings.Contains(err.Error(), allowed) {
				t.Errorf("%q: %v, want EPERM and %q", name, err, allowed)
			}
			return nil
		})
		return
	}
	t.Skip("everyone may use every congestion control algorithm here")
}
