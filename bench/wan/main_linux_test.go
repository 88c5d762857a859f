package wan

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the tests run this very binary: isolated, and as a program of
// the names in programs.
func TestMain(m *testing.M) {
	if code, first, err := Isolated(os.Args); first {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	if len(os.Args) > 1 {
		if program := programs[os.Args[1]]; program != nil {
			os.Exit(program(os.Args[2:]))
		}
	}
	os.Exit(m.Run())
}

// needRoot skips a test, but not where tests are meant to be complete.
func needRoot(t testing.TB) {
	t.Helper()
	switch {
	case privileged():
	case os.Getenv("CI") == "true":
		t.Fatal("needs root to make namespaces")
	default:
		t.Skip("needs root to make namespaces")
	}
}

// patience is how long what must come may take on a busy machine.
const patience = 30 * time.Second

func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v still not so: %s", patience, what)
		}
	}
}

// self is a process of this binary, which prints lines.
type self struct {
	*exec.Cmd
	t     *testing.T
	lines chan string
	errs  *bytes.Buffer
}

// runSelf starts a program of this binary.
func runSelf(t *testing.T, attr *syscall.SysProcAttr, args ...string) *self {
	t.Helper()
	return runSelfWithInput(t, nil, attr, args...)
}

// runSelfWithInput closes the input here when the program has it.
func runSelfWithInput(t *testing.T, in *os.File, attr *syscall.SysProcAttr, args ...string) *self {
	t.Helper()
	s := &self{Cmd: exec.Command("/proc/self/exe", args...), t: t, lines: make(chan string, 100), errs: new(bytes.Buffer)}
	s.SysProcAttr = attr
	s.Stderr = s.errs
	if in != nil {
		s.Stdin = in
		defer in.Close()
	}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Process.Kill() })
	go s.scan(out)
	return s
}

func (s *self) scan(out io.Reader) {
	defer close(s.lines)
	for in := bufio.NewScanner(out); in.Scan(); {
		s.lines <- strings.TrimSpace(in.Text())
	}
}

// line returns the rest of the next line that begins with start.
func (s *self) line(start string) string {
	s.t.Helper()
	limit := time.After(patience)
	for {
		select {
		case line, ok := <-s.lines:
			if !ok {
				s.t.Fatalf("ended without saying %q: %s", start, s.errs)
			}
			if rest, ok := strings.CutPrefix(line, start); ok {
				return strings.TrimSpace(rest)
			}
			s.t.Logf("says: %s", line)
		case <-limit:
			s.t.Fatalf("does not say %q: %s", start, s.errs)
		}
	}
}

// exit waits for the end and returns the exit code, 128 + n after signal n.
func (s *self) exit() int {
	s.t.Helper()
	ended := make(chan struct{})
	go func() {
		for range s.lines {
		}
		_ = s.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		s.t.Fatalf("does not end: %s", s.errs)
	}
	return exitStatus(s.ProcessState.Sys().(syscall.WaitStatus))
}

// left lists the processes whose command line has the marker.
func left(marker string) (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte(marker)) {
			found = append(found, filepath.Base(filepath.Dir(file))+" "+string(bytes.ReplaceAll(text, []byte{0}, []byte{' '})))
		}
	}
	return found
}

// keep holds on to network namespaces until the end of the test: the number of
// one that is gone is the next one's, of whatever program.
func keep(t *testing.T, namespaces []string) {
	t.Helper()
	for _, name := range namespaces {
		threads := inside([]string{name})
		if len(threads) == 0 {
			t.Fatalf("nobody is in %s", name)
		}
		space, err := os.Open(threads[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = space.Close() })
	}
}

// inside lists the threads in one of the network namespaces.
func inside(namespaces []string) []string { return threadsInside("[0-9]*", namespaces) }

// threadsInside are those of some processes, named as in /proc.
func threadsInside(processes string, namespaces []string) (found []string) {
	links, _ := filepath.Glob("/proc/" + processes + "/task/[0-9]*/ns/net")
	for _, link := range links {
		name, err := os.Readlink(link)
		for _, n := range namespaces {
			if err == nil && name == n {
				found = append(found, link)
			}
		}
	}
	return found
}

// namespaces names those of a path's hosts.
func namespaces(p *Path) (names []string, err error) {
	for _, h := range []*Host{p.Client(), p.Server()} {
		err = h.Do(func() error {
			name, err := os.Readlink("/proc/thread-self/ns/net")
			names = append(names, name)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}
