package server

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"bbftp/netio"
)

// The servers under test run in a process of their own, without privilege
// where the tests have it: the permissions of files mean nothing to root. It is
// one for all tests, since each server makes keys for its clients.
const hostVariable = "BBFTP_TEST_SERVER_HOST"

func TestMain(m *testing.M) {
	syscall.Umask(recordedUmask) // whatever the caller's
	if os.Getenv(hostVariable) != "" {
		if err := runHost(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "server host:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if err := theHost.end(); err != nil { // a data race ends it with an error, too
		fmt.Fprintln(os.Stderr, "the servers' process:", err)
		code = 1
	}
	os.Exit(code)
}

// The recorded servers' version and umask.
const (
	recordedVersion = "3.3.0-11"
	recordedUmask   = 0o022
)

// Places that every session's tree has.
const (
	home      = "/home/bbuser"
	forbidden = "/mnt/forbidden"
)

// serverConfig is what the tests vary of a [Config]. Equal ones share a server.
type serverConfig struct {
	Clear         bool
	AnySourcePort bool
	DataPorts     netio.PortRange
	MaxStreams    int
	Umask         fs.FileMode
	Waits         Waits
	// Tape is a directory of the machine to serve as mass storage below /tape,
	// and TapeLimit its time limit.
	Tape      string
	TapeLimit time.Duration
}

// users are the accounts of every server. All have the password "secret",
// hashed as cheaply as the format allows.
const (
	hashed = "$argon2id$v=19$m=8,t=1,p=1$c2Vzc2lvbnM$HZd8gEGD/Cw7Dd0wib7/aQ"
	users  = "bbuser:" + hashed + "::mass-storage\n" +
		"noarchive:" + hashed + ":\n" +
		"partly:" + hashed + "::mass-storage=/tape/part\n"
)

// order is a request to the host; report its answer.
type (
	order struct {
		Config serverConfig
		Root   string     // the tree of the sessions to come; "": report on those that were
		Shell  shellOrder // serve one session there, unless it is zero
	}
	report struct {
		Port uint16
		Log  []byte // of the server since the last report
		Err  string
	}
)

// host is the tests' end of the process with the servers.
type host struct {
	process *exec.Cmd // nil: not started
	in      io.Closer // its end
	to      *gob.Encoder
	from    *gob.Decoder
	uid     int             // whose files sessions are to find, -1 for ours
	used    map[uint16]bool // ports of players
}

// theHost is there from the first test on that asks for it.
var theHost host

// nobody is the user that servers run as where we may choose.
const nobody = 65534

// servers is the process, which the first test that wants it starts.
func servers(t *testing.T) *host {
	t.Helper()
	if theHost.process == nil {
		if err := theHost.start(); err != nil {
			t.Fatalf("start the servers' process: %v", err)
		}
	}
	return &theHost
}

func (h *host) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	h.uid, h.used = -1, make(map[uint16]bool)
	if os.Geteuid() == 0 {
		h.uid = nobody
		// By this name because the program may lie where nobody may look for it.
		cmd.Path = "/proc/self/exe"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	cmd.Env = append(os.Environ(), hostVariable+"=1", "TZ=UTC") // the recorded servers' zone
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	file, err := openUsers()
	if err != nil {
		return err
	}
	defer file.Close()
	cmd.ExtraFiles = []*os.File{file}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	h.process, h.in, h.to, h.from = cmd, in, gob.NewEncoder(in), gob.NewDecoder(out)
	return nil
}

// usersFile is where the process finds openUsers.
const usersFile = "/dev/fd/3"

// openUsers is the file of the accounts, which has lost its name already.
func openUsers() (*os.File, error) {
	file, err := os.CreateTemp("", "bbftp-users-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	if _, err := file.WriteString(users); err != nil {
		return nil, err
	}
	return file, file.Chmod(0o644)
}

// end waits until the process has ended, for which its input must.
func (h *host) end() error {
	if h.process == nil {
		return nil
	}
	return errors.Join(h.in.Close(), h.process.Wait())
}

func (h *host) ask(t *testing.T, o order) report {
	t.Helper()
	var r report
	if err := errors.Join(h.to.Encode(o), h.from.Decode(&r)); err != nil {
		t.Fatalf("the servers' process: %v", err)
	}
	return r
}

// openDir is a temporary directory that others may enter.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for d := filepath.Dir(filepath.Dir(dir)); os.Geteuid() == 0; d = filepath.Dir(d) {
		if info, err := os.Stat(d); err != nil || info.Mode()&0o001 == 0 {
			t.Fatalf("%s (%v, %v) is closed to the servers, which run as another user: choose another TMPDIR", d, info.Mode(), err)
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	return dir
}

// newRoot makes a tree with the places of every session, owned by the
// servers' user.
func (h *host) newRoot(t *testing.T) string {
	t.Helper()
	root := openDir(t)
	for _, dir := range []string{home, forbidden} {
		if err := os.MkdirAll(root+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.own(t, root)
	if err := os.Chmod(root+forbidden, 0o555); err != nil {
		t.Fatal(err)
	}
	return root
}

// own gives what is in dir to the servers' user.
func (h *host) own(t *testing.T, dir string) {
	t.Helper()
	if h.uid < 0 {
		return
	}
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(name, h.uid, h.uid))
	})
	if err != nil {
		t.Fatal(err)
	}
}
