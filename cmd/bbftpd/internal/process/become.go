package process

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// Become gives up root for the user --run-as names, for good: user, group and
// supplementary groups of every thread. With name "" it changes nothing.
func Become(name string) error {
	if name == "" {
		return nil
	}
	uid, gid, groups, err := User(name)
	if err != nil {
		return fmt.Errorf("--run-as %s: %w", name, err)
	}
	if uid == 0 {
		return fmt.Errorf("--run-as %s: is root itself: name an unprivileged user", name)
	}
	if os.Geteuid() != 0 {
		if os.Geteuid() == uid {
			return nil
		}
		return fmt.Errorf("--run-as %s: only root can become another user", name)
	}
	if err := syscall.Setgroups(groups); err != nil {
		return fmt.Errorf("--run-as %s: set groups: %w", name, err)
	}
	if err := syscall.Setgid(gid); err != nil {
		return fmt.Errorf("--run-as %s: set gid: %w", name, err)
	}
	if err := syscall.Setuid(uid); err != nil {
		return fmt.Errorf("--run-as %s: set uid: %w", name, err)
	}
	return nil
}

// User looks up the numbers of a user and of all groups of his.
func User(name string) (uid, gid int, groups []int, err error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, 0, nil, err
	}
	if uid, err = strconv.Atoi(u.Uid); err != nil {
		return 0, 0, nil, err
	}
	if gid, err = strconv.Atoi(u.Gid); err != nil {
		return 0, 0, nil, err
	}
	ids, err := u.GroupIds()
	if err != nil {
		return 0, 0, nil, err
	}
	for _, id := range ids {
		n, err := strconv.Atoi(id)
		if err != nil {
			return 0, 0, nil, err
		}
		groups = append(groups, n)
	}
	return uid, gid, groups, nil
}
