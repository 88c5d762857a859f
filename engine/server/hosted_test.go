package server

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// runHost obeys orders until their end.
func runHost(in io.Reader, out io.Writer) error {
	accounts, err := auth.LoadUsers(usersFile)
	if err != nil {
		return err
	}
	key, err := makeKey()
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
			if h, err = newHosted(o.Config, accounts, key); err != nil {
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
		r := report{Port: h.listener.port()}
		if o.Root != "" {
			h.root, h.before = o.Root, usage()
			if err := h.serveShell(ctx, &serving, o.Shell); err != nil {
				r.Err = err.Error()
			}
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
	gate     *admission.Gate
	listener *pair
	root     string // set only while no session begins
	before   use    // of the process before the present session
	log      logBuffer
	failed   chan error
}

// onceMade is a login key, of which each connection has a copy: making them would take
// most of the tests' time.
type onceMade []byte

func makeKey() (onceMade, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	key, err := auth.NewKeyPool(ctx, 1).TakeOwn(ctx)
	if err != nil {
		return nil, err
	}
	return key.Marshal()
}

// Take implements auth.Keys.
func (k onceMade) Take(context.Context) (*auth.Key, error) { return auth.ParseKey(k) }

func newHosted(c serverConfig, accounts *auth.Users, key auth.Keys) (*hosted, error) {
	h := &hosted{failed: make(chan error, 1), gate: admission.New(admission.Limits{FailureDelay: -1})}
	cfg := Config{
		Accounts:      accounts,
		Gate:          h.gate,
		AllowClear:    c.Clear,
		AnySourcePort: c.AnySourcePort,
		DataPorts:     c.DataPorts,
		MaxStreams:    c.MaxStreams,
		Umask:         c.Umask,
		Version:       recordedVersion,
		Waits:         c.Waits,
		Log:           slog.New(slog.NewTextHandler(&h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
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
	h.server.keys = func(context.Context) auth.Keys { return key }
	h.server.current.Load().open = func(auth.Account) (*storage.Tree, string, error) {
		tree, err := storage.Open(h.root, storage.Limits{})
		return tree, home, err
	}
	h.listener, err = listenPair()
	return h, err
}

// serveShell serves the session of o, if there is one.
func (h *hosted) serveShell(ctx context.Context, serving *sync.WaitGroup, o shellOrder) error {
	if o.Kind == noShell {
		return nil
	}
	in, out, err := o.open()
	if err != nil {
		return err
	}
	port := h.listener.port()
	serving.Go(func() {
		err := h.server.ServeShell(ctx, Shell{
			In: in, Out: out, Account: auth.Account{Name: "bbuser", Dir: h.root + clientDir}, Port: port,
			Exchange: o.Kind == shellTells, Address: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
		})
		if err != nil {
			h.server.current.Load().log.Error("session over pipes", "error", err)
		}
	})
	return nil
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
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		select {
		case err := <-h.failed:
			return fmt.Sprintf("the server ended: %v", err)
		default:
		}
		now = usage()
		if h.visitors() == 0 && now.files <= h.before.files && now.goroutines <= h.before.goroutines {
			return ""
		}
	}
	stacks := make([]byte, 1<<20)
	return fmt.Sprintf("%d sessions stay, %+v before, %+v now:\n%s",
		h.visitors(), h.before, now, stacks[:runtime.Stack(stacks, true)])
}

// visitors counts the connections.
func (h *hosted) visitors() int {
	c := h.gate.Counts()
	return c.LoggingIn + c.Sessions
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
