package peer

import (
	"net/netip"
	"os/exec"
	"runtime"
)

// Local returns this machine as a host, at its loopback address.
func Local() Host {
	h := local{make(chan func())}
	go h.serve(func() error { return nil })
	return h
}

type local struct{ work chan func() }

// serve starts the host's programs until work is closed, on a thread that was
// prepared for it. It ends at once if that fails.
func (h local) serve(prepare func() error) {
	// Children have what the thread has that starts them, and die with it: this
	// one stays, and goes with the goroutine.
	runtime.LockOSThread()
	if prepare() != nil {
		return
	}
	for f := range h.work {
		f()
	}
}

func (h local) Addr() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

func (h local) Start(cmd *exec.Cmd) error {
	dieWithParent(cmd)
	started := make(chan error)
	h.work <- func() { started <- cmd.Start() }
	return <-started
}

func (h local) Do(f func() error) error { return f() }
