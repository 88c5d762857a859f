package sandbox

import (
	"fmt"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// foreignCall asks for the process's group by the entry for programs of 32 bits,
// whose number 132 for it is another call's of 64.
func foreignCall() error {
	code, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	copy(code, []byte{
		0xb8, 132, 0, 0, 0, // mov eax, 132 (getpgid)
		0x31, 0xdb, // xor ebx, ebx
		0xcd, 0x80, // int 0x80
		0x48, 0x98, // cdqe
		0xc3, // ret
	})
	if err := unix.Mprotect(code, unix.PROT_READ|unix.PROT_EXEC); err != nil {
		return err
	}
	entry := &code[0]
	pointer := &entry
	call := *(*func() int)(unsafe.Pointer(&pointer))
	switch got := call(); {
	case got < 0:
		return unix.Errno(-got)
	case got != unix.Getpgrp():
		return fmt.Errorf("it is %d", got)
	}
	return nil
}

// TestForeignCalls leaves no other entry to the kernel open.
func TestForeignCalls(t *testing.T) {
	if _, seccomp := offered(t); !seccomp {
		return
	}
	// A kernel that does not have it kills who tries.
	if results, _, err := attempt(t, "nothing", "SANDBOX_FOREIGN=1"); err != nil || results["call as 32 bits"] != "" {
		t.Logf("this kernel has no entry for programs of 32 bits: %v, %s", err, results["call as 32 bits"])
		return
	}
	for _, what := range []string{"bare", "session", "all"} {
		results, _ := run(t, what, "SANDBOX_FOREIGN=1")
		why := results["call as 32 bits"]
		if why != unix.EPERM.Error() && why != unix.ENOSYS.Error() {
			t.Errorf("%s: %q", what, why)
		}
	}
}
