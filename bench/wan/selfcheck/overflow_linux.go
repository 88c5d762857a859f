package selfcheck

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// overflowed returns how many packets the socket had no room for.
func overflowed(fd int) (int64, error) {
	// SK_MEMINFO_DROPS, the last of nine figures (linux/sock_diag.h).
	const drops = 8
	var info [drops + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("get SO_MEMINFO: %w", errno)
	}
	return int64(info[drops]), nil
}
