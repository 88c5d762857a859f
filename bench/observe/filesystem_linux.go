package observe

import (
	"fmt"
	"os"
	"syscall"
)

// fileSystems are names of the numbers in linux/magic.h and in the sources of
// file systems of their own.
var fileSystems = map[uint32]string{
	0xef53: "ext4", 0x58465342: "xfs", 0x9123683e: "btrfs", 0x01021994: "tmpfs", 0x794c7630: "overlay", 0x2fc12fc1: "zfs",
	0xf2f52010: "f2fs", 0xca451a4e: "bcachefs", 0x6969: "nfs", 0xff534d42: "cifs", 0xfe534d42: "smb2", 0x65735546: "fuse",
	0x01021997: "9p", 0x0bd00bd0: "lustre", 0x47504653: "gpfs", 0x00c36400: "ceph", 0x858458f6: "ramfs", 0x4d44: "vfat",
	0x2011bab0: "exfat", 0x3153464a: "jfs", 0x52654973: "reiserfs", 0x6a656a63: "virtiofs",
}

// fileSystem names the type of the file system of a directory.
func fileSystem(dir string) (string, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "", os.NewSyscallError("statfs", err)
	}
	number := uint32(s.Type)
	if name, ok := fileSystems[number]; ok {
		return name, nil
	}
	return fmt.Sprintf("type %#x", number), nil
}
