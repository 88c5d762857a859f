package storage

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// space describes f's file system, fstatfs(2), which does not tell the longest name.
func space(f *os.File) (Space, error) {
	var st unix.Statfs_t
	err := control(f, func(fd int) error {
		for {
			if err := unix.Fstatfs(fd, &st); err != unix.EINTR {
				return err
			}
		}
	})
	return Space{
		Blocks: st.Blocks, Available: st.Bavail, BlockSize: int64(st.Bsize),
		Inodes: st.Files, FreeInodes: st.Ffree, NameMax: unix.NAME_MAX,
	}, err
}

// statTimes returns the times of last access and of last change of the inode.
func statTimes(st *syscall.Stat_t) (accessed, changed time.Time) {
	return time.Unix(st.Atimespec.Unix()), time.Unix(st.Ctimespec.Unix())
}
