package server

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/control"
	"bbftp/engine/wire"
)

// v2Server is a server of this process and the directory its sessions see. It
// listens nowhere.
type v2Server struct {
	*Server
	root string
	log  *logBuffer
}

// anyone lets in who knows the name.
type anyone struct{ dir string }

func (a anyone) Authenticate(_ context.Context, c auth.Credentials) (auth.Account, error) {
	if c.User() != "bbuser" {
		return auth.Account{}, auth.ErrDenied
	}
	return auth.Account{Name: c.User(), Dir: a.dir, MassStorage: "/"}, nil
}

// newV2Server makes a server whose waits are the defaults unless set changes them.
func newV2Server(t testing.TB, set func(*Config)) *v2Server {
	t.Helper()
	log, root := new(logBuffer), t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil { // past the umask
		t.Fatal(err)
	}
	cfg := Config{
		Accounts: anyone{root}, AllowClear: true, Version: recordedVersion, Umask: 0o022,
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if set != nil {
		set(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's log:\n%s", log.take())
		}
	})
	return &v2Server{s, root, log}
}

func (s *v2Server) write(t testing.TB, name, content string, mode fs.FileMode) {
	t.Helper()
	file := filepath.Join(s.root, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o600), os.Chmod(file, mode)); err != nil {
		t.Fatal(err)
	}
}

// holds compares a file of the sessions' directory.
func (s *v2Server) holds(t testing.TB, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(filepath.Join(s.root, name)); err != nil || string(got) != want {
		t.Errorf("%s has %d bytes (%v), want %d: %.80q", name, len(got), err, len(want), got)
	}
}

// names lists the sessions' directory, temporary files and all.
func (s *v2Server) names(t testing.TB) (names []string) {
	t.Helper()
	err := filepath.WalkDir(s.root, func(name string, _ fs.DirEntry, err error) error {
		if name != s.root {
			names = append(names, strings.TrimPrefix(name, s.root+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func (s *v2Server) wantNames(t testing.TB, want ...string) {
	t.Helper()
	if got := s.names(t); !slices.Equal(got, want) {
		t.Errorf("the directory has %q, want %q", got, want)
	}
}

// begin serves a client that is logged in. The session must end with the test.
func (s *v2Server) begin(t testing.TB, conn net.Conn) {
	t.Helper()
	account := auth.Account{Name: "bbuser", Dir: s.root, MassStorage: "/"}
	service := s.current.Load()
	tree, home, err := service.open(account)
	if err != nil {
		t.Fatal(err)
	}
	visit, err := s.gate.Enter(control.AddrPort(conn.RemoteAddr()).Addr(), func() {})
	if err == nil {
		err = visit.Admit(account.Name, 0, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		defer visit.Leave()
		defer func() { _ = tree.Close() }()
		ctl := control.New(conn, wire.Client, service.limits())
		defer context.AfterFunc(ctx, func() { _ = ctl.Close() })()
		defer func() { _ = ctl.Hangup() }()
		log := service.log.With("client", conn.RemoteAddr().String())
		service.run(ctx, &session{
			server: service, ctl: ctl, log: log, number: visit.Number(), account: account, quota: visit, tree: tree, dir: home, oldest: 1,
		})
	}()
}

// settles waits until no session is left.
func (s *v2Server) settles(t testing.TB) {
	t.Helper()
	for end := time.Now().Add(patience); s.gate.Counts().Sessions > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("sessions stay: %+v", s.gate.Counts())
		}
	}
}

// closedPorts waits until the server does not listen on ports any more: what a client
// did that is not answered takes its time.
func closedPorts(t testing.TB, ports wire.Ports) {
	t.Helper()
	end := time.Now().Add(patience)
	for _, port := range ports {
		for ; listens(t, port); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("port %d is still open", port)
			}
		}
	}
}

// loopback is a control connection nobody talks over.
func (s *v2Server) loopback(t testing.TB) *control.Conn {
	_, far := tcpPair(t)
	return control.New(far, wire.Client, control.Limits{})
}
