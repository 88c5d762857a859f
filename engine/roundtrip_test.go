package engine

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"bbftp/engine/admission"
	"bbftp/engine/client"
	"bbftp/engine/server"
	"bbftp/engine/wire"
)

// TestRoundTrip puts files and gets them back, compared by hash.
func TestRoundTrip(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	content := waves(4<<20 + 1) // some blocks of version 1 on each of ten streams, and what is left
	for i := range 18 {
		version, streams, compress := 1+i/6, []int{1, 3, 10}[i/2%3], i%2 == 1
		t.Run(fmt.Sprintf("version %d/compress=%t/%d", version, compress, streams), func(t *testing.T) {
			c, dir := dial(t, h.port, func(cfg *client.Config) {
				cfg.Protocol, cfg.Streams, cfg.Compress, cfg.BufferSize = version, streams, compress, 16
			})
			for _, size := range []int{0, 1, 3, 100_003, len(content)} {
				t.Run(fmt.Sprint(size), func(t *testing.T) {
					write(t, dir, "f", content[:size])
					put, err := c.Put(t.Context(), "f", "f")
					if err != nil {
						t.Fatal(err)
					}
					get, err := c.Get(t.Context(), "f", "back")
					if err != nil {
						t.Fatal(err)
					}
					want := hash(t, dir, "f")
					if hash(t, h.root, "f") != want {
						t.Error("the server has other bytes")
					}
					if hash(t, dir, "back") != want {
						t.Error("other bytes came back")
					}
					checkPaths(t, put, size, compress)
					checkPaths(t, get, size, compress)
				})
			}
			if names, err := os.ReadDir(h.root); err != nil || len(names) != 1 {
				t.Errorf("%d files on the server, want 1 (%v)", len(names), err)
			}
		})
	}
}

func hash(t *testing.T, dir, name string) (sum [sha256.Size]byte) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sha := sha256.New()
	if _, err := io.Copy(sha, f); err != nil {
		t.Fatal(err)
	}
	sha.Sum(sum[:0])
	return sum
}

// checkPaths wants every byte counted once.
func checkPaths(t *testing.T, r *client.Transfer, size int, compress bool) {
	t.Helper()
	p := r.Paths
	raw, blocks := p.Sendfile+p.Splice+p.Copied, p.Deflated+p.Stored
	if raw+blocks != int64(size) || compress && raw > 0 || !compress && blocks > 0 || r.Bytes != int64(size) {
		t.Errorf("%s of %d bytes took %+v", r.Op, size, p)
	}
}

// TestDialogue runs every command of version 1 in a session.
func TestDialogue(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	var greetings []string
	c, dir := dial(t, h.port, func(cfg *client.Config) {
		cfg.Protocol, cfg.NoDirs = 1, true
		cfg.OnLogin = func(text string) { greetings = append(greetings, text) }
	})
	ctx := t.Context()
	if err := c.Mkdir(ctx, "data"); err != nil {
		t.Fatal(err)
	}
	if now, err := c.Chdir(ctx, "data"); err != nil || now != "/data" {
		t.Fatalf("%q, %v", now, err)
	}
	content := waves(1000)
	write(t, dir, "f", content)
	for _, name := range []string{"a", "b c", ".hidden"} {
		if _, err := c.Put(ctx, "f", name); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string][]string{
		"*":        {"a", "b c"},
		".h*":      {".hidden"},
		"/data/a*": {"/data/a"},
		"no*":      nil,
	} {
		if got, err := c.List(ctx, pattern); err != nil || !slices.EqualFunc(got, want, func(e wire.ListEntry, name string) bool { return e.Path == name }) {
			t.Errorf("list %s: %q, %v, want %q", pattern, got, err, want)
		}
	}
	if _, err := c.Get(ctx, "../data/b c", "g"); err != nil {
		t.Error(err)
	}
	holds(t, dir, "f", string(content), "g", string(content))

	// Each refusal names its object and leaves the session alive.
	for name, err := range map[string]error{
		"data":     c.Mkdir(ctx, "/data"),
		"no/x":     c.Mkdir(ctx, "no/x"),
		"nowhere":  second(c.Chdir(ctx, "nowhere")),
		"no/f":     second(c.Put(ctx, "f", "no/f")),
		"/data":    second(c.Put(ctx, "f", "/data")),
		"missing":  second(c.Get(ctx, "missing", "x")),
		"../data":  second(c.Get(ctx, "../data", "x")),
		"nothing":  second(c.Put(ctx, "nothing", "x")),
		"up/there": second(c.Get(ctx, "a", "up/there")),
	} {
		if err == nil || !bytes.Contains([]byte(err.Error()), []byte(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now, err := c.Chdir(ctx, "."); err != nil || now != "/data" {
		t.Errorf("%q, %v", now, err)
	}
	if len(greetings) != 1 || greetings[0] != "bbftpd version 4.0.0 : OK" {
		t.Errorf("greeted %q, want once", greetings)
	}
	holds(t, dir, "f", string(content), "g", string(content))
}

func second[T any](_ T, err error) error { return err }

// TestManySessions has fifty clients at once.
func TestManySessions(t *testing.T) {
	noLeaks(t)
	const sessions = 50
	h := serve(t, nil)
	content := waves(100_003)
	var running sync.WaitGroup
	for i := range sessions {
		c, dir := dial(t, h.port, func(cfg *client.Config) { cfg.Protocol, cfg.Streams, cfg.Compress = 1+i%3, 1+i%10, i%2 == 0 })
		write(t, dir, "f", content)
		running.Go(func() {
			name := fmt.Sprint("f", i)
			if _, err := c.Put(t.Context(), "f", name); err != nil {
				t.Errorf("session %d: %v", i, err)
			}
			if _, err := c.Get(t.Context(), name, "f"); err != nil {
				t.Errorf("session %d: %v", i, err)
			}
		})
		t.Cleanup(func() { holds(t, dir, "f", string(content)) })
	}
	running.Wait()
	var want []string
	for i := range sessions {
		want = append(want, fmt.Sprint("f", i), string(content))
	}
	holds(t, h.root, want...)
}

// TestServerFull turns away one session more than the limit, with words that
// make clients come again.
func TestServerFull(t *testing.T) {
	noLeaks(t)
	h := serve(t, func(cfg *server.Config) { cfg.Gate = admission.New(admission.Limits{Sessions: 1}) })
	first, _ := dial(t, h.port, nil)
	if err := first.Mkdir(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	second, _ := dial(t, h.port, nil)
	err := second.Mkdir(t.Context(), "b")
	var refused *client.RefusedError
	if !errors.As(err, &refused) || refused.NoRetry {
		t.Errorf("got %v, want a refusal that may be retried", err)
	}
	first.Close()
	// The place is free once the server has seen the end of the session.
	for err != nil && errors.As(err, &refused) {
		err = second.Mkdir(t.Context(), "b")
	}
	if err != nil {
		t.Error(err)
	}
}
