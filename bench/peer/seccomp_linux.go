//go:build linux && (amd64 || arm64)

package peer

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refuseZeroCopy makes sendfile and splice fail with EINVAL in this thread and
// in what it starts, by a filter of system calls (seccomp(2)).
func refuseZeroCopy() error {
	const number = 0 // offset of the call's number in struct seccomp_data
	refuse := uint32(unix.SECCOMP_RET_ERRNO | unix.EINVAL)
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: number},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 2, K: unix.SYS_SENDFILE},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 1, K: unix.SYS_SPLICE},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		{Code: unix.BPF_RET | unix.BPF_K, K: refuse},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// Without privileges a filter needs the promise to gain none.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	_, _, errno := unix.Syscall(unix.SYS_PRCTL, unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return os.NewSyscallError("prctl", errno)
	}
	return nil
}
