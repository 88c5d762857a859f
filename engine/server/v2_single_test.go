package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// within waits for a server's end.
func within(t *testing.T, ended <-chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		t.Fatal("the session does not end")
		return nil
	}
}

// TestV2Inetd serves one connection, and says when its login failed.
func TestV2Inetd(t *testing.T) {
	s := newV2Server(t, func(c *Config) { c.Gate = admission.New(admission.Limits{FailureDelay: time.Millisecond}) })
	serve := func(ctx context.Context) (*net.TCPConn, <-chan error) {
		near, far := tcpPair(t)
		ended := make(chan error, 1)
		go func() { ended <- s.ServeConn(ctx, far) }()
		return near, ended
	}
	t.Run("session", func(t *testing.T) {
		conn, ended := serve(t.Context())
		c := loginOver(t, conn, 3)
		c.alive()
		c.head(wire.MsgCloseConn, 0)
		c.closed()
		_ = conn.Close()
		if err := within(t, ended); err != nil {
			t.Errorf("a good session: %v", err)
		}
	})
	t.Run("the server stops", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		conn, ended := serve(ctx)
		loginOver(t, conn, 2).alive()
		cancel()
		if err := within(t, ended); err != nil {
			t.Errorf("a session that was stopped: %v", err)
		}
	})
	t.Run("wrong password", func(t *testing.T) {
		conn, ended := serve(t.Context())
		c := &v2Client{t: t, in: conn, out: conn, conn: conn}
		c.read()
		m, err := wire.NewClearLog("somebody", "else")
		if err != nil {
			t.Fatal(err)
		}
		c.send(m)
		c.never("Incorrect password")
		_ = conn.Close()
		if err := within(t, ended); !errors.Is(err, auth.ErrDenied) && (err == nil || !strings.Contains(err.Error(), "Incorrect password")) {
			t.Errorf("a failed login: %v", err)
		}
	})
}

// pipeEnds are the client's ends of a remote shell's pipes.
type pipeEnds struct{ in, out *os.File }

func (p pipeEnds) Read(b []byte) (int, error)  { return p.in.Read(b) }
func (p pipeEnds) Write(b []byte) (int, error) { return p.out.Write(b) }
func (p pipeEnds) CloseWrite() error           { return p.out.Close() }
func (p pipeEnds) SetDeadline(at time.Time) error {
	_ = p.out.SetWriteDeadline(at) // it may be closed already
	return p.in.SetReadDeadline(at)
}

// shell starts a session over pipes.
func (s *v2Server) shell(t *testing.T, shell Shell) (*v2Client, <-chan error) {
	t.Helper()
	var p pipeEnds
	var err error
	if shell.In, p.out, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	if p.in, shell.Out, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	shell.Account = auth.Account{Name: "somebody", Dir: s.root}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	ended := make(chan error, 1)
	go func() { defer close(done); ended <- s.ServeShell(ctx, shell) }()
	t.Cleanup(func() { cancel(); <-done; _ = p.in.Close(); _ = p.out.Close() })
	return &v2Client{t: t, in: p, out: p, conn: p}, ended
}

// call connects to where the server waits.
func (c *v2Client) call(from, to string, port int32) *v2Client {
	c.t.Helper()
	d := netio.Dialer{Local: netip.AddrPortFrom(netip.MustParseAddr(from), 0)}
	conn, err := d.Dial(c.t.Context(), netip.AddrPortFrom(netip.MustParseAddr(to), uint16(port)).String())
	if err != nil {
		c.t.Fatal(err)
	}
	c.owned(conn)
	return &v2Client{t: c.t, in: conn, out: conn, conn: conn}
}

func (c *v2Client) called23(from string, port int32) {
	c.t.Helper()
	call := c.call(from, "127.0.0.1", port)
	call.send(wire.IPAddr{Kind: wire.MsgIPAddr})
	if got, want := call.read(), (wire.IPAddr{Kind: wire.MsgIPAddrOK}); got != want {
		c.t.Fatalf("the call is answered %v", got)
	}
	call.closed()
	_ = call.out.(io.Closer).Close()
}

// transfers stores and retrieves in the session, and ends it.
func (c *v2Client) transfers(s *v2Server, ended <-chan error) {
	c.t.Helper()
	c.path(wire.MsgChdirV2, 0, ".")
	home, err := filepath.EvalSymlinks(s.root)
	if err != nil {
		c.t.Fatal(err)
	}
	c.ok(home) // paths are those of the machine
	c.request(wish(wire.MsgStoreV2, 6, 0, 2), "file")
	c.put(c.open(c.agreed(), false), "abcdef", nil)
	c.ok("OK")
	s.holds(c.t, "file", "abcdef")
	c.request(wish(wire.MsgRetrV2, 0, 0, 2), home+"/file")
	a := c.agreed()
	if got := c.get(c.open(a, false), a.Size, false); got != "abcdef" {
		c.t.Errorf("got %q", got)
	}
	c.ok("OK")
	c.head(wire.MsgCloseConn, 0)
	c.closed()
	c.halfClose()
	if err := within(c.t.(*testing.T), ended); err != nil {
		c.t.Errorf("the session: %v", err)
	}
}

// TestV2Shell: both sides meet by a call, or by telling their addresses.
func TestV2Shell(t *testing.T) {
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		port := freePair(t)
		for name, caller := range map[string]netip.Addr{
			"unknown caller":           {},
			"known caller":             netip.MustParseAddr("127.0.0.1"),
			"known, as IPv6 writes it": netip.MustParseAddr("::ffff:127.0.0.1"),
			"of the other family":      netip.MustParseAddr("2001:db8::1"),
		} {
			t.Run(name, func(t *testing.T) {
				c, ended := s.shell(t, Shell{Port: port, Caller: caller})
				m, ok := c.read().(wire.LoggedStdin)
				if !ok {
					t.Fatalf("the session begins with %v", m)
				}
				c.called23("127.0.0.1", m.Port)
				c.choose(2, version)
				c.transfers(s, ended)
			})
		}
		t.Run("exchange", func(t *testing.T) {
			here := netip.MustParseAddr("127.0.0.1")
			c, ended := s.shell(t, Shell{Exchange: true, Address: here, Caller: here})
			if got, want := c.read(), (wire.IPAddr{Kind: wire.MsgIPAddr, Addr: netip.MustParseAddr("127.0.0.1")}); got != want {
				t.Fatalf("the session begins with %v, want %v", got, want)
			}
			c.send(wire.IPAddr{Kind: wire.MsgIPAddrOK, Addr: netip.MustParseAddr("127.0.0.1")})
			c.choose(2, version)
			c.transfers(s, ended)
		})
	})
}

// TestV2ShellPort: the announced port is the next one, or where the
// configuration says, or any where that is taken.
func TestV2ShellPort(t *testing.T) {
	announced := func(t *testing.T, set func(*Config), port uint16) int32 {
		t.Helper()
		c, _ := newV2Server(t, set).shell(t, Shell{Port: port})
		m, _ := c.read().(wire.LoggedStdin)
		return m.Port
	}
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	busy := uint16(taken.Addr().(*net.TCPAddr).Port)
	free := freePair(t) + 1
	if got := announced(t, nil, free-1); got != int32(free) {
		t.Errorf("announced %d of %d", got, free)
	}
	if got := announced(t, nil, busy-1); got == int32(busy) || got == 0 {
		t.Errorf("announced %d, which is taken", got)
	}
	free = freePair(t) + 1 // the other is still waited at
	inRange := func(c *Config) { c.AnySourcePort, c.DataPorts = true, netio.PortRange{Min: free, Max: free} }
	if got := announced(t, inRange, 5021); got != int32(free) {
		t.Errorf("announced %d of the data ports %d", got, free)
	}
	if got := announced(t, func(c *Config) { c.AnySourcePort = true }, 0); got == 0 {
		t.Errorf("announced %d of any", got)
	}
	none := func(c *Config) { c.AnySourcePort, c.DataPorts = true, netio.PortRange{Min: busy, Max: busy} }
	c, ended := newV2Server(t, none).shell(t, Shell{})
	c.bad("bbftpd version " + recordedVersion + " : Unable to learn the client's address : Address already in use")
	c.closed()
	c.halfClose()
	if err := within(t, ended); err == nil {
		t.Error("no error of a shell without ports")
	}
}

// TestExpects tells the client from others as far as addresses do.
func TestExpects(t *testing.T) {
	for _, tt := range []struct {
		caller, from string
		want         bool
	}{
		{"", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "2001:db8::1", false}, // who has come by IPv4 can call by it
		{"2001:db8::1", "192.0.2.1", true},  // and legacy clients can by nothing else
		{"2001:db8::1", "2001:db8::1", true},
		{"2001:db8::1", "2001:db8::2", false},
		{"fe80::1%eth0", "fe80::1%eth1", true},
	} {
		var caller netip.Addr
		if tt.caller != "" {
			caller = netip.MustParseAddr(tt.caller)
		}
		if got := (Shell{Caller: caller}).expects(netip.MustParseAddr(tt.from)); got != tt.want {
			t.Errorf("came from %q, calls from %s: %t", tt.caller, tt.from, got)
		}
	}
}

// TestV2ShellStrangers: who is not the client, or does not talk like one, does
// not end the wait.
func TestV2ShellStrangers(t *testing.T) {
	s := newV2Server(t, nil)
	c, ended := s.shell(t, Shell{Port: freePair(t), Caller: netip.MustParseAddr("127.0.0.2")})
	port := c.read().(wire.LoggedStdin).Port
	stranger := c.call("127.0.0.1", "127.0.0.1", port)
	stranger.send(wire.IPAddr{Kind: wire.MsgIPAddr})
	if _, err := stranger.tryRead(); err == nil {
		t.Error("a stranger is answered")
	}
	for _, garbage := range [][]byte{nil, {0}, []byte("GET / HTTP/1.1\r\n\r\n"), wire.Header{Code: wire.MsgIPAddr, Len: -1}.Append(nil)} {
		caller := c.call("127.0.0.2", "127.0.0.1", port)
		caller.sendBytes(garbage)
		caller.halfClose()
		if _, err := caller.tryRead(); err == nil {
			t.Errorf("%q is answered", garbage)
		}
	}
	for range 10 {
		c.call("127.0.0.2", "127.0.0.1", port) // who says nothing holds nobody up
	}
	c.called23("127.0.0.2", port)
	c.choose(2, 3)
	c.alive()
	if conn, err := net.Dial("tcp4", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port)).String()); err == nil {
		_ = conn.Close()
		t.Error("the port of the call is still open")
	}
	c.halfClose()
	c.closed()
	if err := within(t, ended); err != nil {
		t.Error(err)
	}
}

// TestV2ShellUnmet: a client that never shows has an answer and an end.
func TestV2ShellUnmet(t *testing.T) {
	const unmet = "bbftpd version " + recordedVersion + " : Unable to learn the client's address : "
	soon := func(c *Config) { c.Waits.Caller = 50 * time.Millisecond }
	exchange := Shell{Exchange: true, Address: netip.MustParseAddr("127.0.0.1")}
	known := exchange
	known.Caller = exchange.Address
	for _, test := range []struct {
		name  string
		set   func(*Config)
		shell Shell
		do    func(*v2Client)
		text  string
	}{
		{"no call", soon, Shell{}, func(*v2Client) {}, "Connection timed out"},
		{"gone", nil, Shell{}, (*v2Client).halfClose, ""},
		{"no client", soon, Shell{}, func(c *v2Client) { c.sendBytes([]byte("#!/bin/sh")) }, "Connection timed out"},
		{"no answer", soon, exchange, func(*v2Client) {}, "Connection timed out"},
		{"gone without answer", nil, exchange, (*v2Client).halfClose, ""},
		{"another message", nil, exchange, func(c *v2Client) { c.head(wire.MsgProt, 0) }, ""},
		{"no address", nil, exchange, func(c *v2Client) { c.head(wire.MsgIPAddrOK, 0) }, ""},
		{"0.0.0.0", nil, exchange, func(c *v2Client) { c.body(wire.MsgIPAddrOK, "\x00\x00\x00\x00") }, ""},
		{"another's address", nil, known, func(c *v2Client) { c.body(wire.MsgIPAddrOK, "\xc0\x00\x02\x01") }, "Not the address that ssh came from"},
		{"a long address", nil, exchange, func(c *v2Client) { c.body(wire.MsgIPAddrOK, "12345678") }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, ended := newV2Server(t, test.set).shell(t, test.shell)
			c.read()
			test.do(c)
			if m, ok := c.read().(wire.Reply); !ok || m.Kind != wire.MsgBad || !strings.HasPrefix(m.Text, unmet) || !strings.HasSuffix(m.Text, test.text) {
				t.Errorf("the pipe says %v", m)
			}
			c.closed()
			c.halfClose()
			if err := within(t, ended); err == nil {
				t.Error("no error")
			}
		})
	}
}

// TestV2ShellVersionOne is not served: its data ports would be guessed.
func TestV2ShellVersionOne(t *testing.T) {
	for _, first := range []func(*v2Client){
		func(c *v2Client) { c.body(wire.MsgList, "*"); c.never("Version 1 is not served here") },
		func(c *v2Client) {
			c.send(wire.Signal{Kind: wire.MsgProt})
			c.read()
			c.send(wire.ProtChoice{Version: 1})
		},
	} {
		c, ended := newV2Server(t, nil).shell(t, Shell{Exchange: true, Address: netip.MustParseAddr("127.0.0.1")})
		c.read()
		c.send(wire.IPAddr{Kind: wire.MsgIPAddrOK, Addr: netip.MustParseAddr("127.0.0.1")})
		first(c)
		if m, err := c.tryRead(); !errors.Is(err, io.EOF) {
			t.Errorf("the session goes on with %v, %v", m, err)
		}
		c.halfClose()
		if err := within(t, ended); err != nil {
			t.Error(err)
		}
	}
}
