package client

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestCancel interrupts the client wherever it waits. It returns the cause,
// leaves every connection and the local directory as a stranger would, and
// works again when asked to.
func TestCancel(t *testing.T) {
	noLeaks(t)
	const size = 64 << 20 // more than the kernel's buffers take
	interrupted := errors.New("interrupted")
	login := func(p *peer) { p.login() }
	for _, tt := range []struct {
		name  string
		op    string
		stall script // the client waits for what comes after
	}{
		{"for the greeting", "mkdir", func(*peer) {}},
		{"for the login's answer", "mkdir", func(p *peer) { p.credentials(p.offer()) }},
		{"for the answer to mkdir", "mkdir", func(p *peer) { login(p); p.want(wire.MsgMkdir) }},
		{"for the answer to chdir", "chdir", func(p *peer) { login(p); p.want(wire.MsgChdir) }},
		{"for the answer to list", "list", func(p *peer) { login(p); p.want(wire.MsgList) }},
		{"for half an answer", "list", func(p *peer) { login(p); p.want(wire.MsgList); p.raw([]byte{0, 0, 0}) }},
		{"put: for the call-back", "put", func(p *peer) { login(p); p.want(wire.MsgStore) }},
		{"put: for one of three call-backs", "put", func(p *peer) {
			login(p)
			r := p.want(wire.MsgStore).(wire.FileRequest)
			p.dial("127.0.0.1", r.Ports[1])
		}},
		{"put: for data to go", "put", func(p *peer) {
			login(p)
			streams := p.callBack(p.want(wire.MsgStore).(wire.FileRequest))
			if _, err := io.CopyN(io.Discard, streams[0], 1000); err != nil {
				p.fail("%v", err)
			}
		}},
		{"put: for an ACK", "put", func(p *peer) {
			login(p)
			streams := p.callBack(p.want(wire.MsgStore).(wire.FileRequest))
			p.collect(streams, size)
		}},
		{"put: for the final word", "put", func(p *peer) {
			login(p)
			streams := p.callBack(p.want(wire.MsgStore).(wire.FileRequest))
			p.collect(streams, size)
			p.acknowledge(streams)
		}},
		{"get: for the size", "get", func(p *peer) { login(p); p.want(wire.MsgRetr) }},
		{"get: for the call-back", "get", func(p *peer) {
			login(p)
			started(p, p.want(wire.MsgRetr).(wire.FileRequest), size)
		}},
		{"get: for data", "get", func(p *peer) {
			login(p)
			streams := p.callBack(started(p, p.want(wire.MsgRetr).(wire.FileRequest), size))
			if _, err := streams[1].Write(make([]byte, 1000)); err != nil {
				p.fail("%v", err)
			}
		}},
		{"get: for the final word", "get", func(p *peer) {
			login(p)
			r := started(p, p.want(wire.MsgRetr).(wire.FileRequest), 3)
			p.deliver(p.callBack(r), []byte("abc"), false)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reached := make(chan bool, 1)
			ended := make(chan struct{})
			c := dial(t, serve(t, func(p *peer) {
				defer close(ended)
				defer close(reached) // false if the script fails
				tt.stall(p)
				reached <- true
				p.farewell()
			}, func(p *peer) {
				p.login()
				p.wantPath(wire.MsgMkdir, "after")
				p.reply(wire.MsgOK, "OK")
			}), func(cfg *Config) { cfg.Streams = 3 })
			write(t, c, "f", nil)
			if tt.op == "put" {
				if err := os.Truncate(c.path("f"), size); err != nil {
					t.Fatal(err)
				}
			}

			ctx, cancel := context.WithCancelCause(t.Context())
			done := make(chan error, 1)
			go func() { done <- operations[tt.op](ctx, c) }()
			if !<-reached {
				t.Error("not where it should wait")
			}
			cancel(interrupted)
			if err := <-done; !errors.Is(err, interrupted) {
				t.Errorf("got %v, want the cause", err)
			}
			<-ended
			if names, err := os.ReadDir(c.cfg.LocalDir); err != nil || len(names) != 1 {
				t.Errorf("%d files in the directory, want 1 (%v)", len(names), err)
			}
			if err := c.Mkdir(t.Context(), "after"); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestCancelPause interrupts the pause between two tries. The connection is
// good and stays.
func TestCancelPause(t *testing.T) {
	noLeaks(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgMkdir, "a")
		p.reply(wire.MsgBad, "not now")
		p.wantPath(wire.MsgMkdir, "b")
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) {
		cfg.Tries, cfg.RetryWait = 2, time.Hour
		cfg.OnRetry = func(time.Duration, error) { cancel() }
	})
	if err := c.Mkdir(ctx, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cause", err)
	}
	if err := c.Mkdir(t.Context(), "b"); err != nil {
		t.Error(err)
	}
}

// TestCancelSettling interrupts the pause after a failed transfer.
func TestCancelSettling(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.request(wire.MsgStore, "f", 1)
		p.reply(wire.MsgBadNoRetry, "no")
	}), func(cfg *Config) { cfg.Waits.Settle = time.Hour })
	write(t, c, "f", []byte("content"))
	_, err := c.Put(t.Context(), "f", "f")
	fails[*RefusedError](t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Mkdir(ctx, "d"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the cause", err)
	}
}

// TestContextOfEachOperation keeps the connection when the context of an
// operation that is over ends, and closes it when that of the running one does.
func TestContextOfEachOperation(t *testing.T) {
	noLeaks(t)
	reached := make(chan struct{})
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgMkdir, "a")
		p.reply(wire.MsgOK, "OK")
		p.wantPath(wire.MsgMkdir, "b")
		close(reached)
	}), nil)
	for _, op := range []func(context.Context) error{
		c.Connect,
		func(ctx context.Context) error { return c.Mkdir(ctx, "a") },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		if err := op(ctx); err != nil {
			t.Fatal(err)
		}
		cancel()
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-reached
		cancel()
	}()
	if err := c.Mkdir(ctx, "b"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cause", err)
	}
}

// TestCancelled does not even connect.
func TestCancelled(t *testing.T) {
	noLeaks(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := dial(t, serve(t), nil)
	write(t, c, "f", []byte("content"))
	for op, do := range operations {
		if err := do(ctx, c); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", op, err)
		}
	}
	holds(t, c, "f", "content")
}
