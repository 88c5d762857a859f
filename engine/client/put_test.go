package client

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// receive plays a server that takes a put of content over n raw streams.
func receive(p *peer, name string, content []byte, n int) {
	p.Helper()
	r := p.request(wire.MsgStore, name, n)
	if r.Size != int64(len(content)) {
		p.fail("a store of %d bytes, want %d", r.Size, len(content))
	}
	streams := p.callBack(r)
	if got := p.collect(streams, r.Size); !bytes.Equal(got, content) {
		p.fail("other bytes arrive than the file has")
	}
	p.acknowledge(streams)
	p.reply(wire.MsgOK, "OK")
}

func TestPut(t *testing.T) {
	noLeaks(t)
	for _, size := range []int{1, 3, 100_003} {
		for _, n := range []int{1, 3, 10} {
			t.Run(fmt.Sprintf("%d/%d", size, n), func(t *testing.T) {
				content := noise(size)
				c := dial(t, serve(t, func(p *peer) {
					p.login()
					for range 2 { // the connection serves again
						receive(p, "remote name", content, n)
					}
				}), func(cfg *Config) { cfg.Streams = n })
				write(t, c, "f", content)
				for range 2 {
					got, err := c.Put(t.Context(), "f", "remote name")
					if err != nil {
						t.Fatal(err)
					}
					if got.Op != "put" || got.Local != "f" || got.Remote != "remote name" || got.Bytes != int64(size) || got.Streams != n || got.Compressed {
						t.Errorf("record %+v", got)
					}
					if p := got.Paths; p.Sendfile+p.Copied != int64(size) {
						t.Errorf("paths %+v", p)
					}
				}
			})
		}
	}
}

// TestPutEmpty is answered at once, without data streams.
func TestPutEmpty(t *testing.T) {
	noLeaks(t)
	for _, compress := range []bool{false, true} {
		c := dial(t, serve(t, func(p *peer) {
			p.login()
			code := wire.MsgStore
			if compress {
				code = wire.MsgStoreC
			}
			if r := p.request(code, "f", 0); r.Size != 0 {
				p.fail("a store of %d bytes", r.Size)
			}
			p.reply(wire.MsgOK, "OK")
		}), func(cfg *Config) { cfg.Compress, cfg.Streams = compress, 5 })
		write(t, c, "f", nil)
		if got, err := c.Put(t.Context(), "f", "f"); err != nil || got.Bytes != 0 || got.Streams != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// TestPutCompressed sends blocks that any zlib reads.
func TestPutCompressed(t *testing.T) {
	noLeaks(t)
	content := bytes.Repeat([]byte("all work and no play "), 50_000)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		r := p.request(wire.MsgStoreC, "f", 3)
		streams := p.callBack(r)
		for i, conn := range streams {
			want := segment(content, i, len(streams))
			if got, err := unblock(conn, len(want)); err != nil || !bytes.Equal(got, want) {
				p.fail("data stream %d: %d bytes, %v", i+1, len(got), err)
			}
		}
		p.acknowledge(streams)
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Streams = 3 })
	c.Settings().Compress = true
	write(t, c, "f", content)
	got, err := c.Put(t.Context(), "f", "f")
	if err != nil || !got.Compressed || got.Paths.Deflated != int64(len(content)) {
		t.Errorf("%+v, %v", got, err)
	}
}

// unblock reads n bytes of payload in blocks.
func unblock(r io.Reader, n int) ([]byte, error) {
	var out []byte
	for len(out) < n {
		var h [8]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return out, err
		}
		data := make([]byte, binary.BigEndian.Uint32(h[4:]))
		if _, err := io.ReadFull(r, data); err != nil {
			return out, err
		}
		if binary.BigEndian.Uint32(h[:]) == 1 {
			zr, err := zlib.NewReader(bytes.NewReader(data))
			if err != nil {
				return out, err
			}
			if data, err = io.ReadAll(zr); err != nil {
				return out, err
			}
		}
		out = append(out, data...)
	}
	return out, nil
}

// TestPutRequest checks what legacy servers see of the client's address, and
// where the ports are open.
func TestPutRequest(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		r := p.request(wire.MsgStore, "f", 2)
		if family := r.Sockaddr[:2]; !bytes.Equal(family, []byte{2, 0}) {
			p.fail("address family % x", family)
		}
		if addr, _ := netip.AddrFromSlice(r.Sockaddr[4:8]); addr.String() != "127.0.0.1" {
			p.fail("address %v", addr)
		}
		other := net.JoinHostPort("127.0.0.2", fmt.Sprint(r.Ports[0]))
		if conn, err := net.Dial("tcp", other); err == nil {
			conn.Close()
			p.fail("a data port is open on %s", other)
		}
		p.reply(wire.MsgBadNoRetry, "enough")
		p.wantPath(wire.MsgMkdir, "after")
		p.refusedPort(r.Ports[0])
		p.refusedPort(r.Ports[1])
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Streams, cfg.DataPorts = 2, ownPorts() })
	write(t, c, "f", []byte("content"))
	_, err := c.Put(t.Context(), "f", "f")
	fails[*RefusedError](t, err, "put f", "enough")
	if err := c.Mkdir(t.Context(), "after"); err != nil {
		t.Error(err)
	}
}

// TestLocalSource fails on this machine before the server hears of it, and
// leaves the connection alone.
func TestLocalSource(t *testing.T) {
	noLeaks(t)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgMkdir, "a")
		p.reply(wire.MsgOK, "OK")
		p.wantPath(wire.MsgMkdir, "b")
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Tries = 3 })
	if err := c.Mkdir(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	for name, cause := range map[string]error{"missing": os.ErrNotExist, ".": syscall.EISDIR, "/dev/null": syscall.EINVAL} {
		_, err := c.Put(t.Context(), name, "f")
		fails[*LocalError](t, err, "put "+name)
		if !errors.Is(err, cause) {
			t.Errorf("%v, want %v", err, cause)
		}
	}
	if err := c.Mkdir(t.Context(), "b"); err != nil {
		t.Error(err)
	}
}

// TestPutInfo goes on after any number of warnings (wire.md 11.9).
func TestPutInfo(t *testing.T) {
	noLeaks(t)
	content := noise(1000)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		r := p.request(wire.MsgStore, "f", 2)
		p.reply(wire.MsgInfo, "your window is small")
		streams := p.callBack(r)
		p.reply(wire.MsgInfo, "")
		p.reply(wire.MsgInfo, "and the disk is slow")
		p.collect(streams, r.Size)
		p.acknowledge(streams)
		p.reply(wire.MsgInfo, "almost")
		p.reply(wire.MsgOK, "OK")
	}), func(cfg *Config) { cfg.Streams = 2 })
	write(t, c, "f", content)
	if _, err := c.Put(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
}

// TestPutRetried succeeds after a refusal and a lost connection, from where
// the client was.
func TestPutRetried(t *testing.T) {
	noLeaks(t)
	content := noise(1000)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgChdir, "data")
		p.reply(wire.MsgOK, "/srv/data")
		p.request(wire.MsgStore, "f", 1)
		p.reply(wire.MsgBad, "not yet")
		streams := p.callBack(p.request(wire.MsgStore, "f", 1))
		p.collect(streams, 500)
		p.hangup()
		streams[0].Close()
	}, func(p *peer) {
		p.login()
		p.wantPath(wire.MsgChdir, "/srv/data")
		p.reply(wire.MsgOK, "/srv/data")
		receive(p, "f", content, 1)
	}), func(cfg *Config) { cfg.Tries = 3 })
	if _, err := c.Chdir(t.Context(), "data"); err != nil {
		t.Fatal(err)
	}
	write(t, c, "f", content)
	if _, err := c.Put(t.Context(), "f", "f"); err != nil {
		t.Error(err)
	}
}

// TestPutOfChangingFile is a local failure, whatever the server says.
func TestPutOfChangingFile(t *testing.T) {
	noLeaks(t)
	const size = 256 << 20
	change := make(chan func(), 1)
	c := dial(t, serve(t, func(p *peer) {
		p.login()
		streams := p.callBack(p.request(wire.MsgStore, "f", 1))
		if _, err := io.CopyN(io.Discard, streams[0], 1000); err != nil {
			p.fail("%v", err)
		}
		(<-change)()
		p.closed(streams[0])
		p.reply(wire.MsgBad, "Connection closed before the end of the data")
	}), func(cfg *Config) { cfg.Tries = 3 })
	write(t, c, "f", nil)
	if err := os.Truncate(c.path("f"), size); err != nil {
		t.Fatal(err)
	}
	change <- func() {
		if err := os.Truncate(c.path("f"), size+1); err != nil {
			t.Error(err)
		}
	}
	_, err := c.Put(t.Context(), "f", "f")
	fails[*LocalError](t, err, "put f", "size changed")
	if !errors.Is(err, transfer.ErrChanged) {
		t.Errorf("got %v, want ErrChanged", err)
	}
}
