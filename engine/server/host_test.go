package server

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// The servers under test run in a process of their own, without privilege
// where the tests have it: the permissions of files mean nothing to root.
const hostVariable = "BBFTP_TEST_SERVER_HOST"

func TestMain(m *testing.M) {
	if users := os.Getenv(hostVariable); users != "" {
		if err := runHost(os.Stdin, os.Stdout, users); err != nil {
			fmt.Fprintln(os.Stderr, "server host:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
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
	Clear bool
	Umask fs.FileMode
	Waits Waits
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
		Root   string // the tree of the sessions to come; "": report on those that were
	}
	report struct {
		Port uint16
		Log  []byte // of the server since the last report
		Err  string
	}
)

// runHost obeys orders until their end.
func runHost(in io.Reader, out io.Writer, users string) error {
	accounts, err := auth.LoadUsers(users)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	running := make(map[serverConfig]*hosted)
	from, to := gob.NewDecoder(in), gob.NewEncoder(out)
	for {
		var o order
		switch err := from.Decode(&o); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		h, known := running[o.Config]
		if !known {
			if h, err = newHosted(o.Config, accounts); err != nil {
				if err := to.Encode(report{Err: err.Error()}); err != nil {
					return err
				}
				continue
			}
			running[o.Config] = h
			serving.Go(func() { h.failed <- h.server.Serve(ctx, h.listener) })
			if err := h.warmUp(); err != nil {
				return err
			}
		}
		r := report{Port: uint16(h.listener.Addr().(*net.TCPAddr).Port)}
		if o.Root != "" {
			h.root, h.before = o.Root, usage()
		} else {
			r.Err, r.Log = h.settle(), h.log.take()
		}
		if err := to.Encode(r); err != nil {
			return err
		}
	}
}

// hosted is a server with a tree that changes between sessions.
type hosted struct {
	server   *Server
	listener net.Listener
	root     string // set only while no session begins
	before   use    // of the process before the present session
	log      logBuffer
	failed   chan error
}

func newHosted(c serverConfig, accounts *auth.Users) (*hosted, error) {
	h := &hosted{failed: make(chan error, 1)}
	cfg := Config{
		Accounts:   accounts,
		AllowClear: c.Clear,
		Umask:      c.Umask,
		Version:    recordedVersion,
		Waits:      c.Waits,
		Log:        slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if c.Tape != "" {
		store, err := storage.OpenStore("/tape="+c.Tape, storage.Limits{})
		if err != nil {
			return nil, err
		}
		cfg.MassStorage = storage.NewMassStorage(storage.MassConfig{Stores: []storage.Store{store}, OpenLimit: c.TapeLimit})
	}
	var err error
	if h.server, err = New(cfg); err != nil {
		return nil, err
	}
	h.server.open = func(auth.Account) (*storage.Tree, string, error) {
		tree, err := storage.Open(h.root, storage.Limits{})
		return tree, home, err
	}
	h.listener, err = listenPair()
	return h, err
}

// listenPair listens on a port whose lower neighbour, where data streams come
// from, is free and stays so: Linux gives away the ports from 32768 on, and
// other runs of these tests listen on even ones, too.
func listenPair() (net.Listener, error) {
	for {
		port := 10000 + 2*rand.IntN(10000)
		below, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port-1))
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err := below.Close(); err != nil {
			return nil, err
		}
		if err == nil {
			return l, nil
		}
	}
}

// warmUp lets the server start what it keeps.
func (h *hosted) warmUp() error {
	conn, err := net.Dial("tcp4", h.listener.Addr().String())
	if err != nil {
		return err
	}
	if _, err := io.ReadFull(conn, make([]byte, wire.HeaderSize)); err != nil {
		return err
	}
	if err := conn.Close(); err != nil {
		return err
	}
	h.before = use{math.MaxInt, math.MaxInt}
	if text := h.settle(); text != "" {
		return errors.New(text)
	}
	return nil
}

// settle waits until every session is gone with all it had.
func (h *hosted) settle() string {
	var now use
	for range 10_000 {
		select {
		case err := <-h.failed:
			return fmt.Sprintf("the server ended: %v", err)
		default:
		}
		now = usage()
		if len(h.server.places) == 0 && now.files <= h.before.files && now.goroutines <= h.before.goroutines {
			return ""
		}
		time.Sleep(time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	return fmt.Sprintf("%d sessions stay, %+v before, %+v now:\n%s",
		len(h.server.places), h.before, now, stacks[:runtime.Stack(stacks, true)])
}

// use is what a leak would add to.
type use struct{ files, goroutines int }

func usage() use {
	names, _ := os.ReadDir("/proc/self/fd") // where the system tells
	return use{len(names), runtime.NumGoroutine()}
}

type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) take() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return bytes.Clone(l.b.Bytes())
}

// host is the tests' end of the process with the servers.
type host struct {
	to   *gob.Encoder
	from *gob.Decoder
	uid  int             // whose files sessions are to find, -1 for ours
	used map[uint16]bool // ports of players
}

// nobody is the user that servers run as where we may choose.
const nobody = 65534

// newHost starts the process. It must end well, and does so with the test.
func newHost(t *testing.T) *host {
	t.Helper()
	file := filepath.Join(openDir(t), "users")
	if err := os.WriteFile(file, []byte(users), 0o644); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := &host{uid: -1, used: make(map[uint16]bool)}
	cmd := exec.Command(self)
	if os.Geteuid() == 0 {
		h.uid = nobody
		// By this name because the program may lie where nobody may look for it.
		cmd.Path = "/proc/self/exe"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	cmd.Env = append(os.Environ(), hostVariable+"="+file)
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the servers' process: %v", err)
	}
	h.to, h.from = gob.NewEncoder(in), gob.NewDecoder(out)
	t.Cleanup(func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil { // a data race ends it with an error, too
			t.Errorf("the servers' process: %v", err)
		}
	})
	return h
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
