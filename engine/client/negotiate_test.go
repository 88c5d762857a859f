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

// TestNewerServer is refused with words a user can act upon.
func TestNewerServer(t *testing.T) {
	noLeaks(t)
	for _, versions := range []wire.ProtRange{{Min: 1, Max: 3}, {Min: 2, Max: 3}, {Min: 2, Max: 2}} {
		c := dial(t, serve(t, func(p *peer) {
			p.login()
			p.want(wire.MsgProt)
			p.send(versions)
			if m := p.want(wire.MsgBadNoRetry).(wire.Reply); m.Text != "" {
				p.fail("refused with %q, want no text", m.Text)
			}
		}), func(cfg *Config) { ask(cfg); cfg.Tries = 3 })
		err := c.Connect(t.Context())
		if !errors.Is(err, ErrVersion) {
			t.Errorf("got %v, want ErrVersion", err)
		}
		says(t, err, "no protocol version in common", "to "+string('0'+rune(versions.Max)), "--protocol 1")
	}
}

func TestNegotiationOutOfTurn(t *testing.T) {
	noLeaks(t)
	for name, answer := range map[string]func(*peer){
		"OK":      func(p *peer) { p.reply(wire.MsgOK, "") },
		"INFO":    func(p *peer) { p.reply(wire.MsgInfo, "") },
		"a size":  func(p *peer) { p.send(wire.RetrOK{}) },
		"garbage": func(p *peer) { p.raw([]byte("what do you mean?")) },
		"an end":  func(p *peer) { p.hangup() },
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
