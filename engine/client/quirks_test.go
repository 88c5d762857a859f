package client

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"bbftp/engine/wire"
)

const (
	greeting330 = "bbftpd version 3.3.0-11 : OK"
	greeting321 = "bbftpd version 3.2.1 : OK"
)

// touchy are the commands after whose refusal release 3.3.0 closes.
var touchy = map[string]struct {
	code wire.Code
	do   func(context.Context, *Client) error
}{
	"cd":    {wire.MsgChdirV2, func(ctx context.Context, c *Client) error { _, err := c.Chdir(ctx, "f"); return err }},
	"mkdir": {wire.MsgMkdirV2, func(ctx context.Context, c *Client) error { return c.Mkdir(ctx, "f") }},
	"rm":    {wire.MsgRm, func(ctx context.Context, c *Client) error { return c.Remove(ctx, "f") }},
}

// noPause fails the test if an operation is tried again.
func noPause(t *testing.T) func(*Config) {
	return func(cfg *Config) {
		cfg.Tries = 3
		cfg.OnRetry = func(_ time.Duration, err error) { t.Errorf("tried again after: %v", err) }
	}
}

// TestClosesAfterRefusal has release 3.3.0 close after a refused command, after
// mkdir with a second reply (wire.md 11.3, 11.4). The next command connects
// anew, without a pause, to where the client was.
func TestClosesAfterRefusal(t *testing.T) {
	noLeaks(t)
	for name, cmd := range touchy {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.greet(3, greeting330)
				p.wantCommand(wire.MsgChdirV2, "data")
				p.reply(wire.MsgOK, "/srv/data")
				p.wantCommand(cmd.code, "f")
				p.raw(append(wire.Reply{Kind: wire.MsgBadNoRetry, Text: "no"}.Append(nil),
					wire.Reply{Kind: wire.MsgOK, Text: "Directory 6V created"}.Append(nil)...))
				p.version = 0 // no farewell to the dead
			}, func(p *peer) {
				p.greet(3, greeting330)
				p.wantCommand(wire.MsgChdirV2, "/srv/data")
				p.reply(wire.MsgOK, "/srv/data")
				p.after()
			}), speaking(3, noPause(t)))
			if _, err := c.Chdir(t.Context(), "data"); err != nil {
				t.Fatal(err)
			}
			fails[*RefusedError](t, cmd.do(t.Context(), c), name+" f", "no")
			goesOn(t, c)
		})
	}
}

// TestKeptAfterRefusal stays on the connection of all other servers.
func TestKeptAfterRefusal(t *testing.T) {
	noLeaks(t)
	for name, cmd := range touchy {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.greet(3, greeting321)
				p.wantCommand(cmd.code, "f")
				p.reply(wire.MsgBadNoRetry, "no")
				p.after()
			}), speaking(3, noPause(t)))
			fails[*RefusedError](t, cmd.do(t.Context(), c), "no")
			goesOn(t, c)
		})
	}
}

// TestLostReply has the reset of a closing server destroy its refusal: the
// command has failed, and is tried again on a restored session.
func TestLostReply(t *testing.T) {
	noLeaks(t)
	for name, cmd := range touchy {
		for end, ends := range map[string]func(*peer){
			"closed": func(p *peer) { p.hangup() },
			"reset":  func(p *peer) { p.conn.SetLinger(0); p.hangup() },
		} {
			t.Run(name+"/"+end, func(t *testing.T) {
				c := dial(t, serve(t, func(p *peer) {
					p.greet(3, greeting330)
					p.wantCommand(wire.MsgChdirV2, "data")
					p.reply(wire.MsgOK, "/srv/data")
					p.wantCommand(cmd.code, "f")
					ends(p)
				}, func(p *peer) {
					p.greet(3, greeting330)
					p.wantCommand(wire.MsgChdirV2, "/srv/data")
					p.reply(wire.MsgOK, "/srv/data")
					p.wantCommand(cmd.code, "f")
					p.reply(wire.MsgBadNoRetry, "no")
					p.version = 0
				}), speaking(3, func(cfg *Config) { cfg.Tries = 3 }))
				if _, err := c.Chdir(t.Context(), "data"); err != nil {
					t.Fatal(err)
				}
				fails[*RefusedError](t, cmd.do(t.Context(), c), "no")
			})
		}
	}
}

// TestRestore begins each connection with umask, class and directory, in this
// order (wire.md 8.9).
func TestRestore(t *testing.T) {
	noLeaks(t)
	number := func(p *peer, code wire.Code, want int32) {
		p.Helper()
		if m := p.want(code).(wire.IntCommand); m.Value != want {
			p.fail("%v %d, want %d", code, m.Value, want)
		}
		p.reply(wire.MsgOK, "text of "+code.String())
	}
	newer(t, func(t *testing.T, version int) {
		var replies []string
		c := dial(t, serve(t, func(p *peer) {
			p.enter(version)
			if o := p.wantCommand(wire.MsgChdirV2, "data"); !o.Has(wire.OptRFIO) {
				p.fail("options %v", o)
			}
			p.reply(wire.MsgOK, "/srv/data")
			number(p, wire.MsgChcos, 7)
			number(p, wire.MsgChumask, 0o27)
			p.hangup()
		}, func(p *peer) {
			p.enter(version)
			number(p, wire.MsgChumask, 0o27)
			number(p, wire.MsgChcos, 7)
			if o := p.wantCommand(wire.MsgChdirV2, "/srv/data"); o.Has(wire.OptRFIO) {
				p.fail("options %v", o)
			}
			p.reply(wire.MsgOK, "/srv/data")
			p.after()
		}), speaking(version, func(cfg *Config) {
			noPause(t)(cfg)
			cfg.MassStorage = true
			cfg.OnReply = func(text string) { replies = append(replies, text) }
		}))
		if _, err := c.Chdir(t.Context(), "data"); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.SetRemoteClass(t.Context(), 7), c.SetRemoteUmask(t.Context(), 0o27)); err != nil {
			t.Fatal(err)
		}
		gone(t, c)
		goesOn(t, c)
		if want := []string{"text of MSG_CHCOS", "text of MSG_CHUMASK"}; !slices.Equal(replies, want) {
			t.Errorf("told of %q", replies)
		}
	})
}

// gone waits until the client has noticed that the server has closed.
func gone(t *testing.T, c *Client) {
	t.Helper()
	settle(t, "idle connections", 0, func() int {
		c.look()
		if c.ctl == nil {
			return 0
		}
		return 1
	})
}

// TestClosedMeanwhile costs the next command a connection but no pause: legacy
// servers close after 900 s without a command (wire.md 5, 11.8).
func TestClosedMeanwhile(t *testing.T) {
	noLeaks(t)
	for name, ends := range map[string]func(*peer){
		"closed":          func(p *peer) { p.hangup() },
		"with words":      func(p *peer) { p.reply(wire.MsgBad, "Interrupted by signal"); p.hangup() },
		"out of step":     func(p *peer) { p.reply(wire.MsgOK, "OK"); p.version = 0 },
		"half a message":  func(p *peer) { p.raw([]byte{0, 0, 0}); p.hangup() },
		"an unknown code": func(p *peer) { p.raw([]byte("what do you mean?")); p.version = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.enter(3)
				p.after()
				ends(p)
			}, func(p *peer) {
				p.enter(3)
				p.after()
			}), speaking(3, noPause(t)))
			goesOn(t, c)
			gone(t, c)
			goesOn(t, c)
		})
	}
}

// TestInterrupted has a server announce its end in the middle of a transfer.
func TestInterrupted(t *testing.T) {
	noLeaks(t)
	content := noise(1000)
	c := dial(t, serve(t, func(p *peer) {
		p.enter(3)
		_, streams := p.granted(wire.MsgStoreV2, "f", 0)
		p.reply(wire.MsgBad, "Interrupted by signal")
		p.hangup()
		p.closed(streams[0])
	}, func(p *peer) {
		p.enter(3)
		m, streams := p.granted(wire.MsgStoreV2, "f", 0)
		p.collect(streams, m.Size)
		p.acknowledge(streams)
		p.reply(wire.MsgOK, "OK")
	}), speaking(3, func(cfg *Config) { cfg.Tries, cfg.Waits.Settle = 3, time.Minute }))
	write(t, c, "f", content)
	if _, err := c.Put(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
}
