package peer

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// plainUser is the number that root's files have for an unprivileged process.
const plainUser = 1000

// unprivileged takes root's privileges from a program and leaves it root's
// files, by a user namespace in which root is somebody else: bbftpd does not
// serve accounts as root, and users other than root can't enter the bench's
// directories.
func unprivileged(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = asPlainUser()
	}
}

// namespacesRefused tells whether a program could not be started because root
// may not make user namespaces here.
func namespacesRefused(err error) bool {
	return os.Geteuid() == 0 &&
		(errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EUSERS) || errors.Is(err, unix.EINVAL))
}

// asPlainUser makes a user namespace in which whoever runs the bench is
// plainUser.
func asPlainUser() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: plainUser, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: plainUser, HostID: os.Getegid(), Size: 1}},
	}
}

// ownNamespaces makes a program the first of mount and PID namespaces.
func ownNamespaces(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if !root() {
		cmd.SysProcAttr = asPlainUser()
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN} // to mount with
	}
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNS | syscall.CLONE_NEWPID
}

// accountID is the number of the account of private servers, as they see it.
func accountID() int {
	if root() {
		return 0
	}
	return plainUser
}

// root tells whether this process is root, and not only so called in a user
// namespace that may not set groups: a server that takes it for root fails.
func root() bool {
	groups, err := os.ReadFile("/proc/self/setgroups")
	return os.Geteuid() == 0 && (err != nil || strings.TrimSpace(string(groups)) != "deny")
}
