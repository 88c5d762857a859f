package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestMain lets the test binary be the ssh of its tests: the shell's end is a
// script like any other server's.
func TestMain(m *testing.M) {
	if what := os.Getenv("FAKE_SSH"); what != "" {
		os.Exit(fakeSSH(what))
	}
	os.Exit(m.Run())
}

// fakeSSH connects its pipes with a port, or says something and exits.
func fakeSSH(what string) int {
	record, err := json.Marshal(os.Args[1:])
	if err == nil {
		_, err = lock(os.Getenv("FAKE_SSH_RECORD"), 0) // as long as the process lives
	}
	if err == nil {
		err = os.WriteFile(os.Getenv("FAKE_SSH_RECORD"), record, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	fmt.Fprint(os.Stderr, "a word from ssh")
	if what == "hang" {
		time.Sleep(time.Hour)
	}
	if noise, status, found := strings.Cut(what, "|"); found {
		fmt.Print(noise)
		n, _ := strconv.Atoi(status)
		return n
	}
	conn, err := net.Dial("tcp", "127.0.0.1:"+what)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	go func() {
		_, _ = io.Copy(conn, os.Stdin)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(os.Stdout, conn)
	return 0
}

// lock takes the lock beside the record; how may be LOCK_NB. It is held until the
// descriptor is closed.
func lock(record string, how int) (fd int, err error) {
	fd, err = syscall.Open(record+".lock", syscall.O_RDWR|syscall.O_CREAT|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return 0, err
	}
	if err = syscall.Flock(fd, syscall.LOCK_EX|how); err != nil {
		_ = syscall.Close(fd)
	}
	return fd, err
}

// shellEnded checks that the fake ssh is no more. Its process id would not tell: it may
// be another's by now.
func shellEnded(t *testing.T) {
	t.Helper()
	fd, err := lock(os.Getenv("FAKE_SSH_RECORD"), syscall.LOCK_NB)
	if err != nil {
		t.Errorf("ssh is still there: %v", err)
		return
	}
	_ = syscall.Close(fd)
}

// overSSH makes the client start this test binary instead of ssh. The result
// reads the arguments of its last call.
func overSSH(t *testing.T, what string) (set func(*Config), called func() []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	record := filepath.Join(t.TempDir(), "record")
	t.Setenv("FAKE_SSH", what)
	t.Setenv("FAKE_SSH_RECORD", record)
	t.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")) // else each fake ssh takes a second to end
	set = func(cfg *Config) { cfg.Protocol, cfg.User, cfg.SSH = 0, "", &SSH{Command: []string{self}} }
	return set, func() (args []string) {
		t.Helper()
		b, err := os.ReadFile(record)
		if err == nil {
			err = json.Unmarshal(b, &args)
		}
		if err != nil {
			t.Fatal(err)
		}
		return args
	}
}

// shell begins a session over pipes and agrees on a version.
func (p *peer) shell(version int) {
	p.Helper()
	ln := p.listen()
	p.send(wire.LoggedStdin{Port: int32(port(ln))})
	conn, err := ln.Accept()
	if err != nil {
		p.fail("%v", err)
	}
	defer conn.Close()
	if m, err := wire.Read(conn, wire.Client); err != nil || m != (wire.IPAddr{Kind: wire.MsgIPAddr}) {
		p.fail("%+v, %v instead of MSG_IPADDR", m, err)
	}
	if _, err := conn.Write(wire.IPAddr{Kind: wire.MsgIPAddrOK}.Append(nil)); err != nil {
		p.fail("%v", err)
	}
	p.agree(version)
}

// TestSSH runs a session over the pipes of a remote shell.
func TestSSH(t *testing.T) {
	noLeaks(t)
	content := noise(100_003)
	newer(t, func(t *testing.T, version int) {
		session := serve(t, func(p *peer) {
			p.shell(version)
			m, streams := p.granted(wire.MsgStoreV2, "f", 0)
			if got := p.collect(streams, m.Size); !bytes.Equal(got, content) {
				p.fail("other bytes arrive than the file has")
			}
			p.acknowledge(streams)
			p.reply(wire.MsgOK, "OK")
			_, streams = p.granted(wire.MsgRetrV2, "f", int64(len(content)))
			p.deliver(streams, content, false)
			p.reply(wire.MsgOK, "OK")
			p.after()
		})
		ssh, called := overSSH(t, strconv.Itoa(int(session)))
		var stderr bytes.Buffer
		greetings := 0
		c := dial(t, 0, func(cfg *Config) {
			ssh(cfg)
			cfg.Active, cfg.Streams = version == 2, 3
			cfg.SSH.Stderr = &stderr
			cfg.OnLogin = func(text string) { greetings += 1 + len(text) }
		})
		write(t, c, "f", content)
		if _, err := c.Put(t.Context(), "f", "f"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), "f", "g"); err != nil {
			t.Fatal(err)
		}
		goesOn(t, c)
		holds(t, c, "f", string(content), "g", string(content))
		if args, want := called(), []string{"-x", "-a", "--", "127.0.0.1", "bbftpd -s"}; !slices.Equal(args, want) {
			t.Errorf("called with %q, want %q", args, want)
		}
		c.disconnect()
		shellEnded(t)
		if greetings != 1 || stderr.String() != "a word from ssh" {
			t.Errorf("%d greetings; on stderr %q", greetings, stderr.String())
		}
	})
}

func TestSSHLine(t *testing.T) {
	s := SSH{Command: []string{"ssh", "-v"}, Batch: true, Identity: "key", Server: "bin/bbftpd -s -A"}
	want := []string{
		"ssh", "-v", "-x", "-a", "-oBatchMode=yes", "-oStrictHostKeyChecking=accept-new", "-i", "key", "-l", "bob",
		"--", "host", "bin/bbftpd -s -A",
	}
	if got := s.line("bob", "host"); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := (&SSH{}).line("", "host"); !slices.Equal(got, []string{"ssh", "-q", "-x", "-a", "--", "host", "bbftpd -s"}) {
		t.Errorf("%q", got)
	}
}

// TestSSHExchange learns the addresses over the pipes (server option -A).
func TestSSHExchange(t *testing.T) {
	noLeaks(t)
	loopback := netip.MustParseAddr("127.0.0.1")
	newer(t, func(t *testing.T, version int) {
		session := serve(t, func(p *peer) {
			p.send(wire.IPAddr{Kind: wire.MsgIPAddr, Addr: loopback})
			if m := p.want(wire.MsgIPAddrOK).(wire.IPAddr); m.Addr != loopback {
				p.fail("the client is at %v", m.Addr)
			}
			p.agree(version)
			_, streams := p.granted(wire.MsgRetrV2, "f", 7)
			p.deliver(streams, []byte("content"), false)
			p.reply(wire.MsgOK, "OK")
		})
		ssh, _ := overSSH(t, strconv.Itoa(int(session)))
		c := dial(t, 0, func(cfg *Config) { ssh(cfg); cfg.Active, cfg.Host = version == 2, "alias" })
		if _, err := c.Get(t.Context(), "f", "f"); err != nil {
			t.Error(err)
		}
		holds(t, c, "f", "content")
	})
}

// TestSSHWithoutServer tells why no session begins.
func TestSSHWithoutServer(t *testing.T) {
	noLeaks(t)
	banner := "Welcome to the machine!\r\nHave fun. " + strings.Repeat("x", 100)
	for name, tt := range map[string]struct {
		what      string
		retryable bool
		says      []string
	}{
		"noise":         {banner + "|0", false, []string{`"Welcome to the machine!\r\nHave fun. xxx`, `x" where the server`, "start-up files"}},
		"little noise":  {"hi\n|0", false, []string{`"hi\n"`}},
		"no program":    {"|127", false, []string{"the server did not start", "exit status 127"}},
		"no words":      {"|0", false, []string{"the server did not start", "without a word"}},
		"no connection": {"|255", true, []string{"exit status 255"}},
		"port 0":        {string(wire.LoggedStdin{}.Append(nil)) + "|0", true, []string{"port 0"}},
		"port 65536":    {string(wire.LoggedStdin{Port: 65536}.Append(nil)) + "|0", true, []string{"port 65536"}},
		"nobody there":  {string(wire.LoggedStdin{Port: int32(nobody(t))}.Append(nil)) + "|0", true, []string{"ssh reaches the host", "direct connection", "refused"}},
		"no address":    {string(wire.IPAddr{Kind: wire.MsgIPAddr}.Append(nil)) + "|0", true, []string{"the server's address"}},
		"out of turn":   {string(wire.ProtRange{Min: 1, Max: 3}.Append(nil)) + "|0", true, []string{"MSG_PROT_ANS as first word"}},
		"half a word":   {string(wire.LoggedStdin{Port: 1}.Append(nil)[:10]) + "|0", true, []string{"truncated"}},
		"refused":       {string(wire.Reply{Kind: wire.MsgBad, Text: "Cannot listen"}.Append(nil)) + "|1", true, []string{"Cannot listen"}},
	} {
		t.Run(name, func(t *testing.T) {
			// An environment holds no NUL: what is to be said goes through a script.
			what := tt.what
			if strings.Contains(what, "\x00") {
				said, _, _ := strings.Cut(what, "|")
				what = strconv.Itoa(int(serve(t, func(p *peer) {
					p.raw([]byte(said))
					p.conn.CloseWrite()
				})))
			}
			ssh, _ := overSSH(t, what)
			c := dial(t, 0, ssh)
			err := c.Connect(t.Context())
			says(t, err, tt.says...)
			if e, ok := errors.AsType[*ExhaustedError](err); ok {
				err = e.Err
			}
			if Retryable(err) != tt.retryable {
				t.Errorf("%v: worth another try: %t", err, !tt.retryable)
			}
			if len(err.Error()) > 300 {
				t.Errorf("%d bytes of message", len(err.Error()))
			}
		})
	}
}

// TestSSHAlias is a name only ssh knows: the direct connection can't be made.
func TestSSHAlias(t *testing.T) {
	noLeaks(t)
	session := serve(t, func(p *peer) { p.send(wire.LoggedStdin{Port: 5022}) })
	ssh, _ := overSSH(t, strconv.Itoa(int(session)))
	c := dial(t, 0, func(cfg *Config) { ssh(cfg); cfg.Host, cfg.Tries = "no..host", 3 })
	fails[*ConnectError](t, c.Connect(t.Context()), "ssh reaches the host", "direct connection", "no..host")
}

func TestSSHMissing(t *testing.T) {
	noLeaks(t)
	c := dial(t, 0, func(cfg *Config) {
		cfg.Protocol, cfg.Tries, cfg.SSH = 0, 3, &SSH{Command: []string{"/nonexistent/ssh"}}
	})
	fails[*LocalError](t, c.Connect(t.Context()), "start /nonexistent/ssh")
}

// TestSSHKilled leaves no process behind, even one that ignores everything.
func TestSSHKilled(t *testing.T) {
	noLeaks(t)
	ssh, _ := overSSH(t, "hang")
	c := dial(t, 0, ssh)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Connect(ctx) }()
	settle(t, "processes to come", 0, func() int {
		if b, err := os.ReadFile(os.Getenv("FAKE_SSH_RECORD")); err != nil || !json.Valid(b) {
			return 1
		}
		return 0
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cause", err)
	}
	shellEnded(t)
}

// TestSSHAfterRefusal can't know the release: it gives the server a moment to
// close before it believes that the session goes on.
func TestSSHAfterRefusal(t *testing.T) {
	noLeaks(t)
	session := serve(t, func(p *peer) {
		p.shell(3)
		p.wantCommand(wire.MsgRm, "f")
		p.reply(wire.MsgBadNoRetry, "no")
		p.hangup()
	}, func(p *peer) {
		p.shell(3)
		p.after()
	})
	ssh, _ := overSSH(t, strconv.Itoa(int(session)))
	c := dial(t, 0, func(cfg *Config) { ssh(cfg); noPause(t)(cfg); cfg.Waits.Settle = time.Minute })
	fails[*RefusedError](t, c.Remove(t.Context(), "f"), "no")
	goesOn(t, c)
}

// TestSSHOnlyVersion1 is not spoken there.
func TestSSHOnlyVersion1(t *testing.T) {
	noLeaks(t)
	session := serve(t, func(p *peer) {
		p.send(wire.IPAddr{Kind: wire.MsgIPAddr, Addr: netip.MustParseAddr("127.0.0.1")})
		p.want(wire.MsgIPAddrOK)
		p.want(wire.MsgProt)
		p.reply(wire.MsgBad, "Unknown message")
	})
	ssh, _ := overSSH(t, strconv.Itoa(int(session)))
	c := dial(t, 0, ssh)
	if err := c.Connect(t.Context()); !errors.Is(err, ErrVersion) {
		t.Errorf("got %v, want ErrVersion", err)
	}
}
