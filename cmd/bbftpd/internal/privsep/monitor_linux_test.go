package privsep

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bbftp/cmd/bbftpd/internal/sandbox"
	"bbftp/engine/admission"
	"bbftp/engine/audit"
	"bbftp/engine/client"
	"bbftp/engine/trust"
)

// TestSessionRights has a session do what its user may, and nothing else.
func TestSessionRights(t *testing.T) {
	h := open(t, func(c *Config) { c.Settings.Server.Unconfined = true })
	alice := h.login("alice", nil)
	ctx := t.Context()
	if _, err := alice.Put(ctx, h.write("local", "hers", 0, 0, 0o644), "mine"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(h.dir, "alice", "mine"))
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != aliceID || s.Gid != aliceID {
		t.Errorf("stored for %d:%d", s.Uid, s.Gid)
	}
	for name, readable := range map[string]bool{
		h.write("root's", "x", 0, 0, 0o600):          false,
		h.write("bob's", "x", bobID, bobID, 0o640):   false,
		h.write("staff's", "x", 0, staffID, 0o640):   true,
		filepath.Join(h.dir, "bob", "does not show"): false,
		"/etc/shadow": false,
	} {
		if _, err := alice.Get(ctx, name, filepath.Join(t.TempDir(), "got")); err == nil != readable {
			t.Errorf("get %s: %v", name, err)
		}
	}
	if _, err := alice.Put(ctx, filepath.Join(h.dir, "local"), filepath.Join(h.dir, "bob", "intruder")); err == nil {
		t.Error("put into another user's directory")
	}
	h.expectSession(only(t, partSession))
	r := h.book.await(t, "the file", func(r audit.Record) bool { return r.Event == audit.File && r.Outcome == audit.OK })
	if r.User != "alice" || r.Session == 0 || !r.Client.IsValid() || r.Time.IsZero() {
		t.Errorf("recorded %+v", r)
	}
}

func (h *host) expectSession(session child) {
	h.t.Helper()
	id := fmt.Sprint(aliceID)
	for field, want := range map[string]string{
		"Uid":        strings.Join([]string{id, id, id, id}, " "),
		"Gid":        strings.Join([]string{id, id, id, id}, " "),
		"Groups":     fmt.Sprintf("%d %d", aliceID, staffID),
		"CapEff":     "0000000000000000",
		"CapPrm":     "0000000000000000",
		"NoNewPrivs": "1",
		"Seccomp":    filtered(),
	} {
		if got := session.status[field]; got != want {
			h.t.Errorf("session process: %s %s, want %s", field, got, want)
		}
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", session.pid))
	said := strings.ReplaceAll(string(env), raceVariable+"="+raceOptions+"\x00", "") // by TestMain
	if err != nil || said != partVariable+"="+partSession+"\x00" {
		h.t.Errorf("session process: environment %q, %v", env, err)
	}
}

// filtered is what proc(5) tells of a process with a filter, on a kernel that has them.
func filtered() string {
	if slices.Contains(sandbox.Missing(), "seccomp") {
		return "0"
	}
	return "2"
}

// TestDoor looks at a process that waits for a login.
func TestDoor(t *testing.T) {
	h := open(t, func(c *Config) { offer(t, c) })
	h.knock()
	door := only(t, partDoor)
	nobody := fmt.Sprint(h.door.uid)
	for field, want := range map[string]string{
		"Uid":        strings.Join([]string{nobody, nobody, nobody, nobody}, " "),
		"Groups":     "",
		"CapEff":     "0000000000000000",
		"NoNewPrivs": "1",
		"Seccomp":    filtered(),
	} {
		if got := door.status[field]; got != want {
			t.Errorf("%s %q, want %q", field, got, want)
		}
	}
	for fd, what := range door.files(t) {
		if !strings.HasPrefix(what, "socket:") && !strings.HasPrefix(what, "anon_inode:") && what != os.DevNull && (fd != "2" || !strings.HasPrefix(what, "pipe:")) {
			t.Errorf("descriptor %s is open: %s", fd, what)
		}
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", door.pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Max core file size", "Max file size"} {
		_, rest, _ := strings.Cut(string(limits), name)
		if fields := strings.Fields(rest); len(fields) < 2 || fields[1] != "0" {
			t.Errorf("%s is not 0", name)
		}
	}
}

// TestRefused tells a wrong password and an unknown user the same.
func TestRefused(t *testing.T) {
	h := open(t, nil)
	var texts []string
	for _, user := range []string{"alice", "mallory"} {
		err := h.client(user, "guess", nil).Connect(t.Context())
		var login *client.LoginError
		if !errors.As(err, &login) {
			t.Fatalf("%s: %v", user, err)
		}
		texts = append(texts, login.Error())
		r := h.book.await(t, "the denial", func(r audit.Record) bool { return r.User == user })
		if r.Event != audit.Login || r.Outcome != audit.Denied {
			t.Errorf("recorded %+v", r)
		}
	}
	if texts[0] != texts[1] {
		t.Errorf("a wrong password is told as %q, an unknown user as %q", texts[0], texts[1])
	}
	if strings.Contains(h.log.String(), "guess") {
		t.Error("a password is in the log")
	}
	h.login("alice", nil)
}

// TestUserFull tells a user of too many sessions.
func TestUserFull(t *testing.T) {
	h := open(t, func(c *Config) { c.Gate = admission.New(admission.Limits{PerUser: 1, FailureDelay: -1}) })
	h.login("alice", nil)
	if err := h.client("alice", password, nil).Connect(t.Context()); err == nil || !strings.Contains(err.Error(), "sessions of this user") {
		t.Errorf("got %v", err)
	}
	h.login("bob", nil)
}

// TestTLS goes through the door to the end.
func TestTLS(t *testing.T) {
	var policy *trust.Policy
	h := open(t, func(c *Config) {
		policy = offer(t, c)
		c.Settings.Server.RequireTLS = true
	})
	secured := func(c *client.Config) { c.Trust = policy }
	alice := h.login("alice", secured)
	local := h.write("local", strings.Repeat("hers", 1<<18), 0, 0, 0o644)
	if _, err := alice.Put(t.Context(), local, "mine"); err != nil {
		t.Fatal(err)
	}
	if _, err := alice.Get(t.Context(), "mine", filepath.Join(h.dir, "got")); err != nil {
		t.Fatal(err)
	}
	r := h.book.await(t, "the file", func(r audit.Record) bool { return r.Event == audit.File })
	if !r.TLS || r.User != "alice" {
		t.Errorf("recorded %+v", r)
	}
	if err := h.client("alice", password, nil).Connect(t.Context()); err == nil {
		t.Error("logged in without TLS")
	}
	door, session := only(t, partDoor), only(t, partSession)
	if err := alice.Close(); err != nil {
		t.Error(err)
	}
	gone(t, door.pid)
	gone(t, session.pid)
	r = h.book.await(t, "the end", func(r audit.Record) bool { return r.Event == audit.Session })
	if r.Outcome != audit.OK {
		t.Errorf("recorded %+v", r)
	}
}

// TestKilled kills one process of a connection; everybody else goes on.
func TestKilled(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("TLS %v", secure), func(t *testing.T) {
			var secured func(*client.Config)
			h := open(t, func(c *Config) {
				policy := offer(t, c)
				if secure {
					secured = func(c *client.Config) { c.Trust = policy }
				}
			})
			local := h.write("local", "x", 0, 0, 0o644)

			greeted := h.knock()
			door := only(t, partDoor)
			kill(t, door.pid)
			if n, err := io.Copy(io.Discard, greeted); err != nil && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("after %d more bytes: %v", n, err)
			}
			gone(t, door.pid)

			bob := h.login("bob", secured)
			others := make(map[int]bool)
			for _, c := range children(t) {
				others[c.pid] = true
			}
			for _, part := range []string{partSession, partDoor} {
				alice := h.login("alice", secured)
				var victim int
				for _, c := range children(t) {
					if c.part == part && !others[c.pid] && c.status["State"] != "Z (zombie)" {
						victim = c.pid
					}
				}
				if part == partDoor && !secure {
					// On its way out, if not gone, as it should be.
					if victim != 0 {
						_ = syscall.Kill(victim, syscall.SIGKILL)
					}
					if _, err := alice.Put(t.Context(), local, "mine"); err != nil {
						t.Errorf("a session whose door has gone: %v", err)
					}
					_ = alice.Close()
					continue
				}
				if victim == 0 {
					t.Fatalf("no %s", part)
				}
				kill(t, victim)
				if _, err := alice.Put(t.Context(), local, "mine"); err == nil && part == partSession {
					// The client connected again, as it may: its old session is gone all the same.
					t.Log("stored by another session")
				}
				gone(t, victim)
				_ = alice.Close()
			}
			if _, err := bob.Put(t.Context(), local, "his"); err != nil {
				t.Errorf("another session: %v", err)
			}
			h.book.await(t, "the death", func(r audit.Record) bool {
				return r.Event == audit.Session && r.Outcome == audit.Failed && r.User == "alice"
			})
			if err := bob.Close(); err != nil {
				t.Error(err)
			}
			until(t, "all gone", func() bool { return len(children(t)) == 0 })
			until(t, "all places free", func() bool { n := h.gate.Counts(); return n.Sessions+n.LoggingIn == 0 })
		})
	}
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// TestManyLogins has many come at once.
func TestManyLogins(t *testing.T) {
	h := open(t, nil)
	local := h.write("local", "x", 0, 0, 0o644)
	var all sync.WaitGroup
	for i := range 16 {
		user := []string{"alice", "bob"}[i%2]
		c := h.client(user, password, nil)
		all.Go(func() {
			if err := c.Connect(t.Context()); err != nil {
				t.Errorf("login %d: %v", i, err)
				return
			}
			if _, err := c.Put(t.Context(), local, fmt.Sprint(i)); err != nil {
				t.Errorf("put %d: %v", i, err)
			}
			if err := c.Close(); err != nil {
				t.Errorf("close %d: %v", i, err)
			}
		})
	}
	all.Wait()
	for name, want := range map[string]int{"alice": 8, "bob": 8} {
		entries, err := os.ReadDir(filepath.Join(h.dir, name))
		if err != nil || len(entries) != want {
			t.Errorf("%s has %d files, %v", name, len(entries), err)
		}
	}
}

// TestDrain ends sessions that wait, and lets nobody in.
func TestDrain(t *testing.T) {
	h := open(t, nil)
	if _, err := h.login("alice", nil).Chdir(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	h.knock()
	if err := h.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-h.served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(waiting):
		t.Error("it goes on")
	}
}

// TestEnd cuts everybody.
func TestEnd(t *testing.T) {
	h := open(t, nil)
	h.login("alice", nil)
	h.knock()
	h.end()
	select {
	case err := <-h.served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(waiting):
		t.Error("it goes on")
	}
}
