package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"bbftp/bench"
	"bbftp/cmd/internal/programtest"
)

// legacyEnv names legacy bbftpd programs that serve version 1, separated like
// the directories of PATH.
const legacyEnv = "BBFTP_LEGACY_SERVER"

// largeSize ends a byte behind what every split and block divides.
const largeSize = 1<<30 + 1

// TestLegacy moves files between our client and legacy servers and compares
// them by hash. Each server runs in namespaces of its own; see namespace.
func TestLegacy(t *testing.T) {
	if inside := os.Getenv(insideEnv); inside != "" {
		testInside(t, inside)
		return
	}
	servers := filepath.SplitList(os.Getenv(legacyEnv))
	if len(servers) == 0 {
		t.Skipf("%s names no legacy bbftpd", legacyEnv)
	}
	for _, server := range servers {
		if _, err := exec.LookPath(server); err != nil || !filepath.IsAbs(server) {
			t.Fatalf("%s: %q is no absolute path of a program: %v", legacyEnv, server, err)
		}
	}
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, which the CI has to provide")
		}
		t.Skip("needs root: legacy bbftpd changes to the user who logs in")
	}
	work := t.TempDir()
	for _, dir := range []string{filepath.Dir(work), work} {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	programs := programtest.Build(t)
	for _, size := range append(smallSizes(), largeSize) {
		if err := bench.WritePayload(sourceFile(work, size), size, uint64(size)+1); err != nil {
			t.Fatal(err)
		}
	}
	for i, server := range servers {
		t.Run(filepath.Base(server), func(t *testing.T) {
			home := filepath.Join(work, "home"+strconv.Itoa(i))
			if err := os.Mkdir(home, 0o755); err != nil {
				t.Fatal(err)
			}
			runInside(t, place{Server: server, Programs: programs, Work: work, Home: home})
		})
	}
}

func smallSizes() []int64 { return []int64{0, 1, 3, 100003} }

func sourceFile(work string, size int64) string {
	return filepath.Join(work, fmt.Sprintf("source-%d", size))
}

// interop is one legacy server with its client, inside the namespaces.
type interop struct {
	place
	password                string // file
	transfers, inequalities atomic.Int64
}

func testInside(t *testing.T, encoded string) {
	p := enter(t, encoded)
	x := &interop{place: p, password: writePassword(t, legacyPassword)}
	t.Cleanup(func() {
		t.Logf("%d files moved, %d differ", x.transfers.Load(), x.inequalities.Load())
	})
	for _, compressed := range []bool{false, true} {
		framing := map[bool]string{false: "plain", true: "zlib"}[compressed]
		for _, streams := range []int{1, 3, 10} {
			for _, size := range smallSizes() {
				t.Run(fmt.Sprintf("%s/%d-streams/%d", framing, streams, size), func(t *testing.T) {
					t.Parallel() // a legacy server may idle 20 s before its first byte
					x.move(t, size, streams, compressed)
				})
			}
		}
		for _, streams := range []int{1, 10} {
			t.Run(fmt.Sprintf("%s/%d-streams/%d", framing, streams, largeSize), func(t *testing.T) {
				x.move(t, largeSize, streams, compressed)
			})
		}
	}
	t.Run("directories", x.directories)
	t.Run("refusals", x.refusals)
}

// move puts a file, gets it back, and compares all three.
func (x *interop) move(t *testing.T, size int64, streams int, compressed bool) {
	here, there := sourceFile(x.Work, size), fmt.Sprintf("%d-%d-%v", size, streams, compressed)
	back := filepath.Join(t.TempDir(), "back")
	remote := filepath.Join(x.Home, there)
	options := []string{"-p", strconv.Itoa(streams)}
	if compressed {
		options = append(options, "-c")
	}
	x.client(t, 0, fmt.Sprintf("put %s %s;get %s %s", here, there, there, back), options...)
	x.equal(t, here, remote)
	x.equal(t, here, back)
	if err := os.Remove(remote); err != nil {
		t.Error(err)
	}
}

func (x *interop) directories(t *testing.T) {
	local := t.TempDir()
	names := []string{"a.dat", "b.dat", "c.dat"}
	for i, name := range names {
		if err := bench.WritePayload(filepath.Join(local, name), int64(i*5000), 7); err != nil {
			t.Fatal(err)
		}
	}
	back := filepath.Join(local, "back")
	if err := os.Mkdir(back, 0o700); err != nil {
		t.Fatal(err)
	}
	out := x.client(t, 0, fmt.Sprintf("mkdir made;cd made;lcd %s;mput *.dat .;mkdir sub;dir .;mget * back", local), "-m", "-p", "3")
	want := "dir .\n   ./a.dat\n   ./b.dat\n   ./c.dat\n   ./sub\ndir . OK\n"
	if !strings.Contains(out, want) {
		t.Errorf("the listing lacks %q:\n%s", want, out)
	}
	for _, name := range names {
		x.equal(t, filepath.Join(local, name), filepath.Join(x.Home, "made", name))
		x.equal(t, filepath.Join(local, name), filepath.Join(back, name))
	}
	entries, err := os.ReadDir(back)
	if err != nil || len(entries) != len(names) {
		t.Errorf("mget brought %v, %v", entries, err)
	}
}

func (x *interop) refusals(t *testing.T) {
	to := filepath.Join(t.TempDir(), "never")
	x.client(t, 100, "get missing "+to)
	x.client(t, 100, "cd missing")
	x.client(t, 100, fmt.Sprintf("put %s missing/x", sourceFile(x.Work, 3)))
	if _, err := os.Lstat(to); !os.IsNotExist(err) {
		t.Errorf("a refused get left a file: %v", err)
	}
	x.run(t, 100, writePassword(t, "wrong"), "dir .")
	// A local failure is told to the server, and the session goes on.
	x.client(t, 72, fmt.Sprintf("put %s here;get here %s/missing/x;get here %s", sourceFile(x.Work, 100003), x.Work, to))
	x.equal(t, sourceFile(x.Work, 100003), to)
}

func writePassword(t *testing.T, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// client runs our client; it must end with status.
func (x *interop) client(t *testing.T, status int, script string, options ...string) (stdout string) {
	t.Helper()
	return x.run(t, status, x.password, script, options...)
}

func (x *interop) run(t *testing.T, status int, password, script string, options ...string) string {
	t.Helper()
	args := append([]string{
		"--protocol", "1", "-u", legacyUser, "--password-file", password,
		"-w", strconv.Itoa(legacyPort), "-r", "1", "-W", "-e", script,
	}, options...)
	cmd := exec.Command(filepath.Join(x.Programs, "bbftp"), append(args, "127.0.0.1")...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != status {
		t.Fatalf("%s: exit status %d, want %d\n%s%s", script, got, status, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// equal counts a transfer and whether it changed the file.
func (x *interop) equal(t *testing.T, want, got string) {
	t.Helper()
	x.transfers.Add(1)
	if a, b := hash(t, want), hash(t, got); a != b {
		x.inequalities.Add(1)
		t.Errorf("%s has SHA-256 %s, %s %s", want, a, got, b)
	}
}

func hash(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Error(err)
		return "of " + path
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		t.Error(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
