package faults

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/server"
	"bbftp/engine/storage"
	"bbftp/engine/trust"
)

// ground is what is walked over.
type ground struct {
	to           netip.AddrPort
	root         string
	user, pass   string
	log          func() string
	alive        func() error
	idle         func() bool // all sessions have ended
	use          func() use
	memoryAtPeak func() (int64, error)
	fresh        func() error
}

// use is what a server holds while nobody is there.
type use struct{ goroutines, descriptors int }

// grounds are a server in this process, where goroutines can be counted, and the
// real program.
var grounds = map[string]func(*testing.T, *world) *ground{"library": library, "program": program}

func library(t *testing.T, w *world) *ground {
	base := w.mkdir(t, "library")
	root := filepath.Join(base, "root")
	if err := os.Mkdir(root, 0o777); err != nil {
		t.Fatal(err)
	}
	identity, err := trust.LoadIdentity(filepath.Join(base, "key"), "")
	if err != nil {
		t.Fatal(err)
	}
	offered, err := identity.Config()
	if err != nil {
		t.Fatal(err)
	}
	log := &output{}
	s, err := server.New(server.Config{
		TLS: offered, Gate: admission.New(admission.Limits{FailureDelay: -1}),
		Accounts: anyone{}, Root: root, Storage: storage.Limits{Reserve: storage.NoReserve}, Version: "4.0.0", Waits: shortWaits,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	to := netip.MustParseAddrPort(ln.Addr().String())
	return &ground{
		to: to, root: root, user: account, pass: password,
		log:   log.String,
		alive: func() error { return crashed(log.String()) },
		idle:  func() bool { return ended(log.String()) },
		use: func() use {
			names, _ := os.ReadDir("/proc/self/fd")
			return use{runtime.NumGoroutine(), len(names)}
		},
		memoryAtPeak: heapAtPeak(t),
		fresh:        func() error { return freshTo(t, w, to) },
	}
}

func program(t *testing.T, w *world) *ground {
	base := w.mkdir(t, "program")
	root := filepath.Join(base, "root")
	if err := os.Mkdir(root, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(root, 0o777); err != nil {
		t.Fatal(err)
	}
	s, err := w.serve(loopback(), root, 1, "--tls-key", filepath.Join(base, "key"), "--login-delay", "0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	return &ground{
		to: s.address, root: root, user: account, pass: password,
		log: s.log,
		alive: func() error {
			if !s.alive() {
				return fmt.Errorf("the daemon has ended: %s", s.log())
			}
			return crashed(s.log())
		},
		idle: s.idle,
		use: func() use {
			n, _ := s.descriptors()
			return use{descriptors: n}
		},
		memoryAtPeak: func() (int64, error) { return s.memory("VmHWM") },
		fresh:        func() error { return freshTo(t, w, s.address) },
	}
}

// heapAtPeak samples this process, the walkers in it too, from now on.
func heapAtPeak(t *testing.T) func() (int64, error) {
	var peak atomic.Int64
	done := make(chan struct{})
	var sampling sync.WaitGroup
	sampling.Go(func() {
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), int64(m.HeapInuse+m.StackInuse)))
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	t.Cleanup(func() { close(done); sampling.Wait() })
	return func() (int64, error) { return peak.Load(), nil }
}

// anyone lets everybody in: who may is another matter.
type anyone struct{}

func (anyone) Authenticate(_ context.Context, c auth.Credentials) (auth.Account, error) {
	if c.User() != account {
		return auth.Account{}, auth.ErrDenied
	}
	return auth.Account{Name: c.User()}, nil
}

// shortWaits are those of a server whose clients are no friends.
var shortWaits = server.Waits{
	Login: 2 * time.Second, First: time.Second, Command: time.Second, Start: time.Second, Filename: time.Second, StoreStart: time.Second,
	List: time.Second, Connect: 500 * time.Millisecond, Idle: time.Second, Ack: time.Second, Receive: time.Second, Send: time.Second,
}

func freshTo(t *testing.T, w *world, to netip.AddrPort) error {
	r := &row{version: 3}
	return (&scene{row: r, world: w, t: t}).fresh(&bbftpd{address: to})
}

// crashed finds a panic in a log.
func crashed(log string) error {
	for line := range strings.Lines(log) {
		if strings.Contains(line, "crashed") || strings.Contains(line, "panic") || strings.HasPrefix(line, "goroutine ") {
			return fmt.Errorf("the log tells of a crash: %s", line)
		}
	}
	return nil
}
