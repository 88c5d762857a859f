package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	mrand "math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/client"
	"bbftp/engine/server"
	"bbftp/engine/storage"
)

func TestMain(m *testing.M) {
	syscall.Umask(0o022) // whatever the caller's
	os.Exit(m.Run())
}

// host is a server of this process and the directory its users see as "/".
type host struct {
	port   uint16
	root   string
	gate   *admission.Gate
	server *server.Server
	cfg    server.Config
	stop   func() // ends the server and waits for its sessions
}

// anyone lets everybody in: who may is the matter of package auth.
type anyone struct{}

func (anyone) Authenticate(_ context.Context, c auth.Credentials) (auth.Account, error) {
	if c.User() == "" {
		return auth.Account{}, auth.ErrDenied
	}
	return auth.Account{Name: c.User()}, nil
}

// serve starts a server that runs until the test ends. set may change its
// configuration.
func serve(t testing.TB, set func(*server.Config)) *host {
	t.Helper()
	h := &host{root: t.TempDir()}
	cfg := server.Config{
		Accounts: anyone{},
		Root:     h.root,
		Storage:  storage.Limits{Reserve: storage.NoReserve},
		Version:  "4.0.0",
	}
	if set != nil {
		set(&cfg)
	}
	if cfg.Gate == nil {
		cfg.Gate = admission.New(admission.Limits{FailureDelay: -1})
	}
	h.root, h.gate, h.cfg = cfg.Root, cfg.Gate, cfg
	s, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	h.server = s
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.port = uint16(ln.Addr().(*net.TCPAddr).Port)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	t.Cleanup(h.stop)
	return h
}

// hurry changes how long the logins of those that come now may take; 0 is the default.
func (h *host) hurry(t testing.TB, login time.Duration) {
	t.Helper()
	h.cfg.Waits.Login = login
	if err := h.server.Reconfigure(h.cfg); err != nil {
		t.Fatal(err)
	}
}

// refusing is a port that refuses connections, and that nobody else gets: it is
// taken, but not listened on.
func refusing(t testing.TB) uint16 {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Error(err)
		runtime.Goexit()
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	syscall.CloseOnExec(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Error(err)
		runtime.Goexit()
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Error(err)
		runtime.Goexit()
	}
	return uint16(at.(*syscall.SockaddrInet4).Port)
}

// sessions is how many connections the server has.
func (h *host) sessions() int {
	c := h.gate.Counts()
	return c.LoggingIn + c.Sessions
}

// settle waits until the server has no more than n connections.
func (h *host) settle(t testing.TB, n int) {
	t.Helper()
	for range 3000 {
		if h.sessions() <= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d connections, want %d", h.sessions(), n)
}

// dial makes a client that tries once and waits for nothing it need not wait
// for, unless set says otherwise. Its local directory is fresh.
func dial(t testing.TB, port uint16, set func(*client.Config)) (c *client.Client, dir string) {
	t.Helper()
	cfg := client.Config{
		Host: "127.0.0.1", Port: port, User: "alice", Password: rand.Text(),
		Tries:    1,
		LocalDir: t.TempDir(),
		Settings: client.Settings{Waits: client.Waits{Settle: time.Nanosecond}},
	}
	if set != nil {
		set(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, cfg.LocalDir
}

// noise returns n bytes in which every misplaced byte shows.
func noise(n int) []byte {
	b := make([]byte, n)
	if _, err := mrand.NewChaCha8([32]byte{1}).Read(b); err != nil {
		panic(err) // documented never to happen
	}
	return b
}

// waves returns n bytes like those of a detector: they deflate, but not to
// nothing, and differ from block to block.
func waves(n int) []byte {
	b := make([]byte, n)
	r := mrand.New(mrand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(100*math.Sin(float64(i)/100)) & 0xf0
		if i%50 == 0 {
			b[i] += byte(r.IntN(16))
		}
	}
	return b
}

func write(t testing.TB, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// holds checks that dir has exactly these files, by name and content in turn.
func holds(t testing.TB, dir string, files ...string) {
	t.Helper()
	want := map[string]string{}
	for i := 0; i < len(files); i += 2 {
		want[files[i]] = files[i+1]
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, wanted := want[e.Name()]
		delete(want, e.Name())
		if !wanted {
			t.Errorf("left behind: %s", e.Name())
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != content {
			t.Errorf("%s holds %d bytes other than the %d expected", e.Name(), len(got), len(content))
		}
	}
	for name := range want {
		t.Errorf("%s is missing", name)
	}
}

// usage is how many goroutines and descriptors this process has.
type usage struct{ goroutines, files int }

func use(t testing.TB) usage {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return usage{runtime.NumGoroutine(), len(names)}
}

// back waits for the use to fall to what it was: who has done his work needs a
// moment to go.
func (u usage) back(t testing.TB) {
	t.Helper()
	var now usage
	for range 3000 {
		if now = use(t); now.goroutines <= u.goroutines && now.files <= u.files {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Errorf("%+v left, had %+v\n%s", now, u, stacks)
}

// noLeaks checks, when everything else of the test is cleaned up, that the use
// is what it was. Call it first.
func noLeaks(t testing.TB) {
	t.Helper()
	// The first socket brings the runtime's poller, which stays.
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close()
	}
	before := use(t)
	t.Cleanup(func() { before.back(t) })
}

// needRoot skips a test, but not where tests are meant to be complete.
func needRoot(t testing.TB, why string) {
	t.Helper()
	switch {
	case os.Geteuid() == 0:
	case os.Getenv("CI") == "true":
		t.Fatalf("needs root %s", why)
	default:
		t.Skipf("needs root %s", why)
	}
}
