package client

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// dial makes a client of the server on port. It speaks version 1 without
// asking, tries once and waits for nothing it need not wait for, unless set
// says otherwise. Its local directory is fresh.
func dial(t *testing.T, port uint16, set func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		Host: "127.0.0.1", Port: port, User: user, Password: password,
		Protocol: 1, Tries: 1, RetryWait: time.Millisecond,
		Settings: Settings{Waits: Waits{Settle: time.Nanosecond, Reply: patience}},
		LocalDir: t.TempDir(),
	}
	if set != nil {
		set(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// connected makes the connection before a test shortens the client's waits. However
// slow the machine, it does not become too old for its first command.
func connected(t *testing.T, c *Client) {
	t.Helper()
	if err := c.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.since = time.Now().Add(time.Hour)
}

// hurry has the client wait for as long as waits say once the data of a file begin to
// move, and as long as ever before.
func hurry(c *Client, waits Waits) {
	c.cfg.Waits.Accept = waits.WithDefaults().Accept // fixed before; nothing else waits for it
	c.cfg.OnTransfer = func(Progress) {
		c.set.Waits = waits.WithDefaults()
		c.set.Waits.Settle = time.Nanosecond
	}
}

// noise returns n bytes in which every misplaced byte shows.
func noise(n int) []byte {
	b := make([]byte, n)
	if _, err := rand.NewChaCha8([32]byte{1}).Read(b); err != nil {
		panic(err) // documented never to happen
	}
	return b
}

// local is the path of a file in the client's directory.
func (c *Client) path(name string) string { return filepath.Join(c.cfg.LocalDir, name) }

// write makes a local file.
func write(t *testing.T, c *Client, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(c.path(name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// holds checks that the client's directory has exactly these files, by name
// and content in turn.
func holds(t *testing.T, c *Client, files ...string) {
	t.Helper()
	want := map[string]string{}
	for i := 0; i < len(files); i += 2 {
		want[files[i]] = files[i+1]
	}
	entries, err := os.ReadDir(c.cfg.LocalDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, wanted := want[e.Name()]
		delete(want, e.Name())
		if !wanted {
			t.Errorf("left behind: %s", e.Name())
			continue
		}
		got, err := os.ReadFile(c.path(e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != content {
			t.Errorf("%s holds %d other bytes", e.Name(), len(got))
		}
	}
	for name := range want {
		t.Errorf("%s is missing", name)
	}
}

// fails checks that err is an E and says all of texts.
func fails[E error](t *testing.T, err error, texts ...string) {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Errorf("got %T %v, want a %T", err, err, e)
	}
	says(t, err, texts...)
}

func says(t *testing.T, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
}

// noLeaks checks, when everything else of the test is cleaned up, that as many
// goroutines and descriptors are left as there were. Call it first.
func noLeaks(t *testing.T) {
	t.Helper()
	// The first socket brings the runtime's poller, which stays.
	if ln, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		ln.Close()
	}
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	t.Cleanup(func() {
		settle(t, "goroutines", goroutines, runtime.NumGoroutine)
		settle(t, "descriptors", files, func() int { return descriptors(t) })
	})
}

// settle waits for a count to fall: a goroutine that has done its work needs a
// moment to go.
func settle(t *testing.T, what string, want int, count func() int) {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		if count() <= want {
			return
		}
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	t.Errorf("%d %s left, want %d\n%s", count(), what, want, stacks)
}

// descriptors counts this process's open files, 0 where the system can't tell.
func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}
