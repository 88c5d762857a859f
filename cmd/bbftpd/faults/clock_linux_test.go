package faults

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The clock of the machine is everybody's and can't be set for a test, nor do
// time namespaces have one of their own. So a program gets its time of day from
// here: its request for it is a system call, of which a seccomp filter tells us,
// and we answer. The system call is made because the program, a copy, finds no
// function of that name in the kernel's vDSO: one letter of the name is another.
//
//	program ── clock_gettime(CLOCK_REALTIME) ──► kernel ── notification ──► clock
//	        ◄── now + offset, written to its memory ───────────────────────┘
type clock struct {
	offset   atomic.Int64 // in nanoseconds
	asked    atomic.Int64 // how often
	listener *net.UnixListener
	all      sync.WaitGroup
}

// clockArgument makes this program one that starts another under a clock:
// clockArgument SOCKET DIRECTORY PROGRAM [ARGUMENT...].
const clockArgument = "--under-a-clock"

func openClock(t *testing.T, w *world) (c *clock, wrap []string) {
	t.Helper()
	dir := w.mkdir(t, "clock")
	for _, program := range []string{w.daemon(), w.client()} {
		text, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"__vdso_clock_gettime", "__kernel_clock_gettime"} {
			text = bytes.ReplaceAll(text, []byte(name), []byte(name[:len(name)-1]+"E"))
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(program)), text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(dir, "socket")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
	if err != nil {
		t.Fatal(err)
	}
	c = &clock{listener: listener}
	c.all.Go(c.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		c.all.Wait()
	})
	return c, []string{"/proc/self/exe", clockArgument, socket, dir}
}

// serve takes the listener of each program that starts.
func (c *clock) serve() {
	for {
		conn, err := c.listener.AcceptUnix()
		if err != nil {
			return
		}
		control := make([]byte, unix.CmsgSpace(4))
		_, n, _, _, err := conn.ReadMsgUnix(make([]byte, 1), control)
		if err == nil {
			err = c.take(control[:n])
		}
		if err == nil {
			_, err = conn.Write([]byte{0})
		}
		_ = conn.Close()
		if err != nil {
			return
		}
	}
}

func (c *clock) take(control []byte) error {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("no descriptor came: %w", err)
	}
	descriptors, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return err
	}
	c.all.Go(func() { c.answer(descriptors[0]) })
	return nil
}

// notification and response are struct seccomp_notif and seccomp_notif_resp.
type notification struct {
	id         uint64
	pid, flags uint32
	number     int32
	arch       uint32
	pointer    uint64
	args       [6]uint64
}

type response struct {
	id           uint64
	value        int64
	errno, flags int32
}

// answer tells a program the time until it ends.
func (c *clock) answer(fd int) {
	defer func() { _ = unix.Close(fd) }()
	for {
		// A program that ends wakes poll, but not who waits for a notification.
		ready := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(ready, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return
		}
		if ready[0].Revents&unix.POLLIN == 0 {
			if ready[0].Revents != 0 {
				return
			}
			continue
		}
		var n notification
		if !ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&n)) {
			continue // the thread was interrupted
		}
		c.asked.Add(1)
		now := unix.NsecToTimespec(time.Now().UnixNano() + c.offset.Load())
		size := int(unsafe.Sizeof(now))
		local := []unix.Iovec{{Base: (*byte)(unsafe.Pointer(&now))}}
		local[0].SetLen(size)
		r := response{id: n.id}
		if _, err := unix.ProcessVMWritev(int(n.pid), local, []unix.RemoteIovec{{Base: uintptr(n.args[1]), Len: size}}, 0); err != nil {
			r.errno = -int32(unix.EFAULT)
		}
		_ = ioctl(fd, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&r))
	}
}

func ioctl(fd int, request uint, argument unsafe.Pointer) bool {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), uintptr(request), uintptr(argument))
	return errno == 0
}

// underClock starts a program that asks a clock for the time of day.
func underClock(socket, dir string, args []string) error {
	runtime.LockOSThread() // the filter is the thread's, and the program's that it becomes
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_CLOCK_GETTIME, Jt: 0, Jf: 3},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 16}, // which clock
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.CLOCK_REALTIME, Jt: 0, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("filter system calls: %w", errno)
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket})
	if err != nil {
		return err
	}
	if _, _, err := conn.WriteMsgUnix([]byte{0}, unix.UnixRights(int(fd)), nil); err != nil {
		return err
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		return err
	}
	// Somebody's fork may hold the copy open for an instant, as it was written.
	awaitFor(patience, func() bool {
		err = syscall.Exec(filepath.Join(dir, filepath.Base(args[0])), args, os.Environ())
		return !errors.Is(err, unix.ETXTBSY)
	})
	return err
}

// clocks jump under one side: a wait that went by the time of day would end at
// once, or never.
func clocks() (rows []*row) {
	for version := 1; version <= 3; version++ {
		for _, operation := range []string{put, get} {
			for i, at := range []step{keySent, loginSent, loggedIn, requestSent, accepted, middle, acked} {
				if at == accepted && version == 1 && operation == put {
					continue
				}
				for j, role := range []string{"client", "server"} {
					// In turns, so that each step sees both with some version or operation.
					jump, fault := 25*time.Hour, "clock jumps 25 hours ahead"
					if (version+i+j+len(operation))%2 == 0 {
						jump, fault = -jump, "clock jumps 25 hours back"
					}
					rows = append(rows, clockRow(fault, role, at, version, operation, jump))
				}
			}
		}
	}
	return rows
}

func clockRow(fault, role string, at step, version int, operation string, jump time.Duration) *row {
	var c *clock
	return &row{
		fault: fault, role: role, step: at, version: version, operation: operation, tries: 1, allowed: []string{doneWhole},
		wrap: func(s *scene) (server, client []string) {
			var wrap []string
			c, wrap = openClock(s.t, s.world)
			if role == "server" {
				return wrap, nil
			}
			return nil, wrap
		},
		strike: func(s *scene) bool {
			c.offset.Store(int64(jump))
			return false
		},
		repair: func(*scene) error {
			if c.asked.Load() == 0 {
				return errors.New("the program asked nobody for the time")
			}
			return nil
		},
	}
}
