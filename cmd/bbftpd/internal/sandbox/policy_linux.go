package sandbox

import (
	"slices"

	"github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"
)

// ground is what Go's runtime and the C library's threads use by themselves.
var ground = []string{
	"mmap", "mmap2", "munmap", "mprotect", "madvise", "brk",
	"futex", "futex_time64", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "membarrier",
	"nanosleep", "clock_nanosleep", "clock_nanosleep_time64", "clock_gettime", "clock_gettime64", "gettimeofday", "time",
	"rt_sigprocmask", "rt_sigaction", "rt_sigreturn", "sigreturn", "sigaltstack", "restart_syscall",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2",
	"getpid", "gettid", "getrandom", "exit", "exit_group",
}

// connected is what a socket that is connected is used with.
var connected = []string{
	"read", "write", "writev", "recvfrom", "recvmsg", "sendto", "sendmsg", "close", "shutdown", "poll", "ppoll",
	"getsockname", "getpeername", "getsockopt", "setsockopt",
}

// foreign is what a file server never does, and a way into other processes or
// deep into the kernel.
var foreign = []string{
	"execve", "execveat", "fork", "vfork",
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd", "pidfd_send_signal",
	"unshare", "setns", "mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "fsconfig", "fspick", "mount_setattr",
	"pivot_root", "chroot", "open_by_handle_at",
	"bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
	"personality", "modify_ldt", "swapon", "swapoff", "reboot", "acct", "quotactl", "syslog",
}

// noClone3 has the C library fall back to clone(2), whose flags a filter can see.
var noClone3 = seccomp.SyscallGroup{Action: seccomp.ActionErrno | seccomp.Action(unix.ENOSYS), Names: []string{"clone3"}}

// bare allows what is named and refuses everything else.
func bare() seccomp.Policy {
	own := uint64(unix.Getpid())
	conditional := []seccomp.NameWithConditions{
		threads(seccomp.BitsSet),
		// The runtime interrupts its threads; others are out of reach.
		when("tgkill", is(0, seccomp.Equal, own)),
		// Not who is sent signals about it, with F_SETOWN and F_SETSIG.
		when("fcntl", is(1, seccomp.LessOrEqual, unix.F_SETFL)),
		when("fcntl64", is(1, seccomp.LessOrEqual, unix.F_SETFL)),
		when("fcntl", is(1, seccomp.Equal, unix.F_DUPFD_CLOEXEC)),
		when("fcntl64", is(1, seccomp.Equal, unix.F_DUPFD_CLOEXEC)),
		// The runtime names its memory, the C library its threads.
		when("prctl", is(0, seccomp.Equal, unix.PR_SET_VMA)),
		when("prctl", is(0, seccomp.Equal, unix.PR_SET_NAME)),
		// One call for all of them on 386: no socket, bind, connect, listen, accept, socketpair, accept4.
		when("socketcall", is(0, seccomp.GreaterThan, sysAccept), is(0, seccomp.NotEqual, sysSocketpair), is(0, seccomp.NotEqual, sysAccept4)),
	}
	return seccomp.Policy{
		DefaultAction: seccomp.ActionErrno,
		Syscalls: []seccomp.SyscallGroup{noClone3, {
			Action:             seccomp.ActionAllow,
			Names:              known(slices.Concat(ground, connected)),
			NamesWithCondtions: knownWith(conditional),
		}},
	}
}

// session refuses what is named, and sockets but those of TCP: over others (D-Bus,
// a container engine) programs of the user's session do what they are asked for. On
// 386, whose socketcall(2) hides its arguments, it can't be told.
func session() seccomp.Policy {
	conditional := []seccomp.NameWithConditions{
		threads(seccomp.BitsNotSet),
		when("socket", is(0, seccomp.NotEqual, unix.AF_INET), is(0, seccomp.NotEqual, unix.AF_INET6)),
		when("socket", is(1, seccomp.BitsSet, typeMask&^unix.SOCK_STREAM)),
	}
	return seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls: []seccomp.SyscallGroup{noClone3, {
			Action:             seccomp.ActionErrno,
			Names:              known(foreign),
			NamesWithCondtions: knownWith(conditional),
		}},
	}
}

// typeMask has the bits of a socket's type that are no flags (linux/net.h).
const typeMask = 0xf

// Numbers of socketcall(2).
const (
	sysAccept     = 5
	sysSocketpair = 8
	sysAccept4    = 18
)

// threads are those of this process; with their bit not set, clone(2) makes another.
func threads(bit seccomp.Operation) seccomp.NameWithConditions {
	return when("clone", is(0, bit, unix.CLONE_THREAD))
}

func when(name string, conditions ...seccomp.Condition) seccomp.NameWithConditions {
	return seccomp.NameWithConditions{Name: name, Conditions: conditions}
}

func is(argument uint32, operation seccomp.Operation, value uint64) seccomp.Condition {
	return seccomp.Condition{Argument: argument, Operation: operation, Value: value}
}

// known leaves out what this processor's Linux has under another name, or not
// at all: the filter's compiler takes no unknown ones.
func known(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !exists(name) })
}

func knownWith(names []seccomp.NameWithConditions) []seccomp.NameWithConditions {
	return slices.DeleteFunc(names, func(n seccomp.NameWithConditions) bool { return !exists(n.Name) })
}

func exists(name string) bool {
	own, offered := processor()
	if !offered {
		return false
	}
	_, ok := own.SyscallNames[name]
	return ok
}
