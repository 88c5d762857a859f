package zerocopy

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// device is the device number of f's file system.
func device(f *os.File) (id uint64, ok bool) {
	info, err := f.Stat()
	if err != nil {
		return 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return uint64(st.Dev), true
}

// fileSystem names the kind of f's file system, statfs(2).
func fileSystem(f *os.File) string {
	raw, err := f.SyscallConn()
	if err != nil {
		return "unknown"
	}
	var st unix.Statfs_t
	ctlErr := raw.Control(func(fd uintptr) { err = unix.Fstatfs(int(fd), &st) })
	if errors.Join(ctlErr, err) != nil {
		return "unknown"
	}
	kind := uint32(st.Type)
	if name, ok := kinds[kind]; ok {
		return name
	}
	return fmt.Sprintf("%#x", kind)
}

// kinds are the file systems that files are likely to be kept on.
var kinds = map[uint32]string{
	unix.EXT4_SUPER_MAGIC:      "ext4",
	unix.XFS_SUPER_MAGIC:       "xfs",
	unix.BTRFS_SUPER_MAGIC:     "btrfs",
	unix.F2FS_SUPER_MAGIC:      "f2fs",
	unix.TMPFS_MAGIC:           "tmpfs",
	unix.RAMFS_MAGIC:           "ramfs",
	unix.OVERLAYFS_SUPER_MAGIC: "overlayfs",
	unix.NFS_SUPER_MAGIC:       "nfs",
	unix.CIFS_SUPER_MAGIC:      "cifs",
	unix.SMB2_SUPER_MAGIC:      "smb2",
	unix.CEPH_SUPER_MAGIC:      "ceph",
	unix.AFS_SUPER_MAGIC:       "afs",
	unix.FUSE_SUPER_MAGIC:      "fuse",
	unix.V9FS_MAGIC:            "9p",
	unix.ECRYPTFS_SUPER_MAGIC:  "ecryptfs",
	unix.PROC_SUPER_MAGIC:      "proc",
	unix.SYSFS_MAGIC:           "sysfs",
	0x2fc12fc1:                 "zfs",
	0x0bd00bd0:                 "lustre",
	0x47504653:                 "gpfs",
	0x19830326:                 "beegfs",
}
