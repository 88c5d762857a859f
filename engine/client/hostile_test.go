package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"bbftp/engine/trust"
	"bbftp/engine/wire"
)

// TestEndlessTalk ends the session with a server whose warnings would fill the disk that
// they are logged to: before an answer, and while data should move.
func TestEndlessTalk(t *testing.T) {
	noLeaks(t)
	talk := func(p *peer) {
		warning := wire.Reply{Kind: wire.MsgInfo, Text: strings.Repeat("x", 1<<15)}.Append(nil)
		for err := error(nil); err == nil; {
			_, err = p.conn.Write(warning)
		}
		p.version = 0 // no farewell to one who babbles
	}
	newer(t, func(t *testing.T, version int) {
		for op, script := range map[string]script{
			"mkdir": func(p *peer) { p.asked(wire.MsgMkdirV2) },
			"get":   func(p *peer) { p.granted(wire.MsgRetrV2, "f", 7) },
		} {
			t.Run(op, func(t *testing.T) {
				heard := 0
				c := dial(t, serve(t, func(p *peer) {
					p.enter(version)
					script(p)
					talk(p)
				}, func(p *peer) {
					p.enter(version)
					p.after()
				}), speaking(version, func(cfg *Config) { cfg.OnWarning = func(w error) { heard += len(w.Error()) } }))
				write(t, c, "g", []byte("precious"))
				fails[*BrokenError](t, newerOperations[op].do(t.Context(), c), op+" f", "bytes of warnings")
				if heard > mostTalk || heard < mostTalk/2 {
					t.Errorf("told of %d bytes", heard)
				}
				goesOn(t, c)
				holds(t, c, "g", "precious")
			})
		}
	})
}

// TestHalfAHeader begins a message that never goes on, right behind an answer. That
// holds up neither the end of the client nor that of an operation.
func TestHalfAHeader(t *testing.T) {
	noLeaks(t)
	half := func(p *peer) {
		p.enter(3)
		p.wantCommand(wire.MsgStat, "after")
		p.raw(append(wire.Reply{Kind: wire.MsgOK, Text: "a line"}.Append(nil), 0, 0, 0))
		p.version = 0
	}
	for name, next := range map[string]func(*testing.T, *Client){
		"the end": func(*testing.T, *Client) {},
		"cancelled": func(t *testing.T, c *Client) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := c.Stat(ctx, "f"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the cause", err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, half), speaking(3, func(cfg *Config) { cfg.Waits.Reply = time.Hour }))
			goesOn(t, c)
			next(t, c)
		})
	}
}

// TestRefusedAtTheDoor tells what a server says instead of its greeting.
func TestRefusedAtTheDoor(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) { p.reply(wire.MsgBadNoRetry, "closed for ever\x1b[2J") }), nil)
	fails[*BrokenError](t, c.Connect(t.Context()), "MSG_BAD_NO_RETRY instead of MSG_CRYPT", `"closed for ever\x1b[2J"`)
}

// TestUnaskedLongName quotes of it what a person reads.
func TestUnaskedLongName(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.enter(3)
		p.wantCommand(wire.MsgListV2, "*.dat")
		p.send(wire.ListReplyV2{Entries: []wire.ListEntry{entry(strings.Repeat("x", wire.MaxString), " f")}})
	}), speaking(3, nil))
	_, err := c.List(t.Context(), "*.dat")
	if !errors.Is(err, ErrUnasked) || len(err.Error()) > 1000 {
		t.Errorf("%.300v", err)
	}
}

// TestNoReason words a refusal that has no words.
func TestNoReason(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgMkdir, "d")
		p.reply(wire.MsgBadNoRetry, " ")
	}), nil)
	fails[*RefusedError](t, c.Mkdir(t.Context(), "d"), "mkdir d: the server refuses")
}

// TestFalseTLS has a server offer TLS and then not do it. Only where the network may be
// the cause is it worth another try; the password is never sent.
func TestFalseTLS(t *testing.T) {
	noLeaks(t)
	for name, tt := range map[string]struct {
		answer []byte
		final  bool
	}{
		"an alert":     {[]byte{21, 3, 3, 0, 2, 2, 70}, true}, // fatal, protocol_version (RFC 8446 6)
		"a message":    {wire.Reply{Kind: wire.MsgOK, Text: "OK"}.Append(nil), true},
		"half a hello": {[]byte{22, 3, 3, 0, 100, 2}, false},
		"an end":       {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				key, err := loginKey()
				if err != nil {
					p.fail("%v", err)
				}
				offer := wire.NewCrypt(key.N, key.E)
				offer.Type |= wire.CryptTLS
				p.send(offer)
				p.want(wire.MsgTLS)
				p.raw(tt.answer)
				p.conn.CloseWrite()
				if b, _ := io.ReadAll(p.conn); bytes.Contains(b, []byte(password)) {
					p.fail("the password comes in clear")
				}
			}), func(cfg *Config) { cfg.Trust = &trust.Policy{} })
			err := c.Connect(t.Context())
			if exhausted, ok := errors.AsType[*ExhaustedError](err); ok {
				err = exhausted.Err
			}
			if tt.final {
				fails[*LoginError](t, err, "offered TLS, but does not do it")
			} else {
				fails[*BrokenError](t, err, "TLS handshake")
			}
			if Retryable(err) == tt.final {
				t.Errorf("%v: worth another try: %t", err, tt.final)
			}
		})
	}
}
