package privsep

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bbftp/cmd/internal/programtest"
	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/auth/system"
	"bbftp/engine/client"
	"bbftp/engine/server"
	"bbftp/engine/trust"
)

func TestMain(m *testing.M) {
	// Whatever it was: others run this program, in directories that the tests make.
	syscall.Umask(0o022)
	if os.Getenv(partVariable) != "" && os.Getenv(raceVariable) == "" {
		env := append(os.Environ(), raceVariable+"="+raceOptions)
		fmt.Fprintln(os.Stderr, syscall.Exec("/proc/self/exe", os.Args, env))
		os.Exit(1)
	}
	if handled, err := Child(); handled {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(monitorVariable); dir != "" {
		if err := monitorProcess(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(machineVariable); dir != "" {
		fmt.Fprintln(os.Stderr, machineProcess(dir, os.Args[1:]))
		os.Exit(1)
	}
	if err := os.Chmod("/proc/self/exe", 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(m.Run())
}

// A race detector has every process sleep for a second at its end, unless told before
// its beginning.
const (
	raceVariable = "GORACE"
	raceOptions  = "atexit_sleep_ms=0"
)

// Users of the tests. They need no entry anywhere: the kernel knows numbers.
const (
	aliceID, bobID, staffID = 40001, 40002, 40100
	password                = "open sesame"
)

// people are accounts with the same password.
type people map[string]system.User

func (p people) Login(_ context.Context, c auth.Credentials) (system.User, error) {
	user, secret, readable := c.Reveal()
	if u, ok := p[user]; ok && readable && string(secret) == password {
		return u, nil
	}
	return system.User{}, auth.ErrDenied
}

func (p people) Authenticate(ctx context.Context, c auth.Credentials) (auth.Account, error) {
	u, err := p.Login(ctx, c)
	return u.Account, err
}

func (p people) Lookup(name string) (system.User, error) {
	if u, ok := p[name]; ok {
		return u, nil
	}
	return system.User{}, system.ErrUnknown
}

// house makes homes for alice, who is of the staff, and bob, below dir.
func house(dir string) (people, error) {
	dir, err := filepath.EvalSymlinks(dir) // as proc(5) names what is open
	if err != nil {
		return nil, err
	}
	// The directories of a test are its user's alone.
	for d := dir; len(d) > len(os.TempDir()); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			return nil, err
		}
	}
	p := people{}
	for name, id := range map[string]uint32{"alice": aliceID, "bob": bobID} {
		home := filepath.Join(dir, name)
		if err := os.Mkdir(home, 0o700); err != nil {
			return nil, err
		}
		if err := os.Chown(home, int(id), int(id)); err != nil {
			return nil, err
		}
		u := system.User{Account: auth.Account{Name: name, Dir: home}, UID: id, GID: id, Groups: []uint32{id}, Home: home}
		if name == "alice" {
			u.Groups = append(u.Groups, staffID)
		}
		p[name] = u
	}
	return p, nil
}

// book keeps audit records.
type book struct {
	mu      sync.Mutex
	records []audit.Record // guarded by mu
}

func (b *book) Record(r audit.Record) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = append(b.records, r)
}

// await waits for a record.
func (b *book) await(t *testing.T, what string, is func(audit.Record) bool) audit.Record {
	t.Helper()
	var found audit.Record
	until(t, "record of "+what, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		i := slices.IndexFunc(b.records, is)
		if i >= 0 {
			found = b.records[i]
		}
		return i >= 0
	})
	return found
}

// paper is where a log goes.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// waiting bounds every wait for what must come. It only decides how long a failing test
// takes.
const waiting = 2 * time.Minute

// until waits for what must come.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(waiting); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// host is a monitor that serves.
type host struct {
	*Monitor
	t      *testing.T
	dir    string
	users  people
	addr   *net.TCPAddr
	book   *book
	log    *paper
	gate   *admission.Gate
	end    context.CancelFunc
	served chan error
}

// open starts a monitor, with its users' homes below a directory of the test.
func open(t *testing.T, change func(*Config)) *host {
	t.Helper()
	root(t)
	h := &host{t: t, dir: t.TempDir(), book: new(book), log: new(paper), served: make(chan error, 1)}
	var err error
	if h.users, err = house(h.dir); err != nil {
		t.Fatal(err)
	}
	h.gate = admission.New(admission.Limits{FailureDelay: -1})
	cfg := Config{
		Accounts: h.users, Gate: h.gate, Audit: h.book, RunAs: "nobody",
		Log:      slog.New(slog.NewTextHandler(h.log, nil)),
		Settings: Settings{Server: server.Config{Version: "test", Umask: 0o22}},
	}
	if change != nil {
		change(&cfg)
	}
	h.gate = cfg.Gate
	if h.Monitor, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = l.Addr().(*net.TCPAddr)
	ctx, cancel := context.WithCancel(context.Background())
	h.end = cancel
	go func() { h.served <- h.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		select {
		case <-h.drained:
		case <-time.After(waiting):
			t.Error("the monitor does not end")
		}
		if left := children(t); len(left) > 0 {
			t.Errorf("processes left: %v", left)
		}
		if t.Failed() {
			t.Log(h.log)
		}
	})
	return h
}

func root(t testing.TB) {
	t.Helper()
	switch {
	case os.Geteuid() == 0:
		programtest.Passable(t)
	case os.Getenv("CI") == "true":
		t.Fatal("needs root: processes become other users")
	default:
		t.Skip("needs root: processes become other users")
	}
}

// client makes a client of a user, not connected yet.
func (h *host) client(user, password string, change func(*client.Config)) *client.Client {
	h.t.Helper()
	cfg := client.Config{Host: "127.0.0.1", Port: uint16(h.addr.Port), User: user, Password: password, Tries: 1, LocalDir: h.dir}
	if change != nil {
		change(&cfg)
	}
	c, err := client.New(cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = c.Close() })
	return c
}

// login is a client of a user who is let in, and has said something: otherwise its session
// ends after 10 s (wire.md 5).
func (h *host) login(user string, change func(*client.Config)) *client.Client {
	h.t.Helper()
	c := h.client(user, password, change)
	if err := c.Connect(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	if _, err := c.Chdir(h.t.Context(), "."); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// write makes a file with text in it, of a user and readable for some.
func (h *host) write(path, text string, uid, gid int, mode os.FileMode) string {
	h.t.Helper()
	path = filepath.Join(h.dir, path)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// offer has the server offer TLS, and is what the client has to know of it.
func offer(t *testing.T, cfg *Config) *trust.Policy {
	t.Helper()
	id, err := trust.LoadIdentity(filepath.Join(t.TempDir(), "key"), "")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Identity = id
	return &trust.Policy{Fingerprint: id.Fingerprint(), Require: true}
}

// child is a process of the monitor.
type child struct {
	pid    int
	part   string
	status map[string]string // of proc(5)
}

// children are those of this process that are of a monitor.
func children(t *testing.T) []child { return childrenOf(t, os.Getpid()) }

// doors are those of them that wait for a login.
func doors(t *testing.T) []child {
	t.Helper()
	return slices.DeleteFunc(children(t), func(c child) bool { return c.part != partDoor })
}

func childrenOf(t *testing.T, parent int) []child {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var all []child
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		status, err := os.ReadFile(filepath.Join("/proc", e.Name(), "status"))
		if err != nil {
			continue // ended meanwhile
		}
		c := child{pid: pid, status: make(map[string]string)}
		for line := range strings.Lines(string(status)) {
			key, value, _ := strings.Cut(line, ":")
			c.status[key] = strings.Join(strings.Fields(value), " ")
		}
		if c.status["PPid"] != strconv.Itoa(parent) {
			continue
		}
		args, _ := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if name, ok := strings.CutPrefix(strings.TrimRight(string(args), "\x00"), "bbftpd: "); ok {
			c.part = name
			all = append(all, c)
		}
	}
	return all
}

// only waits until there is one process of a part, and returns it.
func only(t *testing.T, part string) child {
	t.Helper()
	return onlyOf(t, os.Getpid(), part)
}

func onlyOf(t *testing.T, parent int, part string) (one child) {
	t.Helper()
	until(t, "one "+part, func() bool {
		all := slices.DeleteFunc(childrenOf(t, parent), func(c child) bool { return c.part != part })
		if len(all) == 1 {
			one = all[0]
		}
		return len(all) == 1
	})
	return one
}

// gone waits for the end of a process.
func gone(t *testing.T, pid int) {
	t.Helper()
	until(t, fmt.Sprintf("end of process %d", pid), func() bool {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return true
		}
		_, state, _ := strings.Cut(string(stat), ") ")
		return strings.HasPrefix(state, "Z") // of a monitor that is no more: init's
	})
}

// files is what a process has open, by descriptor.
func (c child) files(t *testing.T) map[string]string {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", c.pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	open := make(map[string]string)
	for _, e := range entries {
		if open[e.Name()], err = os.Readlink(filepath.Join(dir, e.Name())); err != nil {
			delete(open, e.Name())
		}
	}
	return open
}

// knock connects and waits for the greeting.
func (h *host) knock() net.Conn {
	h.t.Helper()
	conn, err := h.greeted()
	if err != nil {
		h.t.Fatal(err)
	}
	return conn
}

// greeted is knock where no greeting may come.
func (h *host) greeted() (net.Conn, error) {
	h.t.Helper()
	conn, err := net.DialTCP("tcp", nil, h.addr)
	if err != nil {
		return nil, err
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(waiting))
	_, err = io.ReadFull(conn, make([]byte, 8))
	return conn, err
}
