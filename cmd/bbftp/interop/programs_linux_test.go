package interop

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is one of the programs that take part.
type program struct {
	path    string
	version string // as -v says
	release string
	legacy  bool
}

func (p program) name() string {
	if p.legacy {
		return p.release
	}
	return "our"
}

// versionPattern finds the release in what -v prints.
var versionPattern = regexp.MustCompile(`(?m)^bbftpd? version (\S+)`)

func inspect(t *testing.T, path string, legacy bool) program {
	t.Helper()
	out, err := exec.Command(path, "-v").Output()
	match := versionPattern.FindSubmatch(out)
	if err != nil || match == nil {
		t.Fatalf("%s -v: %v, %q", path, err, out)
	}
	// What follows the hyphen tells packagings of one release apart.
	release, _, _ := strings.Cut(string(match[1]), "-")
	return program{path, string(match[0]), release, legacy}
}

type client struct{ program }

func findClients(t *testing.T, a *arena) []client {
	all := []client{{inspect(t, filepath.Join(a.Programs, "bbftp"), false)}}
	for _, path := range legacy(t, clientEnv) {
		all = append(all, client{inspect(t, path, true)})
	}
	return all
}

// errand is what a client is asked to do.
type errand struct {
	port, version, streams int
	gzip                   bool
	script                 string
	password               string // file of another than the right one, for our client
}

// command makes the command line. Each run has one try: a retry would hide a
// failure, and cost 30 s.
func (a *arena) command(c client, e errand) *exec.Cmd {
	args := []string{"-r", "1", "-m", "-u", account, "-w", strconv.Itoa(e.port), "-p", strconv.Itoa(e.streams), "-e", e.script}
	if e.gzip {
		args = append(args, "-c")
	}
	if c.legacy {
		args = append(args, "-R", "none")
		if e.version == 2 {
			args = append(args, "-D")
		}
	} else {
		args = append(args, "--protocol", strconv.Itoa(e.version), "--password-file", cmp.Or(e.password, a.password))
	}
	cmd := exec.Command(c.path, append(args, "127.0.0.1")...)
	cmd.Dir = a.Work
	cmd.Env = append(os.Environ(), "HOME="+a.Work) // nobody's start-up file
	// Without a terminal the legacy client reads the password from here. The
	// session of its own also makes one process group of it and its children.
	cmd.Stdin = strings.NewReader(accountPassword + "\n")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// finish runs a command, which has a session of its own, to its end, at the
// latest after so long. It writes to files: a legacy client's children may
// outlive it, and would hold pipes open. They are ended.
func finish(cmd *exec.Cmd, limit time.Duration) (stdout, stderr string, err error) {
	dir, err := os.MkdirTemp("", "said")
	if err != nil {
		return "", "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	out, outErr := os.Create(filepath.Join(dir, "out"))
	errs, errsErr := os.Create(filepath.Join(dir, "err"))
	if err := errors.Join(outErr, errsErr); err != nil {
		return "", "", err
	}
	defer func() { _ = out.Close() }()
	defer func() { _ = errs.Close() }()
	cmd.Stdout, cmd.Stderr = out, errs
	if err := cmd.Start(); err != nil {
		return "", "", err
	}
	end := func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	overdue := time.AfterFunc(limit, end)
	err = cmd.Wait()
	if !overdue.Stop() {
		err = fmt.Errorf("no end after %v", limit)
	}
	end()
	said, outErr := os.ReadFile(out.Name())
	complained, errsErr := os.ReadFile(errs.Name())
	return string(said), string(complained), errors.Join(err, outErr, errsErr)
}

// server is a release; different builds of it may serve different versions.
type server struct {
	program
	ports [3]int // by version - 1; 0: not served
	log   string // file; empty: it keeps none
}

func (s server) port(version int) int { return s.ports[version-1] }

// agreement matches a line of a server's log that tells a session's version.
var agreement = regexp.MustCompile(`(?m)msg="version agreed on".* version=(\d)$|Using bbftp protocol version (\d)`)

// spoken counts the sessions of each version in the server's log. Legacy
// servers call version 1 version 0.
func (s server) spoken(t *testing.T) map[string]int {
	t.Helper()
	sessions := map[string]int{}
	for _, match := range agreement.FindAllStringSubmatch(read(t, s.log), -1) {
		sessions[match[1]+match[2]]++
	}
	return sessions
}

// is321 tells that it is the release whose faults others have to allow for.
func (s server) is321() bool { return s.legacy && s.release == "3.2.1" }

// firstPort is that of the first server. Servers of version 1 and 2 send data
// from the port below.
const firstPort = 5021

func startServers(t *testing.T, a *arena) []server {
	ours := filepath.Join(a.Programs, "bbftpd")
	startOurs(t, a, ours, firstPort)
	servers := []server{{inspect(t, ours, false), [3]int{firstPort, firstPort, firstPort}, a.ourLog()}}
	probe := client{program{path: filepath.Join(a.Programs, "bbftp")}}
	for i, path := range legacy(t, serverEnv) {
		p, port := inspect(t, path, true), firstPort+10*(i+1)
		log := startLegacy(t, a, path, port)
		at := slices.IndexFunc(servers, func(s server) bool { return s.program.release == p.release && s.legacy })
		if at < 0 {
			at = len(servers)
			servers = append(servers, server{p, [3]int{0, port, port}, log})
		}
		if servers[at].ports[0] == 0 {
			// Only an attempt tells whether version 1 was compiled in.
			_, _, err := finish(a.command(probe, errand{port: port, version: 1, streams: 1, script: "dir ."}), time.Minute)
			if err == nil {
				servers[at].ports[0] = port
			}
		}
	}
	return servers
}

// startLegacy starts a legacy server. It listens before it leaves its parent.
func startLegacy(t *testing.T, a *arena, path string, port int) (log string) {
	t.Helper()
	log = filepath.Join(a.Work, fmt.Sprintf("log%d", port))
	out, err := exec.Command(path, "-b", "-R", "none", "-w", strconv.Itoa(port), "-L", log, "-l", "INFORMATION").CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", path, err, out)
	}
	// A session writes to it as its user. Releases before 3.3.0 don't know -L.
	if err := os.Chmod(log, 0o666); err != nil {
		return ""
	}
	return log
}

func (a *arena) ourLog() string { return filepath.Join(a.Work, "log") }

// startOurs starts our server and waits until it serves.
func startOurs(t *testing.T, a *arena, path string, port int) {
	users := filepath.Join(a.Work, "users")
	passwd := exec.Command(path, "passwd", users, account)
	passwd.Stdin = strings.NewReader(accountPassword + "\n")
	if out, err := passwd.CombinedOutput(); err != nil {
		t.Fatalf("bbftpd passwd: %v\n%s", err, out)
	}
	log, err := os.Create(a.ourLog())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(path, "--users", users, "--root", a.home(), "--run-as", account,
		"-w", strconv.Itoa(port), "--bind", "127.0.0.1")
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if !t.Failed() {
			return // the refusals asked for are of no interest
		}
		for line := range strings.Lines(read(t, log.Name())) {
			if !strings.Contains(line, "level=INFO") {
				t.Logf("our server: %s", line)
			}
		}
	})
	for deadline := time.Now().Add(time.Minute); !strings.Contains(read(t, log.Name()), "msg=serving"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("our server does not serve:\n%s", read(t, log.Name()))
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

func writePassword(t *testing.T, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// until reads lines until one holds text.
func until(from io.Reader, text string) error {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return nil
		}
	}
	return fmt.Errorf("no line with %q: %v", text, lines.Err())
}
