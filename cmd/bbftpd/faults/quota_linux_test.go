package faults

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// quotaArgument makes this program one that starts another under a quota. No
// file system of this kernel may have any, so a seccomp filter says what they
// would: EDQUOT to whoever wants much.
const quotaArgument = "--under-a-quota"

func TestMain(m *testing.M) {
	if len(os.Args) > 4 && os.Args[1] == clockArgument {
		fmt.Fprintln(os.Stderr, underClock(os.Args[2], os.Args[3], os.Args[4:]))
		os.Exit(1)
	}
	if len(os.Args) > 2 && os.Args[1] == quotaArgument {
		fmt.Fprintln(os.Stderr, underQuota(os.Args[2:]))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// quota is about what a fresh client of the tests may write, in bytes.
const quota = 512 << 10

func underQuota(args []string) error {
	runtime.LockOSThread()
	refuse := unix.SECCOMP_RET_ERRNO | uint32(unix.EDQUOT)
	statement := func(code uint16, k uint32) unix.SockFilter { return unix.SockFilter{Code: code, K: k} }
	jump := func(code uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: code, Jt: yes, Jf: no, K: k}
	}
	const load = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	argument := func(n uint32) uint32 { return 16 + 8*n } // its lower half, in struct seccomp_data of a little-endian machine
	filter := []unix.SockFilter{
		statement(load, 0),
		jump(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, unix.SYS_FALLOCATE, 3, 0),
		jump(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, unix.SYS_PWRITE64, 4, 0),
		jump(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, unix.SYS_SPLICE, 5, 0), // only long segments are spliced
		statement(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ALLOW),
		statement(load, argument(3)), // fallocate: length
		jump(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, quota, 5, 4),
		statement(load, argument(3)), // pwrite: offset
		jump(unix.BPF_JMP|unix.BPF_JGE|unix.BPF_K, quota, 3, 2),
		statement(load, argument(3)), // splice: offset in a file, if it is one that is written
		jump(unix.BPF_JMP|unix.BPF_JEQ|unix.BPF_K, 0, 0, 1),
		statement(unix.BPF_RET|unix.BPF_K, unix.SECCOMP_RET_ALLOW),
		statement(unix.BPF_RET|unix.BPF_K, refuse),
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return fmt.Errorf("filter system calls: %w", errno)
	}
	return syscall.Exec(args[0], args, os.Environ())
}
