package doctor

import (
	"os"
	"syscall"
)

// direct reads pass the page cache by (open(2)).
const direct = syscall.O_DIRECT

// memoryOnly reports whether a file has no medium but memory (tmpfs(5)).
func memoryOnly(f *os.File) bool {
	const tmpfs, ramfs = 0x01021994, 0x858458f6
	var s syscall.Statfs_t
	if err := syscall.Fstatfs(int(f.Fd()), &s); err != nil {
		return false
	}
	return uint32(s.Type) == tmpfs || uint32(s.Type) == ramfs
}

// free is the room in bytes that we may take.
func free(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
