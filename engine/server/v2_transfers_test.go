package server

import (
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio"
)

// bothVersions runs test for version 2 and 3 against one server.
func bothVersions(t *testing.T, set func(*Config), test func(*testing.T, *v2Server, int32)) {
	s := newV2Server(t, set)
	for _, version := range []int32{2, 3} {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) { test(t, s, version) })
	}
}

// TestV2Transfers stores and retrieves, with what else TRANS_OK says.
func TestV2Transfers(t *testing.T) {
	mixed := string(fixtures["mixed"].Bytes())
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		c := s.login(t, version)
		for _, streams := range []int32{1, 3, 6} {
			for _, o := range []wire.Options{0, wire.OptGzip} {
				name := fmt.Sprintf("%d.%d.%v", version, streams, o)
				r := wish(wire.MsgStoreV2, int64(len(mixed)), o|wire.OptQBSS|wire.OptRFIOO|1<<20, streams)
				c.request(r, name)
				a := c.agreed()
				want := r
				want.Kind, want.Options, want.Ports = a.Kind, o, a.Ports
				if fmt.Sprint(a) != fmt.Sprint(want) {
					t.Errorf("a store is answered\n\t%+v, want\n\t%+v", a, want)
				}
				var pack func([]byte) []byte
				if o != 0 {
					pack = packZlib(v2Block)
				}
				c.put(c.open(a, false), mixed, pack)
				c.ok("OK")
				s.holds(t, name, mixed)

				r = wish(wire.MsgRetrV2, 0, o|wire.OptQBSS|1<<30, streams)
				c.request(r, name)
				a = c.agreed()
				if a.Size != int64(len(mixed)) || a.Streams != streams || a.Options != r.Options || a.Mode != 0o644 {
					t.Errorf("a retrieve is answered %+v", a)
				}
				if got := c.get(c.open(a, false), a.Size, o != 0); got != mixed {
					t.Errorf("%s comes back otherwise", name)
				}
				c.ok("OK")
			}
		}
		c.send(wire.Signal{Kind: wire.MsgCloseConn})
		c.closed()
	})
}

// TestV2Streams: at most one stream a full buffer, and as many as the server
// allows.
func TestV2Streams(t *testing.T) {
	bothVersions(t, func(c *Config) { c.MaxStreams = 4 }, func(t *testing.T, s *v2Server, version int32) {
		for size, want := range map[int]int32{1: 1, v2Block - 1: 1, 2*v2Block - 1: 1, 2 * v2Block: 2, 9 * v2Block: 4} {
			s.write(t, "file", strings.Repeat("x", size), 0o600)
			c := s.login(t, version)
			c.request(wish(wire.MsgRetrV2, 0, 0, 1<<31-1), "file")
			if a := c.agreed(); a.Streams != want || version == 3 && len(a.Ports) != int(want) {
				t.Errorf("%d bytes: %d streams, ports %v, want %d", size, a.Streams, a.Ports, want)
			}
		}
		c := s.login(t, version)
		c.request(wish(wire.MsgStoreV2, 10, 0, 100), "new")
		if a := c.agreed(); a.Streams != 4 {
			t.Errorf("a store gets %d streams", a.Streams)
		}
		// Compressed blocks are held in memory, plain buffers are not.
		for o, want := range map[wire.Options]int32{wire.OptGzip: 2, 0: 4} {
			large := wish(wire.MsgStoreV2, 10, o, 100)
			large.BufferSize = maxBlock
			c := s.login(t, version)
			c.request(large, "new")
			if a := c.agreed(); a.Streams != want {
				t.Errorf("a store with buffers of %d KiB and options %v gets %d streams, want %d", maxBlock, o, a.Streams, want)
			}
		}
		sparse := wish(wire.MsgRetrV2, 0, wire.OptGzip, 100)
		sparse.BufferSize = maxBlock
		s.write(t, "sparse", "", 0o600)
		if err := os.Truncate(filepath.Join(s.root, "sparse"), 10*maxBlock<<10); err != nil {
			t.Fatal(err)
		}
		c = s.login(t, version)
		c.request(sparse, "sparse")
		if a := c.agreed(); a.Streams != 2 {
			t.Errorf("a retrieve with buffers of %d KiB gets %d streams", maxBlock, a.Streams)
		}
	})
}

// TestV2Attributes: modes, umask and times of what is stored and retrieved.
func TestV2Attributes(t *testing.T) {
	const all = wire.OptTmp | wire.OptAcc | wire.OptMode | wire.OptDir
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		for _, test := range []struct {
			name    string
			o       wire.Options
			mode    int32
			umask   string // "" for the session's own
			want    fs.FileMode
			dated   bool
			content string
		}{
			{"plain", 0, 0o777, "", 0o644, false, "x"},
			{"all", all, 0o751, "", 0o751, true, "x"},
			{"no set-id", all, 0o7777, "", 0o777, true, "x"},
			{"mode only", wire.OptMode, 0o400, "\x00\x00\x01\xff", 0o400, false, "x"},
			{"umask", wire.OptTmp, 0, "\x00\x00\x00\x17", 0o640, false, "x"},
			{"times only", wire.OptAcc, 0, "\x00\x00\x00\x3f", 0o600, true, "x"},
			{"empty", all, 0o604, "", 0o604, true, ""},
			{"empty plain", 0, 0o604, "\x7f\xff\xfe\x07", 0o660, false, ""},
		} {
			for _, there := range []bool{false, true} {
				name := fmt.Sprintf("%s %d %v", test.name, version, there)
				if there {
					s.write(t, name, "the one before", 0o602)
				}
				c := s.login(t, version)
				if test.umask != "" {
					c.body(wire.MsgChumask, test.umask)
					c.read()
				}
				r := wish(wire.MsgStoreV2, int64(len(test.content)), test.o, 1)
				r.Mode = test.mode
				c.request(r, name)
				if test.content == "" {
					c.ok("")
				} else {
					c.put(c.open(c.agreed(), false), test.content, nil)
					c.ok("OK")
				}
				s.holds(t, name, test.content)
				info, err := os.Stat(filepath.Join(s.root, name))
				if err != nil || info.Mode() != test.want {
					t.Errorf("%s has mode %v (%v), want %v", name, info.Mode(), err, test.want)
				}
				if dated := info.ModTime().Unix() == 1_000_000_060; dated != test.dated {
					t.Errorf("%s was modified %v", name, info.ModTime())
				}
			}
		}
		s.write(t, "there", "x", 0o4711)
		times := [2]time.Time{time.Unix(1_000_000_000, 0), time.Unix(1_000_000_060, 0)}
		if err := os.Chtimes(filepath.Join(s.root, "there"), times[0], times[1]); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Chmod(filepath.Join(s.root, "there"), 0o4711); err != nil {
			t.Fatal(err)
		}
		c := s.login(t, version)
		c.request(wish(wire.MsgRetrV2, 0, all, 1), "there")
		if a := c.agreed(); a.Mode != 0o4711 || string(a.Accessed[:]) != "3b9aca00" || string(a.Modified[:]) != "3b9aca3c" {
			t.Errorf("a retrieve tells mode %o, times %q %q", a.Mode, a.Accessed, a.Modified)
		}
	})
}

// TestV2Directories: missing ones are made where asked for.
func TestV2Directories(t *testing.T) {
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		c := s.login(t, version)
		c.request(wish(wire.MsgStoreV2, 0, 0, 1), "no/such/file")
		c.never("Directory (no/such) creation needed but TROPT_DIR not set")
		dir := fmt.Sprintf("d%d", version)
		c.request(wish(wire.MsgStoreV2, 0, wire.OptDir, 1), dir+"/e/file")
		c.ok("")
		for _, d := range []string{dir, dir + "/e"} {
			if info, err := os.Stat(filepath.Join(s.root, d)); err != nil || info.Mode() != 0o755|fs.ModeDir {
				t.Errorf("%s is %v, %v", d, info.Mode(), err)
			}
		}
	})
}

// TestV2Empty: an empty file needs no stream, not even a count or ports.
func TestV2Empty(t *testing.T) {
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		c := s.login(t, version)
		c.request(wish(wire.MsgStoreV2, 0, wire.OptTmp, 0), "empty")
		c.ok("")
		for _, code := range []wire.Code{wire.MsgCreateZero, wire.MsgAbort} {
			c.request(wish(wire.MsgRetrV2, 0, 0, 7), "empty")
			if a := c.agreed(); a.Size != 0 || a.Streams != 1 || len(a.Ports) != 0 {
				t.Errorf("an empty file is offered as %+v", a)
			}
			c.head(code, 0)
			c.alive()
		}
	})
}

// TestV2Simulation: streams are opened and closed, and nothing else happens.
func TestV2Simulation(t *testing.T) {
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		s.write(t, "old", "precious", 0o444)
		before, err := os.Stat(filepath.Join(s.root, "old"))
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []wire.Options{wire.OptTmp, wire.OptTmp | wire.OptAcc | wire.OptMode | wire.OptDir | wire.OptGzip} {
			for _, kind := range []wire.Code{wire.MsgStoreV2, wire.MsgRetrV2} {
				for _, name := range []string{"old", "new"} {
					size := int64(100_000)
					if kind == wire.MsgRetrV2 {
						if size = 0; name == "new" {
							continue
						}
					}
					c := s.login(t, version)
					c.request(wish(kind, size, o, 3), name)
					a := c.agreed()
					for i, conn := range c.open(a, true) {
						if got, err := io.ReadAll(conn); len(got) > 0 || err != nil {
							t.Errorf("stream %d of a simulation carries %q, %v", i+1, got, err)
						}
					}
					c.ok("OK")
					closedPorts(t, a.Ports)
					c.alive()
				}
			}
		}
		s.wantNames(t, "old")
		s.holds(t, "old", "precious")
		if after, err := os.Stat(filepath.Join(s.root, "old")); err != nil || !os.SameFile(before, after) ||
			!after.ModTime().Equal(before.ModTime()) || after.Mode() != before.Mode() {
			t.Errorf("simulations left %v (%v) of %v", after, err, before)
		}
		if err := os.Remove(filepath.Join(s.root, "old")); err != nil {
			t.Fatal(err)
		}
	})
}

// TestV2ForeignStarts: version 3 takes the start of version 2 and reads its
// ports, but accepts; version 2 has nobody to call on a start of version 3.
func TestV2ForeignStarts(t *testing.T) {
	s := newV2Server(t, nil)
	for i, code := range starts[2] {
		c := s.login(t, 3)
		c.request(wish(wire.MsgStoreV2, 6, 0, 2), "file")
		conns := c.dial(c.agreed().Ports)
		c.send(wire.ActiveStart{Kind: code, Ports: wire.Ports{1, 2}})
		if i == 0 {
			c.put(conns, "abcdef", nil)
		}
		c.ok("OK")
		s.holds(t, "file", "abcdef")
	}
	for _, code := range starts[3] {
		c := s.login(t, 2)
		c.request(wish(wire.MsgStoreV2, 6, 0, 2), "other")
		c.agreed()
		c.send(wire.NewPassiveStart(code, 2))
		c.never(textUnknown23)
		c.closed()
	}
	s.wantNames(t, "file")
}

// TestV2Stranger: only the control connection's peer gets a stream.
func TestV2Stranger(t *testing.T) {
	s := newV2Server(t, nil)
	c := s.login(t, 3)
	c.request(wish(wire.MsgStoreV2, 6, 0, 1), "file")
	a := c.agreed()
	d := netio.Dialer{Local: (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}).AddrPort()}
	stranger, err := d.Dial(t.Context(), fmt.Sprintf("127.0.0.1:%d", a.Ports[0]))
	if err != nil {
		t.Skip("no second loopback address on this system")
	}
	defer stranger.Close()
	if _, err := stranger.Write([]byte("attack")); err != nil && !gone(err) { // it may be closed already
		t.Fatal(err)
	}
	c.put(c.open(a, false), "abcdef", nil)
	c.ok("OK")
	s.holds(t, "file", "abcdef")
	if err := stranger.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if n, err := stranger.Read(make([]byte, 8)); n > 0 || err == nil {
		t.Errorf("the stranger reads %d bytes, %v", n, err)
	}
}

// TestV2MissingStream: of a client that could not open all its streams the
// server learns by the time limit, and the session goes on (wire.md 11.20).
func TestV2MissingStream(t *testing.T) {
	s := newV2Server(t, func(c *Config) { c.Waits.Connect = 100 * time.Millisecond })
	s.write(t, "file", "before", 0o644)
	for _, simulate := range []int{0, 1} {
		c := s.login(t, 3)
		c.request(wish(wire.MsgStoreV2, 6, 0, 3), "file")
		a := c.agreed()
		c.dial(a.Ports[:2])
		c.send(wire.NewPassiveStart(starts[3][simulate], 3))
		c.bad("Error on server: Connection timed out")
		closedPorts(t, a.Ports)
		s.wantNames(t, "file")
		c.alive()
	}
	s.holds(t, "file", "before")
}

// TestV2RefusedCall: the first port at which nobody listens is named.
func TestV2RefusedCall(t *testing.T) {
	s := newV2Server(t, nil)
	c := s.login(t, 2)
	c.request(wish(wire.MsgStoreV2, 6, 0, 2), "file")
	c.agreed()
	_, ports := c.listeners(1)
	ports = append(ports, refusing(t))
	c.send(wire.ActiveStart{Kind: wire.MsgTransStartV2, Ports: ports})
	c.bad(fmt.Sprintf("Cannot connect receive socket port 127.0.0.1:%d : Connection refused", ports[1]))
	s.wantNames(t)
	c.alive()
	for _, port := range []int32{0, 22, 1023, 65536, -1} {
		c.request(wish(wire.MsgStoreV2, 6, 0, 2), "file")
		c.agreed()
		c.send(wire.ActiveStart{Kind: wire.MsgTransStartV2, Ports: wire.Ports{ports[0], port}})
		if m, ok := c.read().(wire.Reply); !ok || m.Kind != wire.MsgBadNoRetry || !strings.HasPrefix(m.Text, textInvalid) {
			t.Errorf("port %d is answered %v", port, m)
		}
		s.wantNames(t)
		c.alive()
	}
}

// TestV2NoPorts: without data ports a transfer fails, the session does not.
func TestV2NoPorts(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := uint16(l.Addr().(*net.TCPAddr).Port)
	s := newV2Server(t, func(c *Config) {
		c.DataPorts, c.Waits.Ports = netio.PortRange{Min: taken, Max: taken}, time.Millisecond
	})
	s.write(t, "file", "before", 0o644)
	c := s.login(t, 3)
	for _, kind := range []wire.Code{wire.MsgStoreV2, wire.MsgRetrV2} {
		c.request(wish(kind, 6, 0, 1), "file")
		c.bad("No free data port")
		c.alive()
	}
	s.wantNames(t, "file")
	if log := string(s.log.take()); !strings.Contains(log, "no free port in range") {
		t.Errorf("the log does not tell:\n%s", log)
	}
}
