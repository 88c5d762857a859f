package client

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

func TestLogin(t *testing.T) {
	noLeaks(t)
	for _, tt := range []struct {
		name   string
		script script
		says   string
	}{
		{"as usual", (*peer).login, greeting},
		{"without a text", func(p *peer) {
			p.credentials(p.offer())
			p.reply(wire.MsgOK, "")
		}, ""},
		{"with a warning", func(p *peer) { // wire.md 11.2
			p.credentials(p.offer())
			p.reply(wire.MsgWarn, "your home is somewhere else")
		}, "your home is somewhere else"},
		{"with more ways offered", func(p *peer) {
			key, err := loginKey()
			if err != nil {
				p.fail("%v", err)
			}
			offer := wire.NewCrypt(key.N, key.E)
			offer.Type = 3
			p.send(offer)
			p.credentials(key)
			p.reply(wire.MsgOK, greeting)
		}, greeting},
	} {
		t.Run(tt.name, func(t *testing.T) {
			greeted := []string{}
			c := dial(t, serve(t, tt.script), func(cfg *Config) {
				cfg.OnLogin = func(text string) { greeted = append(greeted, text) }
			})
			if err := c.Connect(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := c.Connect(t.Context()); err != nil { // already is
				t.Error(err)
			}
			if len(greeted) != 1 || greeted[0] != tt.says {
				t.Errorf("greeted with %q, want %q once", greeted, tt.says)
			}
		})
	}
}

// TestBadKey has the server offer keys under which no password may travel: the
// client closes, says why, does not try again, and has sent nothing.
func TestBadKey(t *testing.T) {
	noLeaks(t)
	key, err := loginKey()
	if err != nil {
		t.Fatal(err)
	}
	odd := func(bits uint) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(3), bits-2)
		return n.Add(n, big.NewInt(1))
	}
	good := wire.NewCrypt(key.N, 65537)
	garbled := good.Append(nil)
	garbled[wire.HeaderSize+12] = 1 // the modulus claims 16 MiB

	for _, tt := range []struct {
		name  string
		offer []byte
	}{
		{"no encryption", wire.Crypt{Type: wire.CryptNone, Modulus: good.Modulus, Exponent: good.Exponent}.Append(nil)},
		{"unknown encryption", wire.Crypt{Type: 1, Modulus: good.Modulus, Exponent: good.Exponent}.Append(nil)},
		{"2048 bits", wire.NewCrypt(odd(2048), 65537).Append(nil)},
		{"1025 bits", wire.NewCrypt(odd(1025), 65537).Append(nil)},
		{"1023 bits", wire.NewCrypt(odd(1023), 65537).Append(nil)},
		{"512 bits", wire.NewCrypt(odd(512), 65537).Append(nil)},
		{"even modulus", wire.NewCrypt(new(big.Int).Sub(odd(1024), big.NewInt(1)), 65537).Append(nil)},
		{"no modulus", wire.Crypt{Type: wire.CryptRSA, Exponent: good.Exponent}.Append(nil)},
		{"no exponent", wire.Crypt{Type: wire.CryptRSA, Modulus: good.Modulus}.Append(nil)},
		{"exponent 0", wire.Crypt{Type: wire.CryptRSA, Modulus: good.Modulus, Exponent: []byte{0}}.Append(nil)},
		{"exponent 1", wire.NewCrypt(key.N, 1).Append(nil)},
		{"exponent 2", wire.NewCrypt(key.N, 2).Append(nil)},
		{"exponent 65536", wire.NewCrypt(key.N, 65536).Append(nil)},
		{"exponent 2^32+1", wire.Crypt{Type: wire.CryptRSA, Modulus: good.Modulus, Exponent: []byte{1, 0, 0, 0, 1}}.Append(nil)},
		{"numbers that contradict their lengths", garbled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) { p.raw(tt.offer) }), func(cfg *Config) { cfg.Tries = 3 })
			err := c.Connect(t.Context())
			fails[*LoginError](t, err, "login")
		})
	}
}

// TestUnsendableLogin never shows the server what does not fit.
func TestUnsendableLogin(t *testing.T) {
	noLeaks(t)
	long := strings.Repeat("x", 87)
	for name, set := range map[string]func(*Config){
		"long user":         func(cfg *Config) { cfg.User = long },
		"long password":     func(cfg *Config) { cfg.Password = long },
		"empty password":    func(cfg *Config) { cfg.Password = "" },
		"NUL in the name":   func(cfg *Config) { cfg.User = "a\x00b" },
		"NUL in clear text": func(cfg *Config) { cfg.ClearText, cfg.Password = true, "a\x00b" },
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) { p.offer() }), func(cfg *Config) { cfg.Tries = 3; set(cfg) })
			fails[*LoginError](t, c.Connect(t.Context()))
		})
	}
}

// TestLoginRefused retries what a retry may mend, with a new connection.
func TestLoginRefused(t *testing.T) {
	noLeaks(t)
	answer := func(m wire.Message) script {
		return func(p *peer) {
			p.credentials(p.offer())
			p.send(m)
			p.hangup()
		}
	}
	busy := answer(wire.Reply{Kind: wire.MsgBad, Text: "come back"})
	full := func(p *peer) {
		p.reply(wire.MsgBad, "Too many sessions")
		p.hangup()
	}
	gone := func(p *peer) { p.hangup() }

	t.Run("for good", func(t *testing.T) {
		c := dial(t, serve(t, answer(wire.Reply{Kind: wire.MsgBadNoRetry, Text: "Incorrect password"})),
			func(cfg *Config) { cfg.Tries = 3 })
		err := c.Connect(t.Context())
		fails[*LoginError](t, err, "Incorrect password")
		fails[*RefusedError](t, err)
	})
	t.Run("three times", func(t *testing.T) {
		c := dial(t, serve(t, busy, busy, busy), func(cfg *Config) { cfg.Tries = 3 })
		err := c.Connect(t.Context())
		fails[*RefusedError](t, err, "come back", "3 tries")
		var e *ExhaustedError
		if !errors.As(err, &e) || e.Tries != 3 {
			t.Errorf("got %v, want 3 tries", err)
		}
	})
	t.Run("then let in", func(t *testing.T) {
		c := dial(t, serve(t, busy, full, gone, (*peer).login), func(cfg *Config) { cfg.Tries = 4 })
		if err := c.Connect(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("full", func(t *testing.T) {
		c := dial(t, serve(t, full), nil)
		fails[*RefusedError](t, c.Connect(t.Context()), "Too many sessions")
	})
}

// TestLoginOutOfTurn has the server answer what no login has.
func TestLoginOutOfTurn(t *testing.T) {
	noLeaks(t)
	after := func(m wire.Message) script {
		return func(p *peer) {
			p.credentials(p.offer())
			p.send(m)
		}
	}
	for name, s := range map[string]script{
		"OK before the greeting":       func(p *peer) { p.reply(wire.MsgOK, "") },
		"a size before the greeting":   func(p *peer) { p.send(wire.RetrOK{Size: 1}) },
		"another protocol's greeting":  func(p *peer) { p.raw([]byte("SSH-2.0-OpenSSH_9.9\r\n")) },
		"half a greeting":              func(p *peer) { p.raw([]byte{0, 0, 0, 6, 0}); p.hangup() },
		"an end instead of a greeting": func(p *peer) { p.hangup() },
		"a size after the login":       after(wire.RetrOK{Size: 1}),
		"INFO after the login":         after(wire.Reply{Kind: wire.MsgInfo}),
		"an end after the login":       func(p *peer) { p.credentials(p.offer()); p.hangup() },
	} {
		t.Run(name, func(t *testing.T) {
			fails[*BrokenError](t, dial(t, serve(t, s), nil).Connect(t.Context()))
		})
	}
}

func TestClearText(t *testing.T) {
	noLeaks(t)
	clear := func(cfg *Config) { cfg.ClearText, cfg.Tries = true, 3 }
	t.Run("accepted", func(t *testing.T) {
		port := serve(t, func(p *peer) {
			p.offer()
			p.want(wire.MsgCrypt)
			p.reply(wire.MsgOK, "Uncrypted login dialog accepted")
			m := p.want(wire.MsgLog).(wire.Log)
			if u, pw, err := m.Clear(); m.Type != wire.CryptNone || u != user || pw != password || err != nil {
				p.fail("login %d %q %q %v", m.Type, u, pw, err)
			}
			p.reply(wire.MsgOK, greeting)
		})
		if err := dial(t, port, clear).Connect(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		port := serve(t, func(p *peer) {
			p.offer()
			p.want(wire.MsgCrypt)
			p.reply(wire.MsgBadNoRetry, "The server requires encrypted login")
		})
		fails[*LoginError](t, dial(t, port, clear).Connect(t.Context()), "requires encrypted login")
	})
}

func TestConnectRefused(t *testing.T) {
	noLeaks(t)
	err := dial(t, nobody(t), nil).Connect(t.Context())
	fails[*ConnectError](t, err, "127.0.0.1", "refused")
	fails[*SessionError](t, err)
}

// TestNoSession tells a session that does not begin from one that is lost.
func TestNoSession(t *testing.T) {
	noLeaks(t)
	port := serve(t, func(p *peer) { p.login(); p.hangup() }, (*peer).hangup)
	c := dial(t, port, func(cfg *Config) { cfg.Tries = 1 })
	connected(t, c)
	for range 2 { // the first may still find the connection that is ending
		err := c.Mkdir(t.Context(), "dir")
		fails[*BrokenError](t, err)
		if _, none := errors.AsType[*SessionError](err); none {
			return
		}
	}
	t.Error("an end instead of MSG_CRYPT is no SessionError")
}
