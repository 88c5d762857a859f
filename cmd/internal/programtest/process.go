package programtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// run runs a program to its end.
func run(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "run STATUS PROGRAM [ARGUMENT...]")
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	status := 0
	if errors.As(err, &exit) {
		status = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	checkStatus(ts, args[0], status)
}

func checkStatus(ts *testscript.TestScript, want string, got int) {
	if !slices.Contains(strings.Split(want, "|"), strconv.Itoa(got)) {
		ts.Fatalf("exit status %d, want %s", got, want)
	}
}

// client runs bbftp against the server at hand.
func client(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 1, "client STATUS [ARGUMENT...]")
	login := []string{
		args[0], "bbftp", "-u", ts.Getenv("BBUSER"), "-w", ts.Getenv("PORT"), "-r", "1",
		"--password-file", filepath.Join(ts.Getenv("WORK"), "password"),
	}
	run(ts, false, append(append(login, args[1:]...), "127.0.0.1"))
}

// process is a program that runs beside the script.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	done           chan struct{}
}

func start(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "start NAME PROGRAM [ARGUMENT...]")
	launch(ts, args[0], args[1], args[2:]...)
}

// launch starts a program of this release.
func launch(ts *testscript.TestScript, name, program string, args ...string) *process {
	s := stateOf(ts)
	p := &process{cmd: exec.Command(filepath.Join(s.programs, program), args...), done: make(chan struct{})}
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Env = environment(ts)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if os.Geteuid() == 0 {
		// Also where the tests run without: root's logins have this group.
		p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Groups: []uint32{0}}}
	}
	ts.Check(p.cmd.Start())
	s.processes[name] = p
	go func() {
		_ = p.cmd.Wait() // its outcome is in ProcessState
		close(p.done)
	}()
	ts.Defer(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
		ts.Logf("[%s stdout]\n%s", name, p.stdout.String())
		ts.Logf("[%s stderr]\n%s", name, p.stderr.String())
	})
	return p
}

// environment is that of the tests, with the places of the script.
func environment(ts *testscript.TestScript) []string {
	all := os.Environ()
	for _, name := range []string{"PATH", "TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"} {
		all = append(all, name+"="+ts.Getenv(name))
	}
	return all
}

// until waits until the process wrote what matches pattern, and returns the
// match with its groups.
func (p *process) until(ts *testscript.TestScript, out *output, pattern string) []string {
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		ended := p.ended()
		if match := re.FindStringSubmatch(out.String()); match != nil {
			return match
		}
		if ended {
			ts.Fatalf("it ended without writing %q", pattern)
		}
		if time.Now().After(deadline) {
			ts.Fatalf("it has not written %q", pattern)
		}
	}
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func serve(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 1, "serve NAME [ARGUMENT...]")
	p := launch(ts, args[0], "bbftpd", append([]string{"-w", "0", "--bind", "127.0.0.1"}, args[1:]...)...)
	ts.Setenv("PORT", p.until(ts, &p.stderr, `msg=serving address=\S+:(\d+)`)[1])
}

func demo(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "demo NAME DIRECTORY [ARGUMENT...]")
	p := launch(ts, args[0], "bbftpd", append([]string{"-w", "0", "--demo"}, args[1:]...)...)
	said := p.until(ts, &p.stdout, `^address \S+:(\d+)\nuser demo\npassword (\S+)\n`)
	ts.Setenv("PORT", said[1])
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), "password"), []byte(said[2]+"\n"), 0o600))
}

func lookUp(ts *testscript.TestScript, name string) *process {
	p := stateOf(ts).processes[name]
	if p == nil {
		ts.Fatalf("nothing was started as %s", name)
	}
	return p
}

func until(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 3, "until NAME stdout|stderr PATTERN")
	p := lookUp(ts, args[0])
	out := &p.stderr
	if args[1] == "stdout" {
		out = &p.stdout
	}
	p.until(ts, out, args[2])
}

func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "signal HUP|INT|TERM|KILL NAME|PID")
	signals := []string{"HUP", "INT", "TERM", "KILL"}
	numbers := []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL}
	i := slices.Index(signals, args[0])
	if i < 0 {
		ts.Fatalf("unknown signal %s", args[0])
	}
	if pid, err := strconv.Atoi(args[1]); err == nil {
		ts.Check(syscall.Kill(pid, numbers[i]))
		return
	}
	ts.Check(lookUp(ts, args[1]).cmd.Process.Signal(numbers[i]))
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 2, "await STATUS NAME")
	p := lookUp(ts, args[1])
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s has not ended", args[1])
	}
	_, _ = ts.Stdout().Write([]byte(p.stdout.String()))
	_, _ = ts.Stderr().Write([]byte(p.stderr.String()))
	checkStatus(ts, args[0], p.cmd.ProcessState.ExitCode())
}

func adopt(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 1, "adopt PID")
	pid, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Defer(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
}

func leader(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 1, "leader PID")
	pid, err := strconv.Atoi(args[0])
	ts.Check(err)
	group, err := syscall.Getpgid(pid)
	ts.Check(err)
	if group != pid {
		ts.Fatalf("process %d belongs to group %d", pid, group)
	}
}

func gone(ts *testscript.TestScript, _ bool, args []string) {
	usage(ts, args, 1, "gone PID")
	pid, err := strconv.Atoi(args[0])
	ts.Check(err)
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || zombie(pid) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("process %d is still there", pid)
		}
	}
}

// zombie tells whether a process has ended and waits for its burial, which the first
// process of a container may owe it for ever.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}

// output collects what a process writes while a script reads it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
