package client

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestPutNewer checks the request and what becomes of it. The streams are as
// many as the file fills buffers (wire.md 6.2).
func TestPutNewer(t *testing.T) {
	noLeaks(t)
	accessed, modified := time.Unix(1_000_000_000, 0), time.Unix(1_100_000_000, 0)
	newer(t, func(t *testing.T, version int) {
		for _, tt := range []struct{ size, wanted, want int }{
			{1, 1, 1}, {1, 8, 1}, {4095, 8, 1}, {8192, 8, 2}, {100_003, 8, 8}, {100_003, 100, 24},
		} {
			t.Run(fmt.Sprintf("%d/%d", tt.size, tt.wanted), func(t *testing.T) {
				content := noise(tt.size)
				var began []Progress
				c := dial(t, serve(t, func(p *peer) {
					p.enter(version)
					for range 2 { // the connection serves again
						m, streams := p.granted(wire.MsgStoreV2, "remote name", 0)
						want := wire.Transfer{
							Kind: wire.MsgStoreV2, Size: int64(tt.size), Mode: 0o640,
							Options:  wire.OptTmp | wire.OptAcc | wire.OptMode | wire.OptDir,
							Accessed: wire.NewTimestamp(accessed), Modified: wire.NewTimestamp(modified),
							SendWindow: 256, RecvWindow: 256, BufferSize: 4, Streams: int32(tt.want),
						}
						if !bytes.Equal(m.Append(nil), want.Append(nil)) {
							p.fail("request %+v, want %+v", m, want)
						}
						if got := p.collect(streams, m.Size); !bytes.Equal(got, content) {
							p.fail("other bytes arrive than the file has")
						}
						p.acknowledge(streams)
						p.reply(wire.MsgOK, "OK")
					}
				}), speaking(version, func(cfg *Config) {
					cfg.Streams, cfg.BufferSize = tt.wanted, 4
					cfg.OnTransfer = func(p Progress) { began = append(began, p) }
				}))
				write(t, c, "f", content)
				if err := errors.Join(os.Chmod(c.path("f"), 0o640), os.Chtimes(c.path("f"), accessed, modified)); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					got, err := c.Put(t.Context(), "f", "remote name")
					if err != nil {
						t.Fatal(err)
					}
					if got.Op != "put" || got.Bytes != int64(tt.size) || got.Streams != tt.want || got.Compressed || got.Simulated ||
						got.BufferSize != 4 || got.SendWindow != 256 || got.RecvWindow != 256 {
						t.Errorf("record %+v", got)
					}
					if got.Paths.Payload() != int64(tt.size) {
						t.Errorf("paths %+v", got.Paths)
					}
					// Reading set the time of access, where the file system keeps it.
					if err := os.Chtimes(c.path("f"), accessed, modified); err != nil {
						t.Fatal(err)
					}
				}
				if len(began) != 2 || began[0].Bytes != int64(tt.size) || began[0].Streams != tt.want || began[0].Moved() != int64(tt.size) {
					t.Errorf("told of %+v", began)
				}
			})
		}
	})
}

// TestOneWrite sends the choice of the version, the request and the name
// together: no round trip, and no packet, more than needed.
func TestOneWrite(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.want(wire.MsgProt)
		p.send(wire.ProtRange{Min: 1, Max: 3})
		b := make([]byte, 1000)
		n, err := p.conn.Read(b)
		if want := 8 + 4 + 8 + wire.TransferSize + 8 + len("name"); err != nil || n != want {
			p.fail("%d bytes at once (%v), want %d", n, err, want)
		}
		p.reply(wire.MsgBadNoRetry, "enough")
		p.version = 3
	}), speaking(3, nil))
	write(t, c, "f", []byte("content"))
	_, err := c.Put(t.Context(), "f", "name")
	fails[*RefusedError](t, err, "put f", "enough")
}

// TestGetNewer keeps mode and times, or not, and asks for what it wants.
func TestGetNewer(t *testing.T) {
	noLeaks(t)
	modified, accessed := time.Unix(1_000_000_000, 0), time.Unix(1_100_000_000, 0)
	content := noise(100_003)
	newer(t, func(t *testing.T, version int) {
		for name, tt := range map[string]struct {
			set      func(*Config)
			options  wire.Options
			old, new os.FileMode
			times    bool
		}{
			"default":  {nil, wire.OptTmp | wire.OptAcc | wire.OptMode | wire.OptDir, 0o751, 0o751, true},
			"no mode":  {func(cfg *Config) { cfg.NoMode = true }, wire.OptTmp | wire.OptAcc | wire.OptDir, 0o604, 0o640, true},
			"no times": {func(cfg *Config) { cfg.NoTimes = true }, wire.OptTmp | wire.OptMode | wire.OptDir, 0o751, 0o751, false},
			"QBSS":     {func(cfg *Config) { cfg.QBSS, cfg.InPlace, cfg.NoDirs = true, true, true }, wire.OptAcc | wire.OptMode | wire.OptQBSS, 0o751, 0o751, true},
		} {
			t.Run(name, func(t *testing.T) {
				c := dial(t, serve(t, func(p *peer) {
					p.enter(version)
					for range 2 {
						m := p.wishes(wire.MsgRetrV2, "remote name")
						if m.Options != tt.options || m.Size != 0 || m.Mode != 0 || m.Accessed != (wire.Timestamp{}) ||
							m.SendWindow != 512 || m.RecvWindow != 1024 || m.BufferSize != 256 || m.Streams != 3 {
							p.fail("request %+v", m)
						}
						m.Size, m.Mode = int64(len(content)), 0o4751 // never the set-id bit
						m.Accessed, m.Modified = wire.NewTimestamp(accessed), wire.NewTimestamp(modified)
						p.deliver(p.begin(m, p.consent(m)), content, false)
						p.reply(wire.MsgOK, "OK")
					}
				}), speaking(version, func(cfg *Config) {
					cfg.Streams, cfg.Umask, cfg.SendWindow, cfg.RecvWindow = 3, 0o027, 512, 1024
					if tt.set != nil {
						tt.set(cfg)
					}
				}))
				write(t, c, "old", nil)
				if err := os.Chmod(c.path("old"), 0o604); err != nil {
					t.Fatal(err)
				}
				for file, mode := range map[string]os.FileMode{"old": tt.old, "new": tt.new} {
					if _, err := c.Get(t.Context(), "remote name", file); err != nil {
						t.Fatal(err)
					}
					info, err := os.Stat(c.path(file))
					if err != nil {
						t.Fatal(err)
					}
					if info.Mode() != mode || info.ModTime().Equal(modified) != tt.times {
						t.Errorf("%s: %v of %v", file, info.Mode(), info.ModTime())
					}
				}
				holds(t, c, "old", string(content), "new", string(content))
			})
		}
	})
}

// TestGarbledTime keeps no times that make no sense.
func TestGarbledTime(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.enter(3)
		m := p.wishes(wire.MsgRetrV2, "f")
		m.Size, m.Modified = 7, wire.Timestamp([]byte("garbled!"))
		p.deliver(p.begin(m, p.consent(m)), []byte("content"), false)
		p.reply(wire.MsgOK, "OK")
	}), speaking(3, nil))
	began := time.Now().Add(-time.Minute)
	if _, err := c.Get(t.Context(), "f", "f"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(c.path("f")); err != nil || info.ModTime().Before(began) {
		t.Errorf("%v, %v", info.ModTime(), err)
	}
}

// TestEmptyNewer needs no data streams, and what is not answered is not waited
// for.
func TestEmptyNewer(t *testing.T) {
	noLeaks(t)
	newer(t, func(t *testing.T, version int) {
		c := dial(t, serve(t, func(p *peer) {
			p.enter(version)
			if m := p.wishes(wire.MsgStoreV2, "f"); m.Size != 0 || m.Streams != 1 {
				p.fail("request %+v", m)
			}
			p.reply(wire.MsgOK, "")
			m := p.wishes(wire.MsgRetrV2, "f")
			m.Kind, m.Streams, m.Mode = wire.MsgTransOKV2, 1, 0o600
			if version == 3 {
				m.Kind = wire.MsgTransOKV3 // and no ports (wire.md 1.2)
			}
			p.send(m)
			p.want(wire.MsgCreateZero)
			p.after()
		}), speaking(version, func(cfg *Config) { cfg.Streams = 5 }))
		write(t, c, "f", nil)
		if got, err := c.Put(t.Context(), "f", "f"); err != nil || got.Bytes != 0 || got.Streams != 0 {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := c.Get(t.Context(), "f", "g"); err != nil || got.Bytes != 0 || got.Streams != 0 {
			t.Errorf("%+v, %v", got, err)
		}
		goesOn(t, c)
		holds(t, c, "f", "", "g", "")
	})
}

// TestCompression is dropped for good when the server can't (wire.md 11.32).
func TestCompression(t *testing.T) {
	noLeaks(t)
	content := bytes.Repeat([]byte("all work and no play "), 5000)
	newer(t, func(t *testing.T, version int) {
		for _, able := range []bool{true, false} {
			t.Run(fmt.Sprint(able), func(t *testing.T) {
				// consent leaves the GZIP bit out if the server is not able.
				consent := func(p *peer, m wire.Transfer, first bool) wire.Transfer {
					if asked := m.Options.Has(wire.OptGzip); asked != (able || first) {
						p.fail("request %+v", m)
					}
					if !able {
						m.Options &^= wire.OptGzip
					}
					return m
				}
				var warnings []error
				c := dial(t, serve(t, func(p *peer) {
					p.enter(version)
					m := consent(p, p.wishes(wire.MsgStoreV2, "f"), true)
					streams := p.begin(m, p.consent(m))
					if able {
						for i, conn := range streams {
							want := segment(content, i, len(streams))
							if got, err := unblock(conn, len(want)); err != nil || !bytes.Equal(got, want) {
								p.fail("data stream %d: %d bytes, %v", i+1, len(got), err)
							}
						}
					} else if !bytes.Equal(p.collect(streams, m.Size), content) {
						p.fail("other bytes arrive than the file has")
					}
					p.acknowledge(streams)
					p.reply(wire.MsgOK, "OK")

					m = consent(p, p.wishes(wire.MsgRetrV2, "f"), false)
					m.Size = int64(len(content))
					p.deliver(p.begin(m, p.consent(m)), content, able)
					p.reply(wire.MsgOK, "OK")
				}), speaking(version, func(cfg *Config) {
					cfg.Compress, cfg.Streams = true, 3
					cfg.OnWarning = func(err error) { warnings = append(warnings, err) }
				}))
				write(t, c, "f", content)
				put, err := c.Put(t.Context(), "f", "f")
				if err != nil || put.Compressed != able {
					t.Errorf("%+v, %v", put, err)
				}
				get, err := c.Get(t.Context(), "f", "g")
				if err != nil || get.Compressed != able {
					t.Errorf("%+v, %v", get, err)
				}
				holds(t, c, "f", string(content), "g", string(content))
				if able != (len(warnings) == 0) || !able && (len(warnings) != 1 || !errors.Is(warnings[0], CompressionRefused{})) {
					t.Errorf("warned of %v", warnings)
				}
			})
		}
	})
}
