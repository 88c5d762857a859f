package config

import (
	"fmt"
	"io/fs"
	"slices"
	"syscall"
)

// CheckOwner refuses a file that belongs neither to root nor to one of users: its owner
// may write it, whatever its mode is. The error says whose it is.
func CheckOwner(info fs.FileInfo, users ...int) error {
	stat, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return nil
	}
	if uid := int(stat.Uid); uid != 0 && !slices.Contains(users, uid) {
		return fmt.Errorf("it belongs to user %d", uid)
	}
	return nil
}
