package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"

	"bbftp/cmd/internal/programtest"
)

// probeVariable has this program confine itself, try, and tell what happened.
const probeVariable = "SANDBOX_PROBE"

func TestMain(m *testing.M) {
	// Whatever it was: another user runs the probes, in directories that the tests make.
	syscall.Umask(0o022)
	if what := os.Getenv(probeVariable); what != "" {
		probe(what)
		return
	}
	if err := os.Chmod("/proc/self/exe", 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(m.Run())
}

// tried is what a probe tells: what each attempt gave, "" for success.
type tried map[string]string

func probe(what string) {
	dir := os.Getenv("SANDBOX_DIR")
	results := tried{}
	try := func(name string, err error) {
		if results[name] = ""; err != nil {
			results[name] = err.Error()
		}
	}
	before, err := os.Open(os.DevNull)
	try("prepare", err)
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	try("prepare", err)
	if os.Getenv("SANDBOX_OLD") != "" {
		try("prepare", grow(old))
	}
	switch what {
	case "nothing":
	case "bare":
		try("confine", Bare())
	case "session":
		try("confine", Session(Files{Writable: []string{filepath.Join(dir, "home")}, Readable: []string{filepath.Join(dir, "archive")}}))
	case "all":
		try("confine", Session(Files{All: true}))
	}
	for _, one := range Missing() {
		try("missing "+one, nil)
	}
	status, err := os.ReadFile("/proc/self/status")
	try("read /proc", err)
	for line := range strings.Lines(string(status)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":\t")
		if key == "NoNewPrivs" || key == "Seccomp" {
			try(key+" "+value, nil)
		}
	}
	_, err = os.ReadFile("/etc/passwd")
	try("open", err)
	try("write home", os.WriteFile(filepath.Join(dir, "home", "new"), nil, 0o600))
	try("rename", os.Rename(filepath.Join(dir, "home", "new"), filepath.Join(dir, "home", "sub", "new")))
	try("write outside", os.WriteFile(filepath.Join(dir, "new"), nil, 0o600))
	_, err = os.ReadDir(filepath.Join(dir, "archive"))
	try("read archive", err)
	try("write archive", os.WriteFile(filepath.Join(dir, "archive", "new"), nil, 0o600))
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	try("socket", err)
	_ = unix.Close(fd)
	_, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	try("UDP", err)
	_, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	try("local socket", err)
	_, err = unix.FcntlInt(uintptr(socket), unix.F_SETFL, unix.O_NONBLOCK)
	try("wait for nothing", err)
	_, err = unix.FcntlInt(uintptr(socket), unix.F_SETOWN, os.Getpid())
	try("have signals sent", err)
	_, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	try("socketpair", err)
	try("exec", exec.Command("/bin/true").Run())
	_, _, errno := unix.RawSyscall(unix.SYS_EXECVE, 0, 0, 0)
	try("execve", refusal(errno))
	_, _, errno = unix.RawSyscall(unix.SYS_PTRACE, unix.PTRACE_ATTACH, uintptr(os.Getppid()), 0)
	try("ptrace", refusal(errno))
	_, _, errno = unix.RawSyscall(unix.SYS_UNSHARE, unix.CLONE_NEWUSER, 0, 0)
	try("unshare", refusal(errno))
	_, _, errno = unix.RawSyscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
	try("io_uring", refusal(errno))
	try("kill", unix.Kill(os.Getppid(), 0))
	try("tgkill", unix.Tgkill(os.Getppid(), os.Getppid(), 0))
	try("signal oneself", unix.Tgkill(os.Getpid(), os.Getpid(), 0))
	var core unix.Rlimit
	try("limits", unix.Getrlimit(unix.RLIMIT_CORE, &core))
	if core.Max != 0 {
		try("core", nil)
	}
	_, err = before.Stat()
	try("stat", err)
	try("work", work())
	if os.Getenv("SANDBOX_FOREIGN") != "" {
		try("call as 32 bits", foreignCall())
	}
	_ = json.NewEncoder(os.Stdout).Encode(results)
}

// refusal is the error of a filter; another one, for the arguments, means that
// the call was let through.
func refusal(errno syscall.Errno) error {
	if errors.Is(errno, unix.EPERM) || errors.Is(errno, unix.ENOSYS) {
		return errno
	}
	return nil
}

// work has the runtime start threads, wait, allocate and collect.
func work() error {
	a, b := net.Pipe()
	go func() { _, _ = a.Write([]byte{1}); _ = a.Close() }()
	if _, err := b.Read(make([]byte, 1)); err != nil {
		return err
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			runtime.LockOSThread() // one that ends with the goroutine
			time.Sleep(time.Millisecond)
			_ = make([]byte, 1<<20)
		})
	}
	all.Wait()
	runtime.GC()
	return nil
}

// somebody has an entry nowhere: the kernel knows numbers.
const somebody = 40001

// own gives dir to who runs the probes, and lets him get there.
func own(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	programtest.Passable(t)
	for above := dir; len(above) > len(os.TempDir()); above = filepath.Dir(above) {
		if err := os.Chmod(above, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, somebody, somebody))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a probe.
func run(t *testing.T, what string, env ...string) (results tried, dir string) {
	t.Helper()
	results, dir, err := attempt(t, what, env...)
	if err != nil {
		t.Fatal(err)
	}
	return results, dir
}

// attempt runs a probe that may die of what it tries.
func attempt(t *testing.T, what string, env ...string) (results tried, dir string, err error) {
	t.Helper()
	dir = t.TempDir()
	for _, sub := range []string{"home/sub", "archive"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	own(t, dir)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(append(os.Environ(), probeVariable+"="+what, "SANDBOX_DIR="+dir, "GORACE=atexit_sleep_ms=0"), env...)
	cmd.Stderr = os.Stderr
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: somebody, Gid: somebody}}
	}
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &results)
	}
	return results, dir, err
}

// offered tells what of the sandbox this kernel has; the rest holds without.
func offered(t *testing.T) (landlock, seccomp bool) {
	t.Helper()
	missing := Missing()
	for _, what := range missing {
		t.Logf("this kernel has no %s", what)
	}
	return !slices.Contains(missing, "Landlock"), !slices.Contains(missing, "seccomp")
}

func check(t *testing.T, results tried, allowed, refused []string) {
	t.Helper()
	for _, name := range allowed {
		if why, done := results[name]; !done || why != "" {
			t.Errorf("%s: refused: %s (tried: %v)", name, why, done)
		}
	}
	for _, name := range refused {
		if why, done := results[name]; !done || why == "" {
			t.Errorf("%s: allowed (tried: %v)", name, done)
		}
	}
}

// TestBare leaves a process nothing but what it has.
func TestBare(t *testing.T) {
	landlock, seccomp := offered(t)
	results, _ := run(t, "bare")
	var refused []string
	if landlock || seccomp {
		refused = append(refused, "open", "write home", "write outside", "read archive", "exec")
	}
	if seccomp {
		refused = append(refused, calls...)
		refused = append(refused, "read /proc", "socket", "socketpair", "kill", "tgkill", "stat", "have signals sent")
	}
	check(t, results, []string{"prepare", "confine", "work", "signal oneself", "wait for nothing"}, refused)
}

// calls are those that a filter takes from every process.
var calls = []string{"execve", "ptrace", "unshare", "io_uring", "UDP", "local socket"}

// TestSession leaves a process its directories and the network.
func TestSession(t *testing.T) {
	landlock, seccomp := offered(t)
	results, dir := run(t, "session")
	var refused []string
	if landlock {
		refused = append(refused, "open", "write outside", "write archive")
	}
	if seccomp {
		refused = append(append(refused, calls...), "exec")
	}
	check(t, results, []string{"prepare", "confine", "work", "write home", "rename", "read archive", "socket", "socketpair", "signal oneself"}, refused)
	if _, err := os.Stat(filepath.Join(dir, "home", "sub", "new")); err != nil {
		t.Error(err)
	}
}

// TestAll leaves a process all files, and has it renounce what it could gain.
func TestAll(t *testing.T) {
	_, seccomp := offered(t)
	results, _ := run(t, "all")
	allowed, refused := []string{"prepare", "confine", "work", "open", "write outside", "write archive", "NoNewPrivs 1"}, []string(nil)
	if seccomp {
		allowed, refused = append(allowed, "Seccomp 2"), append(calls, "exec")
	}
	check(t, results, allowed, refused)
	if _, possible := results["core"]; possible {
		t.Error("a core file may be written")
	}
}

// TestOldKernel confines as far as a kernel without Landlock and seccomp can.
func TestOldKernel(t *testing.T) {
	if _, seccomp := offered(t); !seccomp {
		t.Skip("this kernel is an old one, and has no filter to make another of it")
	}
	for _, what := range []string{"bare", "session"} {
		results, _ := run(t, what, "SANDBOX_OLD=1")
		check(t, results, []string{
			"prepare", "confine", "work", "open", "write home", "socket", "exec", "NoNewPrivs 1", "missing Landlock", "missing seccomp",
		}, nil)
		if _, possible := results["core"]; possible {
			t.Errorf("%s: a core file may be written", what)
		}
	}
}

// old has calls fail as they do where a kernel does not know them.
var old = []string{"landlock_create_ruleset", "seccomp"}

func grow(less []string) error {
	if err := harden(nil); err != nil {
		return err
	}
	return filter(seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls:      []seccomp.SyscallGroup{{Action: noClone3.Action, Names: less}},
	})
}

// TestRoot confines nobody who could undo it.
func TestRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, which the sandbox is to refuse")
		}
		t.Skip("needs root, which the sandbox is to refuse")
	}
	for name, err := range map[string]error{"bare": Bare(), "session": Session(Files{All: true})} {
		if err == nil || !strings.Contains(err.Error(), "rights of root") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
