package client

import (
	"errors"
	"testing"

	"bbftp/engine/wire"
)

// ask makes the client ask for the newest version.
func ask(cfg *Config) { cfg.Protocol = 0 }

// TestFallBack goes on in version 1, on the same connection, with a server
// that does not know the question.
func TestFallBack(t *testing.T) {
	noLeaks(t)
	for name, answer := range map[string]wire.Reply{
		"BAD":                {Kind: wire.MsgBad},
		"BAD with text":      {Kind: wire.MsgBad, Text: "Unknown message"},
		"NO_RETRY":           {Kind: wire.MsgBadNoRetry},
		"NO_RETRY with text": {Kind: wire.MsgBadNoRetry, Text: "Unkown message in logged state"},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.login()
				if m := p.want(wire.MsgProt).(wire.Signal); m.Len != 0 {
					p.fail("MSG_PROT announces %d bytes", m.Len)
				}
				p.send(answer)
				p.wantPath(wire.MsgMkdir, "d")
				p.reply(wire.MsgOK, "OK")
			}), ask)
			if err := c.Mkdir(t.Context(), "d"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestVersions picks the highest version in common; what tells the server so
// comes with the first command.
func TestVersions(t *testing.T) {
	noLeaks(t)
	for name, tt := range map[string]struct {
		min, max int32
		set      func(*Config)
		want     int32 // 0: none
	}{
		"legacy":              {1, 3, nil, 3},
		"no version 1":        {2, 3, nil, 3},
		"only 2":              {2, 2, nil, 2},
		"only 1":              {1, 1, nil, 1},
		"newer":               {3, 9, nil, 3},
		"too new":             {4, 9, nil, 0},
		"active":              {1, 3, func(cfg *Config) { cfg.Active = true }, 2},
		"active, only 3":      {3, 3, func(cfg *Config) { cfg.Active = true }, 0},
		"2 wanted":            {1, 3, func(cfg *Config) { cfg.Protocol = 2 }, 2},
		"2 wanted, active":    {1, 3, func(cfg *Config) { cfg.Protocol, cfg.Active = 2, true }, 2},
		"3 wanted":            {1, 3, func(cfg *Config) { cfg.Protocol = 3 }, 3},
		"3 wanted, 2 at most": {1, 2, func(cfg *Config) { cfg.Protocol = 3 }, 0},
		"2 wanted, only 1":    {1, 1, func(cfg *Config) { cfg.Protocol = 2 }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.login()
				p.want(wire.MsgProt)
				p.send(wire.ProtRange{Min: tt.min, Max: tt.max})
				if tt.want == 0 {
					if m := p.want(wire.MsgBadNoRetry).(wire.Reply); m.Text != "" {
						p.fail("refused with %q, want no text", m.Text)
					}
					return
				}
				if m := p.want(wire.MsgProtAns).(wire.ProtChoice); m.Version != tt.want {
					p.fail("version %d, want %d", m.Version, tt.want)
				}
				if tt.want == 1 {
					p.wantPath(wire.MsgMkdir, "d")
				} else if m := p.want(wire.MsgMkdirV2).(wire.PathCommand); m.Path != "d" {
					p.fail("mkdir %q", m.Path)
				}
				p.reply(wire.MsgOK, "OK")
				p.version = int(tt.want)
			}), func(cfg *Config) {
				ask(cfg)
				cfg.Tries = 3
				if tt.set != nil {
					tt.set(cfg)
				}
			})
			err := c.Mkdir(t.Context(), "d")
			if tt.want != 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.Is(err, ErrVersion) {
				t.Errorf("got %v, want ErrVersion", err)
			}
			says(t, err, "the server speaks version")
		})
	}
}

// TestFarewell ends a session with a word, even one without a command.
func TestFarewell(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.enter(3)
		p.want(wire.MsgCloseConn)
	}), ask)
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestOnlyVersion1 is no server for a client that wants another version.
func TestOnlyVersion1(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.want(wire.MsgProt)
		p.reply(wire.MsgBad, "Unknown message")
	}), func(cfg *Config) { cfg.Protocol, cfg.Tries = 3, 3 })
	err := c.Connect(t.Context())
	if !errors.Is(err, ErrVersion) {
		t.Errorf("got %v, want ErrVersion", err)
	}
	says(t, err, "the server speaks only version 1")
}

func TestNegotiationOutOfTurn(t *testing.T) {
	noLeaks(t)
	for name, answer := range map[string]func(*peer){
		"OK":            func(p *peer) { p.reply(wire.MsgOK, "") },
		"INFO":          func(p *peer) { p.reply(wire.MsgInfo, "") },
		"a size":        func(p *peer) { p.send(wire.RetrOK{}) },
		"no range":      func(p *peer) { p.send(wire.ProtRange{Min: 3, Max: 1}) },
		"version 0":     func(p *peer) { p.send(wire.ProtRange{Min: 0, Max: 3}) },
		"a long answer": func(p *peer) { p.send(wire.Reply{Kind: wire.MsgProtAns, Text: "abcdefghijkl"}) },
		"garbage":       func(p *peer) { p.raw([]byte("what do you mean?")) },
		"an end":        func(p *peer) { p.hangup() },
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.login()
				p.want(wire.MsgProt)
				answer(p)
			}), ask)
			fails[*BrokenError](t, c.Connect(t.Context()))
		})
	}
}

// TestServerWithoutVersion1 closes at the first command (wire.md 4). That is
// told, whatever the command is, and not tried again.
func TestServerWithoutVersion1(t *testing.T) {
	noLeaks(t)
	for name, ends := range map[string]func(*peer){
		"closed": func(p *peer) { p.hangup() },
		"reset":  func(p *peer) { p.conn.SetLinger(0); p.hangup() },
	} {
		for op, do := range operations {
			t.Run(name+"/"+op, func(t *testing.T) {
				c := dial(t, serve(t, func(p *peer) {
					p.login()
					if _, err := p.next(); err != nil {
						p.fail("no command: %v", err)
					}
					ends(p)
				}), func(cfg *Config) { cfg.Tries = 3 })
				write(t, c, "f", []byte("content"))
				err := do(t.Context(), c)
				if !errors.Is(err, ErrVersion) {
					t.Errorf("got %v, want ErrVersion", err)
				}
				says(t, err, "closed at the first command", "version 1")
				holds(t, c, "f", "content")
			})
		}
	}
}

// TestLostLater is no matter of versions: the server has answered before.
func TestLostLater(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgMkdir, "a")
		p.reply(wire.MsgOK, "OK")
		p.wantPath(wire.MsgMkdir, "b")
		p.hangup()
	}), nil)
	if err := c.Mkdir(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	err := c.Mkdir(t.Context(), "b")
	fails[*BrokenError](t, err)
	if errors.Is(err, ErrVersion) {
		t.Errorf("%v: the server has version 1", err)
	}
}

// TestPresumed lets a server of ours hear question, choice and command at once;
// where the answer is another one, the next try waits for it.
func TestPresumed(t *testing.T) {
	noLeaks(t)
	heard := func(p *peer, presumes bool, answer wire.ProtRange) {
		p.credentials(p.offer())
		p.reply(wire.MsgOK, "bbftpd version 4.0.0 : OK")
		p.want(wire.MsgProt)
		if presumes { // and does not wait for the answer
			p.want(wire.MsgProtAns)
			p.want(wire.MsgMkdirV2)
		}
		p.send(answer)
	}
	c := dial(t, serve(t, func(p *peer) {
		heard(p, true, wire.ProtRange{Min: 1, Max: 2})
	}, func(p *peer) {
		heard(p, false, wire.ProtRange{Min: 1, Max: 2})
		if m := p.want(wire.MsgProtAns).(wire.ProtChoice); m.Version != 2 {
			p.fail("version %d, want 2", m.Version)
		}
		p.want(wire.MsgMkdirV2)
		p.reply(wire.MsgOK, "OK")
		p.version = 2
	}), func(cfg *Config) {
		ask(cfg)
		cfg.Tries, cfg.RetryWait = 2, -1
	})
	if err := c.Mkdir(t.Context(), "d"); err != nil {
		t.Error(err)
	}
	c = dial(t, serve(t, func(p *peer) {
		heard(p, true, wire.ProtRange{Min: 1, Max: 3})
		p.reply(wire.MsgOK, "OK")
		p.version = 3
	}), ask)
	if err := c.Mkdir(t.Context(), "d"); err != nil {
		t.Error(err)
	}
}
