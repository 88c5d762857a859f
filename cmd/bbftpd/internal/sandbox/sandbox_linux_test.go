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
	switch what {
	case "bare":
		try("confine", Bare())
	case "session":
		try("confine", Session(Files{Writable: []string{filepath.Join(dir, "home")}, Readable: []string{filepath.Join(dir, "archive")}}))
	case "all":
		try("confine", Session(Files{All: true}))
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

// run runs a probe.
func run(t *testing.T, what string) (results tried, dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, sub := range []string{"home/sub", "archive"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), probeVariable+"="+what, "SANDBOX_DIR="+dir)
	cmd.Stderr = os.Stderr
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
	check(t, results, []string{"prepare", "confine", "work", "signal oneself"}, []string{
		"open", "read /proc", "write home", "write outside", "read archive", "socket", "socketpair", "exec", "execve", "ptrace", "unshare", "io_uring",
		"kill", "tgkill", "stat",
	})
}

// TestSession leaves a process its directories and the network.
func TestSession(t *testing.T) {
	need(t)
	results, dir := run(t, "session")
	check(t, results, []string{"prepare", "confine", "work", "write home", "rename", "read archive", "socket", "socketpair", "signal oneself"},
		[]string{"open", "write outside", "write archive", "exec", "execve", "ptrace", "unshare", "io_uring"})
	if _, err := os.Stat(filepath.Join(dir, "home", "sub", "new")); err != nil {
		t.Error(err)
	}
}

// TestAll leaves a process all files, and has it renounce what it could gain.
func TestAll(t *testing.T) {
	need(t)
	results, _ := run(t, "all")
	check(t, results, []string{"prepare", "confine", "work", "open", "write outside", "write archive", "NoNewPrivs 1", "Seccomp 2"},
		[]string{"exec", "execve", "ptrace", "unshare", "io_uring"})
	if _, possible := results["core"]; possible {
		t.Error("a core file may be written")
	}
}
