package server

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

const greeted = "bbftpd version " + recordedVersion + " : "

// TestRefusedConnections are told why; who is in does not notice.
func TestRefusedConnections(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits admission.Limits
		from   string
		text   string
	}{
		{"full", admission.Limits{Sessions: 1}, "127.0.0.2", "Too many sessions"},
		{"address", admission.Limits{PerAddress: 1}, "127.0.0.1", "Too many sessions from this address"},
		{"network", admission.Limits{Deny: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/31")}}, "127.0.0.3", "Address not allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := guard(t, func(c *Config) { c.Gate = admission.New(tt.limits) })
			running := g.session(t, 2)
			running.request(wish(wire.MsgStoreV2, 6, 0, 1), "file")
			conns := running.open(running.agreed(), false)
			var all []*v2Client
			for range 20 {
				all = append(all, g.come(t, tt.from))
			}
			for _, c := range all {
				c.bad(greeted + tt.text)
				c.closed()
			}
			running.put(conns, "abcdef", nil)
			running.ok("OK")
			running.alive()
			g.holds(t, "file", "abcdef")
			for _, r := range g.records.await(t, audit.Refused, 20) {
				if r.Outcome != audit.Denied || !strings.EqualFold(r.Reason, tt.text) || r.Client.Addr().String() != tt.from {
					t.Errorf("recorded %+v", r)
				}
			}
		})
	}
}

// TestSilentMakesWay has clients of one address take all places and say nothing.
func TestSilentMakesWay(t *testing.T) {
	g := guard(t, func(c *Config) { c.Gate = admission.New(admission.Limits{Sessions: 3}) })
	running := g.session(t, 2)
	var silent [2]*v2Client
	for i := range silent { // one after the other: the first waits longest
		silent[i] = g.come(t, "127.0.0.2")
		silent[i].greeted()
	}
	c := g.come(t, "127.0.0.3")
	c.claim("bbuser", "secret")
	c.ok(greeted + "OK")
	running.alive()
	if c := g.gate.Counts(); c.Evicted != 1 {
		t.Errorf("%+v", c)
	}
	for _, r := range g.records.await(t, audit.Login, 3) {
		made := r.Client.Addr().String() == "127.0.0.2"
		if made != (r.Reason == reasonEvicted) {
			t.Errorf("recorded %+v", r)
		}
		if made {
			silent[r.Session-2].closed()
		}
	}
}

// TestUserFull answers a right password that there is no session for.
func TestUserFull(t *testing.T) {
	g := guard(t, func(c *Config) { c.Gate = admission.New(admission.Limits{PerUser: 1}) })
	running := g.session(t, 2)
	c := g.come(t, "127.0.0.1")
	c.claim("bbuser", "secret")
	c.bad(greeted + "Too many sessions of this user")
	c.closed()
	running.alive()
	r := g.records.await(t, audit.Login, 2)[1]
	if r.Outcome != audit.Denied || r.Reason != "Too many sessions of this user" || r.User != "bbuser" {
		t.Errorf("recorded %+v", r)
	}
}

// TestWrongLogin waits the longer, the more there were; a right login does not.
func TestWrongLogin(t *testing.T) {
	const delay = 50 * time.Millisecond
	g := guard(t, func(c *Config) { c.Gate = admission.New(admission.Limits{FailureDelay: delay}) })
	began := time.Now()
	long := strings.Repeat("x", 120)
	for i, user := range []string{"nobody", "\xff\n", long} {
		c := g.come(t, "127.0.0.1")
		c.greeted()
		began := time.Now()
		m, err := wire.NewClearLog("bbuser", "secret")
		if err != nil {
			t.Fatal(err)
		}
		clear(m.User[:])
		copy(m.User[:], user)
		c.send(m)
		c.never("Incorrect password")
		if took := time.Since(began); took < delay<<i {
			t.Errorf("login %d answered after %v, want %v", i+1, took, delay<<i)
		}
		c.closed()
	}
	g.session(t, 2).alive()
	if took := time.Since(began); took > patience {
		t.Errorf("took %v", took)
	}
	for _, r := range g.records.await(t, audit.Login, 4)[:3] {
		if r.Outcome != audit.Denied || r.Reason != reasonDenied || len(r.User) > maxUser+len("…") || r.Session == 0 {
			t.Errorf("recorded %+v", r)
		}
	}
	if log := string(g.log.take()); strings.Contains(log, "secret") || strings.Contains(log, long) {
		t.Errorf("the log has too much:\n%s", log)
	}
}

// TestStreamsLimit refuses a transfer, for now, when others have all data streams.
func TestStreamsLimit(t *testing.T) {
	for version := int32(1); version <= 3; version++ {
		g := guard(t, func(c *Config) { c.Gate = admission.New(admission.Limits{Streams: 4}) })
		g.write(t, "source", strings.Repeat("x", 1<<20), 0o644)
		first, c := g.session(t, 3), g.session(t, version)
		first.request(wish(wire.MsgStoreV2, 6, 0, 9), "file") // gets as many as there are
		if a := first.agreed(); a.Streams != 4 {
			t.Fatalf("%d streams granted, want 4", a.Streams)
		}
		const text = "Too many data streams"
		if version == 1 {
			c.send(v1Request(wire.MsgStore, "other", 6, 1))
			c.bad(text)
			c.send(v1Request(wire.MsgRetr, "source", 0, 1))
			c.bad(text)
			c.send(v1Request(wire.MsgStore, "other", 6, 5))
			c.never(text + " for this account or server")
		} else {
			for _, kind := range []wire.Code{wire.MsgStoreV2, wire.MsgRetrV2} {
				c.request(wish(kind, 6, 0, 2), "source")
				c.bad(text)
			}
			c.alive()
		}
		first.send(wire.Signal{Kind: wire.MsgAbort}) // not answered, and gives them back
		first.alive()
		if version > 1 {
			c.request(wish(wire.MsgRetrV2, 0, 0, 2), "source")
			if a := c.agreed(); a.Streams != 2 {
				t.Errorf("%d streams granted, want 2", a.Streams)
			}
		}
		for _, r := range g.records.await(t, audit.File, 3) {
			switch denied := r.Outcome == audit.Denied && strings.HasPrefix(r.Reason, text); {
			case r.Session == 1: // declined
			case !denied:
				t.Errorf("recorded %+v", r)
			}
		}
	}
}

// v1Request is one of version 1, with ports that nobody listens on.
func v1Request(kind wire.Code, name string, size int64, streams int) wire.FileRequest {
	r, err := wire.NewFileRequest(kind, name, size, netip.Addr{}, slices.Repeat([]uint16{1024}, streams))
	if err != nil {
		panic(err) // of no request of these tests
	}
	return r
}

// TestReadOnly changes nothing, for one account or for all.
func TestReadOnly(t *testing.T) {
	for _, whole := range []bool{false, true} {
		g := guard(t, func(c *Config) {
			c.ReadOnly = whole
			if !whole {
				c.Accounts = reader{c.Accounts}
			}
		})
		g.write(t, "file", "before", 0o644)
		c := g.session(t, 2)
		c.request(wish(wire.MsgStoreV2, 6, 0, 1), "file")
		c.never("Error creation file file : Read-only file system ")
		c.request(wish(wire.MsgStoreV2, 0, wire.OptTmp|wire.OptDir, 1), "a/new")
		c.never("Error creation file a/new : Read-only file system ")
		c.path(wire.MsgMkdirV2, 0, "dir")
		c.never("Error creation directory dir (Read-only file system)")
		c.path(wire.MsgRm, 0, "file")
		c.never("Unable to delete file")
		c.send(wire.IntCommand{Kind: wire.MsgChumask, Value: 0})
		c.ok("umask changed from 0022 to 0000")
		c.request(wish(wire.MsgRetrV2, 0, 0, 1), "file")
		c.agreed()
		g.wantNames(t, "file")
		g.holds(t, "file", "before")
		for _, r := range append(g.records.await(t, audit.File, 3)[:3], g.records.await(t, audit.Change, 1)...) {
			if r.Outcome != audit.Denied || r.Reason != "Read-only file system" {
				t.Errorf("recorded %+v", r)
			}
		}
	}
}

// reader has accounts that may not write.
type reader struct{ auth.Authenticator }

func (a reader) Authenticate(ctx context.Context, c auth.Credentials) (auth.Account, error) {
	account, err := a.Authenticator.Authenticate(ctx, c)
	account.ReadOnly = true
	return account, err
}
