package sandbox

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/elastic/go-seccomp-bpf"
	"golang.org/x/sys/unix"
)

// probeVariable has this program confine itself, try, and tell what happened.
const probeVariable = "SANDBOX_PROBE"

func TestMain(m *testing.M) {
	if what := os.Getenv(probeVariable); what != "" {
		probe(what)
		return
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
	try("call as 32 bits", foreignCall())
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
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	return results, dir
}

// need skips where the kernel offers less than what is tested.
func need(t *testing.T) {
	t.Helper()
	missing := strings.Join(Missing(), ", ")
	switch {
	case missing == "":
	case os.Getenv("CI") == "true":
		t.Fatalf("this kernel has no %s", missing)
	default:
		t.Skipf("this kernel has no %s", missing)
	}
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
	need(t)
	results, _ := run(t, "bare")
	check(t, results, []string{"prepare", "confine", "work", "signal oneself", "wait for nothing"}, []string{
		"open", "read /proc", "write home", "write outside", "read archive", "socket", "socketpair", "exec", "execve", "ptrace", "unshare", "io_uring",
		"kill", "tgkill", "stat", "UDP", "local socket", "have signals sent",
	})
}

// TestSession leaves a process its directories and the network.
func TestSession(t *testing.T) {
	need(t)
	results, dir := run(t, "session")
	check(t, results, []string{"prepare", "confine", "work", "write home", "rename", "read archive", "socket", "socketpair", "signal oneself"},
		[]string{"open", "write outside", "write archive", "UDP", "local socket", "exec", "execve", "ptrace", "unshare", "io_uring"})
	if _, err := os.Stat(filepath.Join(dir, "home", "sub", "new")); err != nil {
		t.Error(err)
	}
}

// TestAll leaves a process all files, and has it renounce what it could gain.
func TestAll(t *testing.T) {
	need(t)
	results, _ := run(t, "all")
	check(t, results, []string{"prepare", "confine", "work", "open", "write outside", "write archive", "NoNewPrivs 1", "Seccomp 2"},
		[]string{"UDP", "local socket", "exec", "execve", "ptrace", "unshare", "io_uring"})
	if _, possible := results["core"]; possible {
		t.Error("a core file may be written")
	}
}

// TestOldKernel confines as far as a kernel without Landlock and seccomp can.
func TestOldKernel(t *testing.T) {
	need(t)
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
