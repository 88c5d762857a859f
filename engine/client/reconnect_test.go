package client

import (
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestReconnect restores the remote directory before it goes on.
func TestReconnect(t *testing.T) {
	noLeaks(t)
	for op, do := range operations {
		if op == "chdir" || op == "put" || op == "get" {
			continue // their own tests
		}
		t.Run(op, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.login()
				p.wantPath(wire.MsgChdir, "data")
				p.reply(wire.MsgOK, "/srv/data")
				p.want(codes[op])
				p.hangup()
			}, func(p *peer) {
				p.login()
				p.wantPath(wire.MsgChdir, "/srv/data")
				p.hangup()
			}, func(p *peer) {
				p.login()
				p.wantPath(wire.MsgChdir, "/srv/data")
				p.reply(wire.MsgOK, "/srv/data")
				p.want(codes[op])
				p.reply(wire.MsgBadNoRetry, "enough")
			}), func(cfg *Config) { cfg.Tries = 3 })
			if _, err := c.Chdir(t.Context(), "data"); err != nil {
				t.Fatal(err)
			}
			fails[*RefusedError](t, do(t.Context(), c), "enough")
		})
	}
}

// TestDirectoryGone can't go back to its directory: nothing may run elsewhere.
func TestDirectoryGone(t *testing.T) {
	noLeaks(t)
	lost := func(p *peer) {
		p.login()
		p.wantPath(wire.MsgChdir, "/srv/data")
		p.reply(wire.MsgBadNoRetry, "Error changing directory /srv/data : No such file or directory ")
	}
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgChdir, "data")
		p.reply(wire.MsgOK, "/srv/data")
		p.wantPath(wire.MsgMkdir, "a")
		p.hangup()
	}, lost, lost), func(cfg *Config) { cfg.Tries = 3 })
	if _, err := c.Chdir(t.Context(), "data"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		fails[*RefusedError](t, c.Mkdir(t.Context(), name), "/srv/data")
	}
}

// TestFailedChdirKeepsDirectory returns to where the last good one led.
func TestFailedChdirKeepsDirectory(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgChdir, "data")
		p.reply(wire.MsgOK, "/srv/data")
		p.wantPath(wire.MsgChdir, "no")
		p.reply(wire.MsgBadNoRetry, "no")
		p.hangup()
	}, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgChdir, "/srv/data")
		p.reply(wire.MsgOK, "/srv/data")
		p.wantPath(wire.MsgMkdir, "a")
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Tries = 2 })
	if _, err := c.Chdir(t.Context(), "data"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Chdir(t.Context(), "no"); err == nil {
		t.Error("no error")
	}
	if err := c.Mkdir(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

// TestStaleLogin does not send its first command where the server has given up
// waiting for it.
func TestStaleLogin(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, (*peer).login, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgMkdir, "a")
		p.reply(wire.MsgOK, "OK")
		p.wantPath(wire.MsgMkdir, "b")
		p.reply(wire.MsgOK, "OK")
	}), nil)
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} { // only before the first does the age matter
		c.since = time.Now().Add(-2 * stale)
		if err := c.Mkdir(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
}
