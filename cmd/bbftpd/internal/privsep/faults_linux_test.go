package privsep

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/auth"
	"bbftp/engine/auth/system"
	"bbftp/engine/client"
	"bbftp/engine/control"
)

// held are people of whom it takes as long as somebody wants to know them.
type held struct {
	people
	begun, over chan struct{}
}

func (h held) Login(ctx context.Context, c auth.Credentials) (system.User, error) {
	h.begun <- struct{}{}
	select {
	case <-h.over:
	case <-ctx.Done():
		return system.User{}, ctx.Err()
	}
	return h.people.Login(ctx, c)
}

// both runs a test without TLS and with. secured makes clients use it.
func both(t *testing.T, test func(t *testing.T, secure bool)) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS %v", secure), func(t *testing.T) { test(t, secure) })
	}
}

// openBoth is a host that offers TLS, and what makes its clients use it or not.
func openBoth(t *testing.T, secure bool, change func(*Config)) (*host, func(*client.Config)) {
	t.Helper()
	secured := func(*client.Config) {}
	h := open(t, func(c *Config) {
		policy := offer(t, c)
		if secure {
			secured = func(c *client.Config) { c.Trust = policy }
		}
		if change != nil {
			change(c)
		}
	})
	return h, secured
}

// free waits until nothing is left of any connection.
func (h *host) free() {
	h.t.Helper()
	until(h.t, "all places free", func() bool {
		n := h.gate.Counts()
		return n.Sessions+n.LoggingIn+n.Streams == 0
	})
	until(h.t, "all processes gone", func() bool { return len(children(h.t)) == 0 })
}

// hold keeps the monitor from starting processes.
func (h *host) hold() (goOn func()) {
	h.t.Helper()
	var turns []func()
	for range runtime.GOMAXPROCS(0) {
		over, err := h.starts.take(h.t.Context(), loggedIn)
		if err != nil {
			h.t.Fatal(err)
		}
		turns = append(turns, over)
	}
	return func() {
		for _, over := range turns {
			over()
		}
	}
}

func freeze(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
}

// TestKilledInCheck kills a door whose password is being checked.
func TestKilledInCheck(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		slow := held{begun: make(chan struct{}), over: make(chan struct{})}
		h, secured := openBoth(t, secure, func(c *Config) {
			slow.people = c.Accounts.(people)
			c.Accounts = slow
		})
		alice, ended := h.client("alice", password, secured), make(chan error, 1)
		go func() { ended <- alice.Connect(t.Context()) }()
		<-slow.begun
		kill(t, only(t, partDoor).pid)
		if err := <-ended; err == nil {
			t.Error("logged in through a door that is no more")
		}
		close(slow.over)
		h.book.await(t, "the failure", func(r audit.Record) bool {
			return r.Event == audit.Login && r.Outcome == audit.Failed && r.User == "alice" && r.Reason == reasonDied
		})
		h.free()
	})
}

// TestKilledInHandover kills a door while the session is about to be started: its
// client is served or cut, and nothing is left either way.
func TestKilledInHandover(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		slow := held{begun: make(chan struct{}), over: make(chan struct{})}
		h, secured := openBoth(t, secure, func(c *Config) {
			slow.people = c.Accounts.(people)
			c.Accounts = slow
		})
		alice, ended := h.client("alice", password, secured), make(chan error, 1)
		go func() { ended <- alice.Connect(t.Context()) }()
		<-slow.begun
		goOn := h.hold()
		close(slow.over)
		until(t, "a session to begin", func() bool { return h.gate.Counts().Sessions == 1 })
		kill(t, only(t, partDoor).pid)
		goOn()
		if err := <-ended; err == nil {
			if secure {
				t.Error("the client is served through a door that is no more")
			}
			if _, err := alice.Put(t.Context(), h.write("local", "x", 0, 0, 0o644), "mine"); err != nil {
				t.Error(err)
			}
		}
		_ = alice.Close()
		h.free()
		h.book.await(t, "what became of it", func(r audit.Record) bool {
			return r.User == "alice" && (r.Event == audit.Session || r.Event == audit.Login && r.Outcome == audit.Failed)
		})
	})
}

// TestKilledInTransfer kills either process while a file is being stored: nothing
// of it stays, as it had no name yet.
func TestKilledInTransfer(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		h, secured := openBoth(t, secure, func(c *Config) { c.Settings.Server.RateLimit = 256 << 10 })
		local := h.write("local", rand.Text()+strings.Repeat("x", 8<<20), 0, 0, 0o644)
		for _, part := range []string{partSession, partDoor} {
			if part == partDoor && !secure {
				continue // it is gone by then
			}
			alice, ended := h.login("alice", secured), make(chan error, 1)
			go func() {
				_, err := alice.Put(t.Context(), local, "mine")
				ended <- err
			}()
			session := only(t, partSession)
			until(t, "bytes to arrive", func() bool {
				for _, name := range session.files(t) {
					if strings.HasPrefix(name, h.users["alice"].Home+"/") {
						return h.gate.Counts().Streams > 0
					}
				}
				return false
			})
			kill(t, only(t, part).pid)
			if err := <-ended; err == nil {
				t.Errorf("stored, though the %s was killed", part)
			}
			_ = alice.Close()
			h.free()
			if left := leftovers(t, h.users["alice"].Home); len(left) > 0 {
				t.Errorf("left of a transfer whose %s was killed: %v", part, left)
			}
		}
	})
}

// leftovers are the files in a directory, but for those that a killed process leaves
// where the file system has none without a name.
func leftovers(t *testing.T, dir string) (left []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	nameless, err := unix.Open(dir, unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err == nil {
		_ = unix.Close(nameless)
	}
	for _, e := range entries {
		if err == nil || !strings.HasPrefix(e.Name(), ".bbftp.") {
			left = append(left, e.Name())
		}
	}
	return left
}

// limits are for logins that are to be late: the first is enough on a machine that has
// little else to do, the last on any.
var limits = []time.Duration{2 * time.Second, 10 * time.Second, time.Minute}

// within tries what is to happen within the limit of a login, on hosts of their own.
func within(t *testing.T, try func(*host) error, change func(*Config)) {
	t.Helper()
	for i, limit := range limits {
		h := open(t, func(c *Config) {
			c.Settings.Server.Waits.Login = limit
			if change != nil {
				change(c)
			}
		})
		err := try(h)
		if err == nil {
			return
		}
		if i == len(limits)-1 {
			t.Fatal(err)
		}
		t.Logf("within %v: %v", limit, err)
		h.end()
		<-h.drained
	}
}

// TestFrozenDoor has a door stand still: it does not keep its place for longer than a
// login may take.
func TestFrozenDoor(t *testing.T) {
	within(t, func(h *host) error {
		conn, err := h.greeted()
		if err != nil {
			return err
		}
		waiting := doors(t)
		if len(waiting) != 1 {
			return fmt.Errorf("%d processes wait for a login", len(waiting))
		}
		if err := syscall.Kill(waiting[0].pid, syscall.SIGSTOP); err != nil {
			return err
		}
		r := h.book.await(t, "the failure", func(r audit.Record) bool {
			return r.Event == audit.Login && r.Outcome == audit.Failed && r.Client == control.AddrPort(conn.LocalAddr())
		})
		if r.Reason != errLogin.Error() {
			return fmt.Errorf("recorded %+v", r)
		}
		until(t, "its place free", func() bool { return h.gate.Counts().LoggingIn == 0 })
		return nil
	}, nil)
}

// TestFrozenSession has a session stand still: others are told of their shares all the
// same, and its place becomes free.
func TestFrozenSession(t *testing.T) {
	ask := make(chan time.Time)
	h := open(t, func(c *Config) {
		c.asking = func(user string) (<-chan time.Time, func()) {
			if user == "alice" {
				return ask, func() {}
			}
			return nil, func() {} // who has just been started may be as slow as the machine
		}
		c.Settings.Server.RateLimit = 100 << 20
	})
	alice := h.login("alice", nil)
	victim := only(t, partSession).pid
	freeze(t, victim)
	bob := h.login("bob", nil)
	if _, err := bob.Put(t.Context(), h.write("local", "x", 0, 0, 0o644), "his"); err != nil {
		t.Error(err)
	}
	if err := bob.Close(); err != nil {
		t.Error(err)
	}
	until(t, "the end of its patience", func() bool {
		select {
		case ask <- time.Now():
		case <-time.After(10 * time.Millisecond):
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", victim))
		return err != nil || strings.Contains(string(stat), ") Z")
	})
	_ = alice.Close()
	h.book.await(t, "its end", func(r audit.Record) bool {
		return r.Event == audit.Session && r.Outcome == audit.Failed && r.User == "alice" && r.Reason == reasonDied
	})
	h.free()
}

// TestHeirs has other processes hold what a session had: its end is its end.
func TestHeirs(t *testing.T) {
	h := open(t, nil)
	alice := h.login("alice", nil)
	session := only(t, partSession)
	process, err := unix.PidfdOpen(session.pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(process) }()
	for name := range session.files(t) {
		var fd int
		if _, err := fmt.Sscan(name, &fd); err != nil {
			t.Fatal(err)
		}
		ours, err := unix.PidfdGetfd(process, fd, 0)
		if errors.Is(err, unix.EBADF) {
			continue // closed meanwhile
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = unix.Close(ours) }()
	}
	kill(t, session.pid)
	h.free()
	_ = alice.Close()
}

// TestManyWrong tells a wrong password in time, however long wrong ones wait by now,
// and does not look at more of them than may wait side by side.
func TestManyWrong(t *testing.T) {
	within(t, func(h *host) error {
		hungUp, hangUp := context.WithCancel(t.Context())
		hangUp()
		for range 3 {
			visit, err := h.gate.Enter(h.addr.AddrPort().Addr(), func() {})
			if err != nil {
				t.Fatal(err)
			}
			visit.Failed(hungUp)
			visit.Leave()
		}
		var refused *client.LoginError
		err := h.client("alice", "guess", nil).Connect(t.Context())
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), "Incorrect password") {
			return fmt.Errorf("a wrong password: %w", err)
		}
		err = h.client("alice", password, nil).Connect(t.Context())
		if err == nil || !strings.Contains(err.Error(), "Unable to check") {
			return fmt.Errorf("one more: %w", err)
		}
		return nil
	}, func(c *Config) { c.Gate = admission.New(admission.Limits{FailureDelay: time.Minute}) })
}

// TestOverTheStreams has clients want more data streams than there are.
func TestOverTheStreams(t *testing.T) {
	h := open(t, func(c *Config) {
		c.Gate = admission.New(admission.Limits{Streams: 2, FailureDelay: -1})
		c.Settings.Server.RateLimit = 256 << 10
	})
	local := h.write("local", strings.Repeat("x", 4<<20), 0, 0, 0o644)
	// He is there before she takes all: she is not to be done first.
	bob := h.login("bob", nil)
	greedy := h.login("alice", func(c *client.Config) { c.Streams = 8 })
	ended := make(chan error, 1)
	go func() {
		_, err := greedy.Put(t.Context(), local, "mine")
		ended <- err
	}()
	until(t, "as many as there are", func() bool { return h.gate.Counts().Streams == 2 })
	if _, err := bob.Put(t.Context(), h.write("small", "x", 0, 0, 0o644), "his"); err == nil || !strings.Contains(err.Error(), admission.ErrStreams.Error()) &&
		!strings.Contains(err.Error(), "Too many data streams") {
		t.Errorf("one more: %v", err)
	}
	h.limitRate(0)
	if err := <-ended; err != nil {
		t.Errorf("who has them: %v", err)
	}
	until(t, "streams given back", func() bool { return h.gate.Counts().Streams == 0 })
	if _, err := bob.Put(t.Context(), filepath.Join(h.dir, "small"), "his"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// limitRate changes the rate of all, as a new configuration does.
func (h *host) limitRate(limit int64) {
	h.t.Helper()
	terms := h.now()
	terms.settings.Server.RateLimit = limit
	if err := h.Configure(terms.settings, terms.identity); err != nil {
		h.t.Fatal(err)
	}
}
