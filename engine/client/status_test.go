package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
)

func TestStatus(t *testing.T) {
	noLeaks(t)
	long := strings.Repeat("x", wire.MaxString)
	for name, tt := range map[string]struct {
		script script
		want   string
		fails  func(*testing.T, error)
	}{
		"a text": {func(p *peer) {
			p.offer()
			if m := p.want(wire.MsgServerStatus).(wire.Signal); m.Len != wire.LogSize {
				p.fail("announces %d bytes", m.Len)
			}
			p.reply(wire.MsgOK, "bbftpd version 3.3.0-11\nRunning options:\n")
		}, "bbftpd version 3.3.0-11\nRunning options:\n", nil},
		"a key nobody can use": {func(p *peer) {
			p.raw(append(wire.Header{Code: wire.MsgCrypt, Len: 12}.Append(nil), 0, 0, 0, 2, 0, 0, 0, 9, 0, 0, 0, 9))
			p.want(wire.MsgServerStatus)
			p.reply(wire.MsgOK, "a text")
		}, "a text", nil},
		"the longest text": {func(p *peer) { p.offer(); p.want(wire.MsgServerStatus); p.reply(wire.MsgOK, long) }, long, nil},
		"longer": {
			func(p *peer) { p.offer(); p.want(wire.MsgServerStatus); p.reply(wire.MsgOK, long+"x") }, "",
			func(t *testing.T, err error) { fails[*BrokenError](t, err, "length") },
		},
		"an old server": {
			func(p *peer) {
				p.offer()
				p.want(wire.MsgServerStatus)
				p.reply(wire.MsgBad, "Unkown message in connected state")
			}, "",
			func(t *testing.T, err error) { fails[*RefusedError](t, err, "Unkown message") },
		},
		"a full server": {
			func(p *peer) { p.reply(wire.MsgBad, "full") }, "",
			func(t *testing.T, err error) { fails[*RefusedError](t, err, "full") },
		},
		"out of turn": {
			func(p *peer) { p.offer(); p.want(wire.MsgServerStatus); p.send(wire.ListReply{}) }, "",
			func(t *testing.T, err error) { fails[*BrokenError](t, err, "MSG_LIST_REPL") },
		},
		"no key":   {func(p *peer) { p.reply(wire.MsgOK, "hello") }, "", func(t *testing.T, err error) { fails[*BrokenError](t, err, "MSG_CRYPT") }},
		"an end":   {func(p *peer) { p.hangup() }, "", func(t *testing.T, err error) { fails[*BrokenError](t, err, "MSG_CRYPT") }},
		"no words": {func(*peer) {}, "", func(t *testing.T, err error) { fails[*BrokenError](t, err, "no answer within") }},
	} {
		t.Run(name, func(t *testing.T) {
			limit := patience
			if name == "no words" {
				limit = 100 * time.Millisecond
			}
			text, err := Status(t.Context(), fmt.Sprintf("127.0.0.1:%d", serve(t, tt.script)), limit)
			if text != tt.want {
				t.Errorf("%d bytes %.100q", len(text), text)
			}
			if tt.fails == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			tt.fails(t, err)
		})
	}
}

func TestStatusCancelled(t *testing.T) {
	noLeaks(t)
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	port := serve(t, func(p *peer) {
		p.offer()
		p.want(wire.MsgServerStatus)
		cancel(interrupted)
	})
	if _, err := Status(ctx, fmt.Sprintf("127.0.0.1:%d", port), patience); !errors.Is(err, interrupted) {
		t.Errorf("got %v, want the cause", err)
	}
	if _, err := Status(t.Context(), fmt.Sprintf("127.0.0.1:%d", nobody(t)), patience); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want ECONNREFUSED", err)
	}
}
