package peer

import (
	"net/netip"
	"os/exec"
	"runtime"
)

// Local returns this machine as a host, at its loopback address.
func Local() Host {
	h := local{make(chan func())}
	go func() {
		// Children die with the thread that started them: this one stays.
		runtime.LockOSThread()
		for f := range h.work {
			f()
		}
	}()
	return h
}

type local struct{ work chan func() }

func (h local) Addr() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

func (h local) Start(cmd *exec.Cmd) error {
	dieWithParent(cmd)
	started := make(chan error)
	h.work <- func() { started <- cmd.Start() }
	return <-started
}

func (h local) Do(f func() error) error { return f() }
