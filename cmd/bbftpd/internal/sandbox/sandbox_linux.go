package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// Missing names what this kernel does not offer.
func Missing() []string {
	var missing []string
	// The first version would keep sessions from renaming files between directories, and is
	// not used for them.
	if version, err := ll.LandlockGetABIVersion(); err != nil || version < 2 {
		missing = append(missing, "Landlock")
	}
	if _, offered := processor(); !offered {
		missing = append(missing, "seccomp")
	}
	return missing
}

// Limits of a process that has only the connection of one peer.
const (
	// bareFiles leaves room above the five or so descriptors it begins with.
	bareFiles = 32
	// bareMemory, beside what it has, holds the stacks of the runtime's threads (8 MiB
	// each where cgo makes them) and a heap many times over.
	bareMemory = 512 << 20
)

// Bare leaves the process the descriptors it has, memory, threads and time. It
// can open, create, execute, connect and signal nothing, and nobody but root
// can look into it. It holds for every thread, and fails for a process that root's
// rights are not taken from yet.
func Bare() error {
	if err := harden(map[int]uint64{
		unix.RLIMIT_CORE: 0, unix.RLIMIT_FSIZE: 0, unix.RLIMIT_NOFILE: bareFiles, unix.RLIMIT_DATA: mapped() + bareMemory,
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
// server has no use for. It holds for every thread, and fails as Bare does.
func Session(files Files) error {
	if err := harden(map[int]uint64{unix.RLIMIT_CORE: 0}); err != nil {
		return err
	}
	if !files.All {
		// Files are renamed and linked from one directory to another.
		err := landlock.V5.BestEffort().RestrictPaths(
			landlock.RWDirs(files.Writable...).WithRefer(), landlock.RODirs(files.Readable...))
		if err != nil {
			return fmt.Errorf("confine with Landlock: %w", err)
		}
	}
	return filter(session())
}

// mapped is how many bytes of its own the process has mapped (proc_pid_statm(5)), or 0
// where it can't be told: much, if a race detector keeps books there.
func mapped() uint64 {
	statm, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(statm))
	if err != nil || len(fields) < 6 {
		return 0
	}
	pages, _ := strconv.ParseUint(fields[5], 10, 64) // data and stacks
	return pages * uint64(os.Getpagesize())
}

// harden sets limits and has the kernel keep what the process holds in memory
// from others and from core files.
func harden(limits map[int]uint64) error {
	if err := renounced(); err != nil {
		return err
	}
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

// renounced finds rights of root, which the start of a process under another user
// takes from it unless somebody has told the kernel not to (capabilities(7)).
func renounced() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var has [2]unix.CapUserData
	if err := unix.Capget(&header, &has[0]); err != nil {
		return fmt.Errorf("look at capabilities: %w", err)
	}
	if unix.Getuid() == 0 || unix.Geteuid() == 0 || has[0].Permitted|has[1].Permitted != 0 {
		return errors.New("the process has rights of root")
	}
	return nil
}
