package server

import (
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// TestDrain lets a transfer finish, and nothing begin.
func TestDrain(t *testing.T) {
	for version := int32(2); version <= 3; version++ {
		g := guard(t, nil)
		g.write(t, "source", "what there was", 0o644)
		idle, busy, fresh := g.session(t, 2), g.session(t, version), g.come(t, "127.0.0.1")
		fresh.greeted()
		choosing := g.session(t, 0)
		choosing.send(wire.Signal{Kind: wire.MsgProt})
		choosing.read()
		idle.alive() // is past the choice of a version
		busy.request(wish(wire.MsgStoreV2, 6, 0, 2), "file")
		conns := busy.open(busy.agreed(), false)
		g.Drain()
		idle.closed()
		fresh.closed()
		choosing.closed()
		busy.put(conns, "abcdef", nil)
		busy.ok("OK")
		busy.closed()
		_ = busy.out.(io.Closer).Close() // the server need not wait for that
		if err := g.ended(t); err != nil {
			t.Error(err)
		}
		g.holds(t, "file", "abcdef")
		for _, r := range g.records.await(t, audit.Session, 3) {
			if r.Outcome != audit.Failed || r.Reason != reasonStopping {
				t.Errorf("recorded %+v", r)
			}
		}
		g.Drain() // again: nothing
	}
}

// TestDrainCut ends what does not end by itself.
func TestDrainCut(t *testing.T) {
	g := guard(t, nil)
	busy := g.session(t, 3)
	busy.request(wish(wire.MsgStoreV2, 6, 0, 1), "file")
	busy.open(busy.agreed(), false)
	g.Drain()
	select {
	case err := <-g.served:
		t.Fatalf("ended with %v while a file is under way", err)
	case <-time.After(20 * time.Millisecond):
	}
	g.cut()
	if err := g.ended(t); err != nil {
		t.Error(err)
	}
	g.wantNames(t)
}

// TestDrainUnmet ends the wait for a client of a remote shell.
func TestDrainUnmet(t *testing.T) {
	for _, shell := range []Shell{{}, {Exchange: true, Address: netip.MustParseAddr("127.0.0.1")}} {
		s := newV2Server(t, nil)
		c, ended := s.shell(t, shell)
		c.read()
		s.Drain()
		c.closed()
		if err := within(t, ended); !errors.Is(err, errDraining) {
			t.Errorf("ended with %v", err)
		}
	}
}

// TestDrainHandedOver ends a session that is served alone as well.
func TestDrainHandedOver(t *testing.T) {
	s := newV2Server(t, nil)
	near, far := tcpPair(t)
	served := make(chan error, 1)
	go func() { served <- s.ServeConn(t.Context(), far) }()
	c := loginOver(t, near, 2)
	c.alive()
	s.Drain()
	c.closed()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestReconfigure concerns the sessions to come.
func TestReconfigure(t *testing.T) {
	g := guard(t, nil)
	granted := func(c *v2Client) int32 {
		t.Helper()
		c.request(wish(wire.MsgStoreV2, 1<<20, 0, 9), "file")
		n := c.agreed().Streams
		c.send(wire.Signal{Kind: wire.MsgAbort})
		c.alive()
		return n
	}
	before := g.session(t, 3)
	cfg := g.current.Load().cfg
	cfg.MaxStreams = 2
	if err := g.Reconfigure(cfg); err != nil {
		t.Fatal(err)
	}
	after := g.session(t, 3)
	if a, b := granted(before), granted(after); a != 9 || b != 2 {
		t.Errorf("%d streams before, %d after, want 9 and 2", a, b)
	}
	cfg.MaxStreams = -1
	if err := g.Reconfigure(cfg); err == nil {
		t.Error("an impossible configuration is taken")
	}
	cfg.MaxStreams, cfg.Accounts = 1, nil
	if err := g.Reconfigure(cfg); err == nil {
		t.Error("a configuration without accounts is taken")
	}
	if n := granted(g.session(t, 3)); n != 2 {
		t.Errorf("%d streams after the failure, want 2", n)
	}
	if c := g.gate.Counts(); c.Sessions != 3 {
		t.Errorf("the gate has %+v", c)
	}
}

// TestRates: one limit a user, for as long as he has a session.
func TestRates(t *testing.T) {
	u := newUserRates()
	s := newV2Server(t, nil)
	account := auth.Account{Name: "bbuser", Rate: 1 << 20}
	_, leave := u.join(account, s.limiter)
	_, leave2 := u.join(account, s.limiter)
	if len(u.users) != 1 || u.users["bbuser"].sessions != 2 {
		t.Errorf("limits %v", u.users)
	}
	if limit, _ := u.join(auth.Account{Name: "other"}, s.limiter); limit != s.limiter {
		t.Error("an account without a rate has a limit of its own")
	}
	leave()
	leave2()
	if len(u.users) != 0 {
		t.Errorf("limits stay: %v", u.users)
	}
}
