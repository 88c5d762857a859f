package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bbftp/engine/client"
)

// onceUnderWay calls act while a file is on its way, between its first megabyte
// and its last.
func onceUnderWay(act func()) plan {
	return plan{data: func(int) tamper {
		done := false
		return func(off int64, b []byte) ([]byte, bool) {
			if off > 1<<20 && !done {
				done = true
				act()
			}
			return b, false
		}
	}}
}

// bigFile makes one that no buffers hold.
func bigFile(t *testing.T, dir string) {
	t.Helper()
	write(t, dir, "big", nil)
	if err := os.Truncate(filepath.Join(dir, "big"), 256<<20); err != nil {
		t.Fatal(err)
	}
}

// TestServerEnds ends the server in the middle of transfers: neither side
// keeps anything, and the server returns only when its sessions are gone.
func TestServerEnds(t *testing.T) {
	noLeaks(t)
	t.Run("put", func(t *testing.T) {
		h := serve(t, nil)
		c, dir := dial(t, between(t, h.port, onceUnderWay(func() { go h.stop() })).port, nil)
		bigFile(t, dir)
		if _, err := c.Put(t.Context(), "big", "big"); err == nil {
			t.Error("no error")
		}
		h.stop()
		holds(t, h.root)
	})
	t.Run("get", func(t *testing.T) {
		h := serve(t, nil)
		c, dir := dial(t, between(t, h.port, onceUnderWay(func() { go h.stop() })).port, nil)
		bigFile(t, h.root)
		if _, err := c.Get(t.Context(), "big", "big"); err == nil {
			t.Error("no error")
		}
		holds(t, dir)
	})
}

// TestInterrupted ends transfers from the client's side: neither side keeps
// anything, and the server serves the next.
func TestInterrupted(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	w := newWitness(t, h)
	interrupted := errors.New("interrupted")
	for _, set := range []func(*client.Config){
		func(cfg *client.Config) { cfg.Streams, cfg.Protocol = 3, 3 },
		func(cfg *client.Config) { cfg.Streams, cfg.Protocol = 3, 2 },
		func(cfg *client.Config) { cfg.Streams, cfg.Protocol = 1, 1 },
	} {
		t.Run("put", func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			m := between(t, h.port, onceUnderWay(func() { cancel(interrupted) }))
			c, dir := dial(t, m.port, set)
			bigFile(t, dir)
			if _, err := c.Put(ctx, "big", "big"); !errors.Is(err, interrupted) {
				t.Errorf("got %v, want the cause", err)
			}
			awaitFiles(t, h.root, 0)
		})
		w.testify(t, h)
		t.Run("get", func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			m := between(t, h.port, onceUnderWay(func() { cancel(interrupted) }))
			c, dir := dial(t, m.port, set)
			bigFile(t, h.root)
			if _, err := c.Get(ctx, "big", "big"); !errors.Is(err, interrupted) {
				t.Errorf("got %v, want the cause", err)
			}
			holds(t, dir)
			if err := os.Remove(filepath.Join(h.root, "big")); err != nil {
				t.Error(err)
			}
		})
		w.testify(t, h)
	}
}
