package client

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"

	"bbftp/engine/wire"
)

// newerOperations are those of versions 2 and 3, on "f", and their messages.
var newerOperations = map[string]struct {
	code wire.Code
	do   func(context.Context, *Client) error
}{
	"mkdir": {wire.MsgMkdirV2, operations["mkdir"]},
	"chdir": {wire.MsgChdirV2, operations["chdir"]},
	"list":  {wire.MsgListV2, operations["list"]},
	"put":   {wire.MsgStoreV2, operations["put"]},
	"get":   {wire.MsgRetrV2, func(ctx context.Context, c *Client) error { _, err := c.Get(ctx, "f", "g"); return err }},
	"rm":    {wire.MsgRm, func(ctx context.Context, c *Client) error { return c.Remove(ctx, "f") }},
	"stat":  {wire.MsgStat, func(ctx context.Context, c *Client) error { _, err := c.Stat(ctx, "f"); return err }},
	"df":    {wire.MsgDf, func(ctx context.Context, c *Client) error { _, err := c.Df(ctx, "f"); return err }},
	"umask": {wire.MsgChumask, func(ctx context.Context, c *Client) error { return c.SetRemoteUmask(ctx, 0o22) }},
	"class": {wire.MsgChcos, func(ctx context.Context, c *Client) error { return c.SetRemoteClass(ctx, 1) }},
}

// asked waits for an operation's message, and the name behind a request.
func (p *peer) asked(code wire.Code) {
	p.Helper()
	p.want(code)
	if code == wire.MsgStoreV2 || code == wire.MsgRetrV2 {
		p.want(wire.MsgFilename)
	}
}

// TestNewerRefused has every operation refused, once for now and once for
// good, all on one connection.
func TestNewerRefused(t *testing.T) {
	noLeaks(t)
	newer(t, func(t *testing.T, version int) {
		for op, o := range newerOperations {
			t.Run(op, func(t *testing.T) {
				c := dial(t, serve(t, func(p *peer) {
					p.enter(version)
					for _, kind := range []wire.Code{wire.MsgBad, wire.MsgBadNoRetry} {
						p.asked(o.code)
						p.reply(kind, "f is locked")
					}
					p.after()
				}), speaking(version, func(cfg *Config) { cfg.Tries = 10 }))
				write(t, c, "f", []byte("content"))
				fails[*RefusedError](t, o.do(t.Context(), c), "f is locked")
				holds(t, c, "f", "content")
				goesOn(t, c)
			})
		}
	})
}

// TestNewerOutOfTurn has the server answer with what belongs elsewhere: the
// client closes, and begins anew next time.
func TestNewerOutOfTurn(t *testing.T) {
	noLeaks(t)
	replies := map[string]wire.Message{
		"OK":           wire.Reply{Kind: wire.MsgOK},
		"WARN":         wire.Reply{Kind: wire.MsgWarn},
		"RETR_OK":      wire.RetrOK{Size: 7},
		"LIST_REPL":    wire.ListReply{Names: []string{"f"}},
		"LIST_REPL_V2": wire.ListReplyV2{Entries: []wire.ListEntry{{Path: "./f", Type: wire.FileType{' ', 'f'}}}},
		"PROT_ANS":     wire.ProtRange{Min: 1, Max: 3},
		"TRANS_OK_V2":  wire.Transfer{Kind: wire.MsgTransOKV2, Size: 7, BufferSize: 256, Streams: 1},
		"TRANS_OK_V3":  wire.Transfer{Kind: wire.MsgTransOKV3, Size: 7, BufferSize: 256, Streams: 1, Ports: wire.Ports{9}},
		"code 99":      wire.Signal{Kind: 99},
		"long text":    wire.Signal{Kind: wire.MsgOK, Len: 1 << 30},
		"negative":     wire.Signal{Kind: wire.MsgOK, Len: -1},
	}
	newer(t, func(t *testing.T, version int) {
		proper := map[string][]string{"list": {"LIST_REPL_V2"}, "put": {}, "get": {}}
		if version == 2 {
			proper["put"], proper["get"] = []string{"TRANS_OK_V2"}, []string{"TRANS_OK_V2"}
		} else {
			proper["put"], proper["get"] = []string{"TRANS_OK_V3"}, []string{"TRANS_OK_V3"}
		}
		for op, o := range newerOperations {
			for name, reply := range replies {
				good, special := proper[op]
				if slices.Contains(good, name) || !special && name == "OK" {
					continue
				}
				t.Run(op+"/"+name, func(t *testing.T) {
					c := dial(t, serve(t, func(p *peer) {
						p.enter(version)
						p.asked(o.code)
						p.send(reply)
						p.version = 0 // no farewell to one who babbles
					}, func(p *peer) {
						p.enter(version)
						p.after()
					}), speaking(version, nil))
					write(t, c, "f", []byte("content"))
					err := o.do(t.Context(), c)
					fails[*BrokenError](t, err)
					var e *ExhaustedError
					if !errors.As(err, &e) || !Retryable(e.Err) {
						t.Errorf("%v: is worth another try", err)
					}
					holds(t, c, "f", "content")
					goesOn(t, c)
				})
			}
		}
	})
}

// TestNewerEnds has the server end a transfer in every way but the good one.
func TestNewerEnds(t *testing.T) {
	noLeaks(t)
	content := noise(1 << 20)
	newer(t, func(t *testing.T, version int) {
		for name, tt := range map[string]struct {
			op     string
			script func(p *peer, streams []*net.TCPConn)
			says   string
			broken bool // the connection with it
		}{
			"put/refused": {"put", func(p *peer, streams []*net.TCPConn) {
				p.reply(wire.MsgBadNoRetry, "Disk quota excedeed")
				for _, conn := range streams {
					p.closed(conn)
				}
			}, "Disk quota", false},
			"put/a stream ends": {"put", func(p *peer, streams []*net.TCPConn) {
				streams[1].Close()
				p.closed(streams[0])
				p.reply(wire.MsgBad, "Error on server: Connection reset by peer")
			}, "Connection reset", false},
			"put/OK without ACK": {"put", func(p *peer, streams []*net.TCPConn) {
				p.collect(streams, int64(len(content)))
				for _, conn := range streams {
					conn.Close()
				}
				p.reply(wire.MsgOK, "OK")
			}, "ACK", false},
			"put/lost": {"put", func(p *peer, streams []*net.TCPConn) {
				p.hangup()
				for _, conn := range streams {
					p.closed(conn)
				}
			}, "end of the transfer", true},
			"put/out of turn": {"put", func(p *peer, streams []*net.TCPConn) {
				p.collect(streams, int64(len(content)))
				p.acknowledge(streams)
				p.send(wire.Transfer{Kind: wire.MsgTransOKV2})
				p.version = 0
			}, "MSG_TRANS_OK_V2 during a transfer", true},
			"get/refused": {"get", func(p *peer, streams []*net.TCPConn) {
				p.reply(wire.MsgBad, "Error on server: Permission denied")
				for _, conn := range streams {
					p.closed(conn)
				}
			}, "Permission denied", false},
			"get/a byte missing, then OK": {"get", func(p *peer, streams []*net.TCPConn) {
				for i, conn := range streams {
					b := segment(content, i, len(streams))
					if _, err := conn.Write(b[:len(b)-i]); err != nil {
						p.fail("%v", err)
					}
				}
				for _, conn := range streams { // only now: the client closes all with the first that is short
					conn.CloseWrite()
				}
				p.reply(wire.MsgOK, "OK")
			}, "data stream", false},
			"get/all bytes, then BAD": {"get", func(p *peer, streams []*net.TCPConn) {
				p.deliver(streams, content, false)
				p.reply(wire.MsgBad, "no")
			}, "no", false},
			"get/lost": {"get", func(p *peer, streams []*net.TCPConn) {
				p.hangup()
				for _, conn := range streams {
					p.closed(conn)
				}
			}, "end of the transfer", true},
		} {
			t.Run(name, func(t *testing.T) {
				scripts := []script{func(p *peer) {
					p.enter(version)
					_, streams := p.granted(newerOperations[tt.op].code, "f", int64(len(content)))
					tt.script(p, streams)
					if !tt.broken {
						p.after()
					}
				}}
				if tt.broken {
					scripts = append(scripts, func(p *peer) { p.enter(version); p.after() })
				}
				c := dial(t, serve(t, scripts...), speaking(version, func(cfg *Config) { cfg.Streams = 3 }))
				write(t, c, "f", content)
				says(t, newerOperations[tt.op].do(t.Context(), c), tt.op+" f", tt.says)
				goesOn(t, c)
				holds(t, c, "f", string(content))
			})
		}
	})
}

// TestNewerCancel interrupts the client where only versions 2 and 3 wait.
func TestNewerCancel(t *testing.T) {
	noLeaks(t)
	interrupted := errors.New("interrupted")
	for _, tt := range []struct {
		name, op string
		version  int
		stall    script
	}{
		{"for the versions", "mkdir", 3, func(p *peer) { p.login(); p.want(wire.MsgProt) }},
		{"for the consent", "put", 3, func(p *peer) { p.enter(3); p.wishes(wire.MsgStoreV2, "f") }},
		{"for half the ports", "get", 3, func(p *peer) {
			p.enter(3)
			m := p.wishes(wire.MsgRetrV2, "f")
			m.Kind, m.Size, m.Streams, m.Ports = wire.MsgTransOKV3, 7, 3, wire.Ports{1, 1, 1}
			b := m.Append(nil)
			p.raw(b[:len(b)-5])
		}},
		{"for data", "get", 3, func(p *peer) { p.enter(3); p.granted(wire.MsgRetrV2, "f", 7) }},
		{"for the call-back", "put", 2, func(p *peer) {
			p.enter(2)
			p.consent(p.wishes(wire.MsgStoreV2, "f"))
			p.want(wire.MsgTransStartV2)
		}},
		{"for an ACK", "put", 2, func(p *peer) {
			p.enter(2)
			m, streams := p.granted(wire.MsgStoreV2, "f", 0)
			p.collect(streams, m.Size)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reached, ended := make(chan struct{}), make(chan struct{})
			c := dial(t, serve(t, func(p *peer) {
				defer close(ended)
				tt.stall(p)
				close(reached)
				p.version = 0
				p.farewell()
			}, func(p *peer) {
				p.enter(tt.version)
				p.after()
			}), speaking(tt.version, nil))
			write(t, c, "f", []byte("content"))
			ctx, cancel := context.WithCancelCause(t.Context())
			done := make(chan error, 1)
			go func() { done <- newerOperations[tt.op].do(ctx, c) }()
			select {
			case <-reached:
			case err := <-done:
				t.Fatalf("did not wait: %v", err)
			}
			cancel(interrupted)
			if err := <-done; !errors.Is(err, interrupted) {
				t.Errorf("got %v, want the cause", err)
			}
			<-ended
			holds(t, c, "f", "content")
			goesOn(t, c)
		})
	}
}
