package sandbox

import (
	"fmt"
	"unsafe"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/sys/unix"
)

// archOffset is where a filter finds the processor's kind, in struct seccomp_data.
const archOffset = 4

// processor is this one as filters know it, if the kernel has filters and we know
// the numbers of its calls.
func processor() (info *arch.Info, offered bool) {
	info, err := arch.GetInfo("")
	return info, err == nil && seccomp.Supported()
}

// filter has the kernel ask policy about every call of every thread. Calls of
// another kind of processor (those of 32 bits, where there are 64) are refused: their
// numbers mean something else, and a policy of what is forbidden would not know them.
func filter(policy seccomp.Policy) error {
	own, offered := processor()
	if !offered {
		return nil
	}
	program, err := policy.Assemble()
	if err != nil {
		return fmt.Errorf("confine with seccomp: %w", err)
	}
	code := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: archOffset},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(own.ID), Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: uint32(seccomp.ActionErrno) | uint32(unix.EPERM)},
	}
	for _, instruction := range program {
		raw, err := instruction.Assemble()
		if err != nil {
			return fmt.Errorf("confine with seccomp: %w", err)
		}
		code = append(code, unix.SockFilter{Code: raw.Op, Jt: raw.Jt, Jf: raw.Jf, K: raw.K})
	}
	return load(code)
}

// load has every thread run under a filter, as no_new_privs must be for.
func load(code []unix.SockFilter) error {
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP,
		unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	switch {
	case errno != 0:
		return fmt.Errorf("confine with seccomp: %w", errno)
	case thread != 0: // seccomp(2): it has a filter that we don't know
		return fmt.Errorf("confine with seccomp: thread %d is not to be had", thread)
	}
	return nil
}
