package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// guarded is a server that listens, and what its records say.
type guarded struct {
	*v2Server
	address string
	records *records
	cut     func()     // ends it
	served  chan error // Serve's
}

// records keeps them all.
type records struct {
	mu  sync.Mutex
	all []audit.Record // guarded by mu
}

func (r *records) Record(one audit.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
}

// await waits for n records of an event, and returns them.
func (r *records) await(t testing.TB, event audit.Event, n int) (found []audit.Record) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		found = found[:0]
		r.mu.Lock()
		for _, one := range r.all {
			if one.Event == event {
				found = append(found, one)
			}
		}
		r.mu.Unlock()
		if len(found) >= n {
			return found
		}
		if time.Now().After(end) {
			t.Fatalf("%d records %s, want %d: %+v", len(found), event, n, found)
		}
	}
}

// guard serves clients on loopback until the test ends.
func guard(t testing.TB, set func(*Config)) *guarded {
	t.Helper()
	g := &guarded{records: new(records), served: make(chan error, 1)}
	g.v2Server = newV2Server(t, func(c *Config) {
		c.Audit = g.records
		if set != nil {
			set(c)
		}
	})
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.address = l.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	g.cut = cancel
	done := make(chan struct{})
	go func() { defer close(done); g.served <- g.Serve(ctx, l) }()
	t.Cleanup(func() { cancel(); <-done })
	return g
}

// ended is what Serve returned, which it must before long.
func (g *guarded) ended(t testing.TB) error {
	t.Helper()
	select {
	case err := <-g.served:
		return err
	case <-time.After(patience):
		t.Fatalf("still serving: %+v", g.gate.Counts())
		return nil
	}
}

// come connects from an address of this machine.
func (g *guarded) come(t testing.TB, from string) *v2Client {
	t.Helper()
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 0))}
	conn, err := d.DialContext(t.Context(), "tcp4", g.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &v2Client{t: t, in: conn, out: conn, conn: conn}
}

// session is one of bbuser, from this host.
func (g *guarded) session(t testing.TB, version int32) *v2Client {
	t.Helper()
	return loginOver(t, g.come(t, "127.0.0.1").out.(net.Conn), version)
}

// greeted reads MSG_CRYPT.
func (c *v2Client) greeted() {
	c.t.Helper()
	if _, ok := c.read().(wire.Crypt); !ok {
		c.t.Fatal("the server does not begin with MSG_CRYPT")
	}
}

// claim logs in by clear text, whatever becomes of it.
func (c *v2Client) claim(user, password string) {
	c.t.Helper()
	c.greeted()
	m, err := wire.NewClearLog(user, password)
	if err != nil {
		c.t.Fatal(err)
	}
	c.send(m)
}

// crashing panics at every login of "crash".
type crashing struct{ auth.Authenticator }

func (a crashing) Authenticate(ctx context.Context, c auth.Credentials) (auth.Account, error) {
	if c.User() == "crash" {
		panic("crash")
	}
	return a.Authenticator.Authenticate(ctx, c)
}

// TestCrash ends one connection only, and leaves no place taken.
func TestCrash(t *testing.T) {
	g := guard(t, func(c *Config) { c.Accounts = crashing{c.Accounts} })
	c := g.session(t, 2)
	bad := g.come(t, "127.0.0.1")
	bad.claim("crash", "secret")
	if _, err := bad.tryRead(); err == nil {
		t.Error("a session that crashed answers")
	}
	_ = bad.out.(io.Closer).Close() // the server need not wait for that
	r := g.records.await(t, audit.Login, 2)[1]
	if r.Outcome != audit.Failed || r.Reason != reasonCrash || r.User != "crash" {
		t.Errorf("recorded %+v", r)
	}
	c.alive()
	g.session(t, 2).alive()
	for end := time.Now().Add(patience); g.gate.Counts().LoggingIn > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("places stay taken: %+v", g.gate.Counts())
		}
	}
}

// TestServeFails says why, and ends the sessions that there are.
func TestServeFails(t *testing.T) {
	s := newV2Server(t, nil)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context(), l) }()
	conn, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := &v2Client{t: t, in: conn, out: conn, conn: conn}
	c.greeted()
	l.Close()
	if err := <-served; !errors.Is(err, net.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
	c.closed()
}
