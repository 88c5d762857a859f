package sandbox

import (
	"fmt"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Missing names what this kernel does not offer.
func Missing() []string {
	var missing []string
	if version, err := ll.LandlockGetABIVersion(); err != nil || version < 1 {
		missing = append(missing, "Landlock")
	}
	if !seccomp.Supported() {
		missing = append(missing, "seccomp")
	}
	return missing
}

// Limits of a process that has only the connection of one peer.
const (
	// bareFiles leaves room above the five or so descriptors it begins with.
	bareFiles = 32
	// bareMemory holds the stacks of the runtime's threads (8 MiB each where
	// cgo makes them) and a heap many times over.
	bareMemory = 512 << 20
)

// Bare leaves the process the descriptors it has, memory, threads and time. It
// can open, create, execute, connect and signal nothing, and nobody but root
// can look into it. It holds for every thread.
func Bare() error {
	if err := harden(map[int]uint64{
		unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: bareFiles, unix.RLIMIT_DATA: bareMemory,
	}); err != nil {
		return err
	}
	// Signals are left to the filter: Landlock's scopes, which are per thread before
	// Linux 6.15, would take them from the threads of one process too.
	config := landlock.V5.BestEffort()
	if err := config.Restrict(); err != nil {
		return fmt.Errorf("confine with Landlock: %w", err)
	}
	return filter(bare())
}

// Session leaves the process files, TCP and what its user may do otherwise,
// but no other program, process, namespace or part of the kernel that a file
// server has no use for. It holds for every thread.
func Session(files Files) error {
	if err := harden(map[int]uint64{unix.RLIMIT_CORE: 0}); err != nil {
		return err
	}
	if !files.All {
		// Files are renamed and linked from one directory to another.
		err := landlock.V3.BestEffort().RestrictPaths(
			landlock.RWDirs(files.Writable...).WithRefer(), landlock.RODirs(files.Readable...))
		if err != nil {
			return fmt.Errorf("confine with Landlock: %w", err)
		}
	}
	return filter(session())
}

// harden sets limits and has the kernel keep what the process holds in memory
// from others and from core files.
func harden(limits map[int]uint64) error {
	for resource, limit := range limits {
		if err := unix.Setrlimit(resource, &unix.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("limit resource %d to %d: %w", resource, limit, err)
		}
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("keep the memory from others: %w", err)
	}
	if err := ll.AllThreadsPrctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("renounce privileges: %w", err)
	}
	return nil
}

func filter(policy seccomp.Policy) error {
	if !seccomp.Supported() {
		return nil
	}
	// TSync has every thread under the filter, and under no_new_privs.
	if err := seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: policy}); err != nil {
		return fmt.Errorf("confine with seccomp: %w", err)
	}
	return nil
}
