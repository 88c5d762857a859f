package wan

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Privilege returns nil if a path can be opened here: by this process as it
// is, or by what Isolate runs. Otherwise the error tells a user why not.
func Privilege() error {
	if privileged() {
		return nil
	}
	if err := tryIsolation(); err != nil {
		return fmt.Errorf("wan: neither root nor allowed a user namespace: %w", explain(err))
	}
	const restriction = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
	if isOne(restriction) && unconfined() {
		return errors.New("wan: not root, and AppArmor takes the rights away from user namespaces here: " +
			"run as root, or set kernel.apparmor_restrict_unprivileged_userns=0")
	}
	return nil
}

// privileged tells whether this process may make namespaces, and devices in
// them.
func privileged() bool {
	const need = 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_NET_RAW
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData // of 32 capabilities each
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective&need == need
}

// tryIsolation makes the namespaces and runs nothing in them: a directory
// cannot be executed, and that error comes after every other.
func tryIsolation() error {
	attr := isolation()
	attr.Cloneflags |= syscall.CLONE_NEWNET
	pid, err := syscall.ForkExec("/", []string{"/"}, &syscall.ProcAttr{Sys: attr})
	switch {
	case errors.Is(err, unix.EACCES):
		return nil
	case err == nil: // cannot be, but leave no child
		_, err = syscall.Wait4(pid, nil, 0, nil)
	}
	return err
}

// explain adds to an error of making namespaces what a user can do.
func explain(err error) error {
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EUSERS):
		return fmt.Errorf("%w: too many namespaces; see user.max_user_namespaces and its like", err)
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: run as root, or allow user namespaces (kernel.unprivileged_userns_clone=1; in a container, its seccomp profile)", err)
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return fmt.Errorf("%w: the kernel has no user, PID or network namespaces", err)
	}
	return err
}

func isOne(file string) bool {
	text, err := os.ReadFile(file)
	return err == nil && string(bytes.TrimSpace(text)) == "1"
}

// unconfined tells whether this program has no AppArmor profile that could
// give the rights back.
func unconfined() bool {
	text, err := os.ReadFile("/proc/self/attr/current")
	return err == nil && bytes.HasPrefix(text, []byte("unconfined"))
}
