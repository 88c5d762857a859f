package client

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// started answers a request with a size and waits for the go-ahead.
func started(p *peer, r wire.FileRequest, size int) wire.FileRequest {
	p.Helper()
	p.send(wire.RetrOK{Size: int64(size)})
	p.want(wire.MsgRetrStart)
	return r
}

// give plays a server that serves a get of content over n raw streams.
func give(p *peer, name string, content []byte, n int) {
	p.Helper()
	r := started(p, p.request(wire.MsgRetr, name, n), len(content))
	p.deliver(p.callBack(r), content, false)
	p.reply(wire.MsgOK, "OK")
}

func TestGet(t *testing.T) {
	noLeaks(t)
	for _, size := range []int{1, 3, 100_003} {
		for _, n := range []int{1, 3, 10} {
			t.Run(fmt.Sprintf("%d/%d", size, n), func(t *testing.T) {
				content := noise(size)
				c := dial(t, serve(t, func(p *peer) {
					p.login()
					for range 2 { // the connection serves again
						give(p, "remote name", content, n)
					}
				}), func(cfg *Config) { cfg.Streams, cfg.Umask = n, 0o027 })
				for range 2 {
					got, err := c.Get(t.Context(), "remote name", "f")
					if err != nil {
						t.Fatal(err)
					}
					if got.Op != "get" || got.Local != "f" || got.Remote != "remote name" || got.Bytes != int64(size) || got.Streams != n || got.Compressed {
						t.Errorf("record %+v", got)
					}
					if p := got.Paths; p.Splice+p.Copied != int64(size) {
						t.Errorf("paths %+v", p)
					}
					holds(t, c, "f", string(content))
				}
				info, err := os.Stat(c.path("f"))
				if err != nil {
					t.Fatal(err)
				}
				if info.Mode() != 0o640 {
					t.Errorf("mode %v, want 0640", info.Mode())
				}
			})
		}
	}
}

// TestGetVariants asks with the message that fits the settings.
func TestGetVariants(t *testing.T) {
	noLeaks(t)
	content := bytes.Repeat([]byte("all work and no play "), 50_000)
	for _, tt := range []struct {
		code           wire.Code
		compress, mass bool
	}{
		{wire.MsgRetr, false, false},
		{wire.MsgRetrC, true, false},
		{wire.MsgRetrRFIO, false, true},
		{wire.MsgRetrRFIOC, true, true},
	} {
		t.Run(tt.code.String(), func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.login()
				r := started(p, p.request(tt.code, "f", 3), len(content))
				p.deliver(p.callBack(r), content, tt.compress)
				p.reply(wire.MsgOK, "OK")
			}), func(cfg *Config) { cfg.Streams = 3 })
			c.Settings().Compress = tt.compress
			c.Settings().MassStorage = tt.mass
			got, err := c.Get(t.Context(), "f", "f")
			if err != nil || got.Compressed != tt.compress {
				t.Errorf("%+v, %v", got, err)
			}
			holds(t, c, "f", string(content))
		})
	}
}

// TestMassStorageRefused begins anew: the server may have left the request's
// body unread (wire.md 11.15).
func TestMassStorageRefused(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.request(wire.MsgRetrRFIO, "f", 1)
		p.reply(wire.MsgBadNoRetry, "Retreive RFIO not supported")
	}, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgMkdir, "after")
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.MassStorage, cfg.Tries = true, 3 })
	_, err := c.Get(t.Context(), "f", "f")
	fails[*RefusedError](t, err, "get f", "RFIO not supported")
	if err := c.Mkdir(t.Context(), "after"); err != nil {
		t.Error(err)
	}
	holds(t, c)
}

// TestMassStorageStalls waits for a tape longer than for other answers.
func TestMassStorageStalls(t *testing.T) {
	noLeaks(t)
	const wait = 100 * time.Millisecond
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		r := p.request(wire.MsgRetrRFIO, "f", 1)
		time.Sleep(5 * wait)
		started(p, r, 7)
		p.deliver(p.callBack(r), []byte("content"), false)
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.MassStorage = true })
	connected(t, c)
	c.cfg.Waits.Reply = wait
	hurry(c, Waits{}) // that is: not any more
	if _, err := c.Get(t.Context(), "f", "f"); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%v: the answer's limit was kept", err)
	} else if err != nil {
		t.Error(err)
	}
	holds(t, c, "f", "content")
}

// TestGetEmpty makes the empty file, replaces one, and tells the server, who
// does not answer.
func TestGetEmpty(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		for range 2 {
			p.request(wire.MsgRetr, "f", 4)
			p.send(wire.RetrOK{})
			p.want(wire.MsgCreateZero)
		}
		p.wantPath(wire.MsgMkdir, "after")
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Streams = 4 })
	write(t, c, "old", []byte("content"))
	for _, name := range []string{"new", "old"} {
		if got, err := c.Get(t.Context(), "f", name); err != nil || got.Bytes != 0 || got.Streams != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	holds(t, c, "new", "", "old", "")
	if err := c.Mkdir(t.Context(), "after"); err != nil {
		t.Error(err)
	}
}

// TestLocalTarget can't create the file: the server is told, does not answer,
// and the next command goes on.
func TestLocalTarget(t *testing.T) {
	noLeaks(t)
	for _, tt := range []struct {
		name   string
		size   int64
		limits storage.Limits
		want   error
	}{
		{"no space", 1 << 60, storage.Limits{Reserve: 1}, syscall.ENOSPC},
		{"over the limit", 8, storage.Limits{MaxFileSize: 7}, syscall.EFBIG},
		{"no size at all", 1<<63 - 1, storage.Limits{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := dial(t, serve(t, func(p *peer) {
				p.login()
				p.request(wire.MsgRetr, "f", 1)
				p.send(wire.RetrOK{Size: tt.size})
				if m := p.want(wire.MsgAbr).(wire.Signal); m.Len != 0 {
					p.fail("MSG_ABR announces %d bytes", m.Len)
				}
				give(p, "after", []byte("content"), 1)
			}), func(cfg *Config) { cfg.Tries, cfg.Storage = 3, tt.limits })
			_, err := c.Get(t.Context(), "f", "f")
			fails[*LocalError](t, err, "get f", "create /", "/f")
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if _, err := c.Get(t.Context(), "after", "g"); err != nil {
				t.Error(err)
			}
			holds(t, c, "g", "content")
		})
	}
}

// TestHopelessTarget is refused before the server is asked.
func TestHopelessTarget(t *testing.T) {
	noLeaks(t)
	for name, tt := range map[string]struct {
		target string
		want   error
	}{
		"no directory":    {"no/f", fs.ErrNotExist},
		"a directory":     {"dir", syscall.EISDIR},
		"below a file":    {"file/f", syscall.ENOTDIR},
		"a device":        {"/dev/null", syscall.EINVAL},
		"write-protected": {"file", fs.ErrPermission},
	} {
		for _, simulate := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				c := dial(t, serve(t), func(cfg *Config) {
					cfg.Tries, cfg.NoDirs, cfg.InPlace, cfg.Simulate = 3, true, true, simulate
				})
				err := errors.Join(os.Mkdir(c.path("dir"), 0o755), os.WriteFile(c.path("file"), nil, 0o444))
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.Get(t.Context(), "f", tt.target)
				fails[*LocalError](t, err, "get f", tt.target)
				if !errors.Is(err, tt.want) {
					t.Errorf("got %v, want %v", err, tt.want)
				}
			})
		}
	}
}

// TestMissingDirectories makes them on the way, with the umask's modes.
func TestMissingDirectories(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		give(p, "f", []byte("content"), 1)
	}), func(cfg *Config) { cfg.Umask = 0o027 })
	if _, err := c.Get(t.Context(), "f", "a/b/f"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "a/b"} {
		if info, err := os.Stat(c.path(name)); err != nil || info.Mode().Perm() != 0o750 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

// TestGetInfo goes on after any number of warnings (wire.md 11.9).
func TestGetInfo(t *testing.T) {
	noLeaks(t)
	content := noise(1000)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		r := started(p, p.request(wire.MsgRetr, "f", 2), len(content))
		p.reply(wire.MsgInfo, "your window is small")
		streams := p.callBack(r)
		p.reply(wire.MsgInfo, "")
		p.deliver(streams, content, false)
		p.reply(wire.MsgInfo, "almost")
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Streams = 2 })
	if _, err := c.Get(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	holds(t, c, "f", string(content))
}

// TestGetRetried succeeds after a refusal and a lost connection, from where
// the client was.
func TestGetRetried(t *testing.T) {
	noLeaks(t)
	content := noise(1000)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgChdir, "data")
		p.reply(wire.MsgOK, "/srv/data")
		p.request(wire.MsgRetr, "f", 1)
		p.reply(wire.MsgBad, "not yet")
		p.callBack(started(p, p.request(wire.MsgRetr, "f", 1), len(content)))
		p.hangup()
	}, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgChdir, "/srv/data")
		p.reply(wire.MsgOK, "/srv/data")
		give(p, "f", content, 1)
	}), func(cfg *Config) { cfg.Tries = 3 })
	if _, err := c.Chdir(t.Context(), "data"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
	holds(t, c, "f", string(content))
}
