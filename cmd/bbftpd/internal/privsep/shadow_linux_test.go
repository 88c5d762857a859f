package privsep

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"bbftp/engine/admission"
	"bbftp/engine/auth/system"
	"bbftp/engine/client"
)

// TestShadow serves an account of a machine's own files.
func TestShadow(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	// The hash of the password of these tests, by crypt(3).
	const hash = "$6$saltsalt$e/5XKibXPLqVcfjpD.ouauaJrAOL5V0uo80Lt7n7EbRdRiCx3HbQ90yjOHr.G0T.mx79PEMRy8nmtr0qSYhQp1"
	h := open(t, func(c *Config) {
		home := c.Accounts.(people)["alice"].Home
		accounts, err := system.NewShadow(system.Files{
			Passwd:  file("passwd", fmt.Sprintf("alice:x:%d:%d::%s:/bin/sh\n", aliceID, aliceID, home)),
			Shadow:  file("shadow", "alice:"+hash+":19000:0:99999:7:::\n"),
			Group:   file("group", fmt.Sprintf("staff:x:%d:alice\n", staffID)),
			Refused: filepath.Join(dir, "none"), NoLogin: filepath.Join(dir, "none"), Closed: filepath.Join(dir, "none"),
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Accounts = accounts
	})
	if _, err := h.login("alice", nil).Put(t.Context(), h.write("local", "x", 0, 0, 0o644), "mine"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(h.dir, "alice", "mine"))
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != aliceID {
		t.Errorf("stored for %d", s.Uid)
	}
	h.expectSession(only(t, partSession))
}

// TestStreams has the monitor's gate grant the data streams of a session.
func TestStreams(t *testing.T) {
	h := open(t, func(c *Config) { c.Gate = admission.New(admission.Limits{Streams: 2, FailureDelay: -1}) })
	alice := h.login("alice", func(c *client.Config) { c.Streams = 2 })
	local := h.write("local", string(make([]byte, 1<<20)), 0, 0, 0o644)
	for range 3 { // each gives back what it had
		if _, err := alice.Put(t.Context(), local, "mine"); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "streams given back", func() bool { return h.gate.Counts().Streams == 0 })
}
