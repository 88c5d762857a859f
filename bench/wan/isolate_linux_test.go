package wan

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

const nobody = 65534

// programs are what this binary is, besides a test.
var programs = map[string]func(args []string) int{
	// isolate runs the rest of its arguments isolated.
	"isolate": func(args []string) int {
		code, err := Isolate(args)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return code
	},
	// exit ends with a status.
	"exit": func(args []string) int {
		code, _ := strconv.Atoi(args[0])
		return code
	},
	// hold opens a path, with children in it and beside it, names its
	// namespaces, and stays until a line comes: "panic", or else.
	"hold": func(args []string) int {
		if err := hold(args[0]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	},
	// orphan leaves children of children behind until they are gone.
	"orphan": func([]string) int {
		if err := exec.Command("sh", "-c", "cat /dev/null & cat /dev/null & exit 0").Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		for {
			all, _ := filepath.Glob("/proc/[0-9]*")
			if len(all) == 2 { // the first and this one
				return 0
			}
		}
	},
	// count counts signals until TERM, and reads a line from the terminal first.
	"count": func([]string) int {
		signals := make(chan os.Signal, 10)
		signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
		tty, err := os.Open("/dev/tty")
		if err == nil {
			var line string
			if _, err = fmt.Fscanln(tty, &line); err == nil {
				fmt.Println("read", line)
			}
		}
		if err != nil {
			fmt.Println("terminal:", err)
		}
		interrupts := 0
		fmt.Println("counting")
		for s := range signals {
			if s == syscall.SIGTERM {
				break
			}
			interrupts++
			fmt.Println("interrupted")
		}
		fmt.Println("interrupts", interrupts)
		return interrupts
	},
	// without opens a path where /dev/net/tun is none.
	"without": func([]string) int {
		if err := unix.Mount("/dev/null", "/dev/net/tun", "", unix.MS_BIND, ""); err != nil && !errors.Is(err, unix.ENOENT) {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return use("")
	},
	// forbidden asks for the privilege where there is none.
	"forbidden": func([]string) int {
		runtime.LockOSThread() // capabilities are the thread's
		err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0)
		if err == nil {
			err = unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &make([]unix.CapUserData, 2)[0])
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println("privilege", Privilege())
		_, err = Isolate([]string{"exit", "0"})
		fmt.Println("isolation", err)
		_, err = Open(context.Background(), shortPath(""))
		fmt.Println("path", err)
		return 0
	},
	// use opens a path by a back-end and sends something across.
	"use": func(args []string) int { return use(args[0]) },
}

func hold(marker string) error {
	p, err := Open(context.Background(), shortPath(""))
	if err != nil {
		return err
	}
	names, err := namespaces(p)
	if err != nil {
		return err
	}
	// Each would outlive its parent, if nobody cared.
	for _, h := range []*Host{p.Client(), p.Server()} {
		if err := h.Start(exec.Command("sh", "-c", "sleep 1000; : "+marker)); err != nil {
			return err
		}
	}
	if err := exec.Command("setsid", "sh", "-c", "sleep 1000; : "+marker).Start(); err != nil {
		return err
	}
	fmt.Println("holding", strings.Join(names, " "))
	var word string
	_, _ = fmt.Scanln(&word)
	if word == "panic" {
		panic("as told")
	}
	return nil
}

func use(backend string) int {
	err := Privilege()
	var p *Path
	if err == nil {
		p, err = Open(context.Background(), shortPath(backend))
	}
	if err == nil {
		err = exchange(p, 4<<20)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	r, _ := p.Close()
	fmt.Println("used", r.Backend, r.Forward.BytesOut, r.Forward.LostDevice)
	return 0
}

func TestIsolateExit(t *testing.T) {
	needRoot(t)
	for _, code := range []int{0, 1, 42} {
		if got := runSelf(t, nil, "isolate", "exit", strconv.Itoa(code)).exit(); got != code {
			t.Errorf("exit code %d came out as %d", code, got)
		}
	}
}

// TestIsolateReaps also proves that /proc is the namespace's own.
func TestIsolateReaps(t *testing.T) {
	needRoot(t)
	s := runSelf(t, nil, "isolate", "orphan")
	if got := s.exit(); got != 0 {
		t.Errorf("exit code %d: %s", got, s.errs)
	}
}

// TestNothingSurvives ends the two processes in every way, with a path open
// and children in it and beside it.
func TestNothingSurvives(t *testing.T) {
	needRoot(t)
	for _, tt := range []struct {
		name string
		end  func(t *testing.T, s *self, in *os.File, marker string)
		code int
	}{
		{"exit", func(t *testing.T, s *self, in *os.File, _ string) { fmt.Fprintln(in, "exit") }, 0},
		{"panic", func(t *testing.T, s *self, in *os.File, _ string) { fmt.Fprintln(in, "panic") }, 2},
		{"kill -9 outside", func(t *testing.T, s *self, in *os.File, _ string) { _ = s.Process.Kill() }, 128 + 9},
		{"kill -9 of the first", func(t *testing.T, s *self, in *os.File, marker string) {
			killOnly(t, marker, firstArgument+" hold")
		}, 128 + 9},
		{"kill -9 of the program", func(t *testing.T, s *self, in *os.File, marker string) {
			killOnly(t, marker, "exe hold")
		}, 128 + 9},
		{"kill outside", func(t *testing.T, s *self, in *os.File, _ string) { _ = s.Process.Signal(syscall.SIGTERM) }, 128 + 15},
		{"hangup outside", func(t *testing.T, s *self, in *os.File, _ string) { _ = s.Process.Signal(syscall.SIGHUP) }, 128 + 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			marker := fmt.Sprintf("marker-%d-%s", os.Getpid(), strings.ReplaceAll(t.Name(), "/", "-"))
			read, write, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer write.Close()
			s := runSelfWithInput(t, read, nil, "isolate", "hold", marker)
			names := strings.Fields(s.line("holding"))
			keep(t, names)
			if len(names) != 2 || len(left(marker)) < 5 {
				t.Fatalf("not there: namespaces %v, processes %v", names, left(marker))
			}
			tt.end(t, s, write, marker)
			if got := s.exit(); got != tt.code {
				t.Errorf("exit code %d, want %d: %s", got, tt.code, s.errs)
			}
			eventually(t, "no process is left", func() bool { return len(left(marker)) == 0 })
			eventually(t, "nobody is in the namespaces", func() bool { return len(inside(names)) == 0 })
		})
	}
}

// killOnly kills the one process whose command line has the marker and words.
func killOnly(t *testing.T, marker, words string) {
	t.Helper()
	for _, process := range left(marker) {
		pid, line, _ := strings.Cut(process, " ")
		if strings.Contains(line, words) {
			n, err := strconv.Atoi(pid)
			if err == nil {
				err = syscall.Kill(n, syscall.SIGKILL)
			}
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no process %q among %q", words, left(marker))
}

// TestTerminal proves that a program inside can read the terminal, that
// Control-C reaches it once, and a signal to the caller alone too.
func TestTerminal(t *testing.T) {
	needRoot(t)
	master, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	s := runSelfWithInput(t, tty, &syscall.SysProcAttr{Setsid: true, Setctty: true}, "isolate", "count")
	if _, err := master.WriteString("hello\n"); err != nil {
		t.Fatal(err)
	}
	if got := s.line("read"); got != "hello" {
		t.Errorf("the program read %q", got)
	}
	s.line("counting")
	if _, err := master.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	s.line("interrupted")
	// Whatever was forwarded of the first comes before this.
	if err := s.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := s.line("interrupts"); got != "1" {
		t.Errorf("Control-C came %s times", got)
	}
	if got := s.exit(); got != 1 {
		t.Errorf("exit code %d", got)
	}
}

func TestSignalToTheCallerAlone(t *testing.T) {
	needRoot(t)
	s := runSelf(t, &syscall.SysProcAttr{Setsid: true}, "isolate", "count")
	s.line("counting")
	for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		if err := s.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		if sig == syscall.SIGINT {
			s.line("interrupted")
		}
	}
	if got := s.exit(); got != 1 {
		t.Errorf("exit code %d: %s", got, s.errs)
	}
}

func TestFallsBackToPacketSockets(t *testing.T) {
	needRoot(t)
	s := runSelf(t, nil, "isolate", "without")
	if got := s.line("used"); !strings.HasPrefix(got, BackendPacket+" ") {
		t.Errorf("used %s", got)
	}
	if got := s.exit(); got != 0 {
		t.Errorf("exit code %d: %s", got, s.errs)
	}
}

// TestWithoutRoot does it all in a user namespace.
func TestWithoutRoot(t *testing.T) {
	needRoot(t) // to become somebody else
	attr := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	for _, program := range [][]string{{"use", BackendPacket}, {"without"}, {"use", ""}} {
		s := runSelf(t, attr, append([]string{"isolate"}, program...)...)
		t.Logf("%v: %s", program, s.line("used"))
		if got := s.exit(); got != 0 {
			t.Errorf("%v: exit code %d: %s", program, got, s.errs)
		}
	}
}

// TestForbidden reads what a user without any right is told.
func TestForbidden(t *testing.T) {
	needRoot(t) // to become somebody else
	s := runSelf(t, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}, "isolate", "forbidden")
	for _, tt := range []struct{ asked, want string }{
		{"privilege", "too many namespaces; see user.max_user_namespaces"},
		{"isolation", "too many namespaces; see user.max_user_namespaces"},
		{"path", "or a program run isolated"},
	} {
		if got := s.line(tt.asked); !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q in it", tt.asked, got, tt.want)
		}
	}
	if got := s.exit(); got != 0 {
		t.Errorf("exit code %d: %s", got, s.errs)
	}
}

func TestIsolatedElsewhere(t *testing.T) {
	for _, argv := range [][]string{nil, {"program"}, {"program", firstArgument}, {"program", "other"}} {
		if _, first, err := Isolated(argv); first || err != nil {
			t.Errorf("%q: first %v, %v", argv, first, err)
		}
	}
}
