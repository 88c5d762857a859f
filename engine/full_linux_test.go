package engine

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"bbftp/engine/client"
	"bbftp/engine/server"
)

// smallDisk mounts a file system of 1 MiB.
func smallDisk(t *testing.T) string {
	t.Helper()
	needRoot(t, "to mount a small file system")
	dir := t.TempDir()
	if err := syscall.Mount("bbftp-test", dir, "tmpfs", 0, "size=1m"); err != nil {
		if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
			t.Skipf("needs the right to mount: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("a file on the disk is still open: %v", err)
		}
	})
	return dir
}

// TestServerDiskFull refuses what does not fit, keeps what is there, and takes
// what fits.
func TestServerDiskFull(t *testing.T) {
	noLeaks(t)
	disk := smallDisk(t)
	h := serve(t, func(cfg *server.Config) { cfg.Root = disk })
	c, dir := dial(t, h.port, func(cfg *client.Config) { cfg.Streams, cfg.Tries = 3, 3 })
	write(t, dir, "big", waves(2<<20))
	write(t, dir, "small", waves(100_000))
	write(t, disk, "f", []byte("precious"))
	_, err := c.Put(t.Context(), "big", "f")
	var refused *client.RefusedError
	if !errors.As(err, &refused) || !refused.NoRetry || refused.Text != "Disk quota excedeed or No Space left on device" {
		t.Errorf("got %v, want the refusal that legacy clients know", err)
	}
	holds(t, disk, "f", "precious")
	if _, err := c.Put(t.Context(), "small", "f"); err != nil {
		t.Error(err)
	}
	holds(t, disk, "f", string(waves(100_000)))
	c.Close()
	h.stop()
}

// TestClientDiskFull ends a get before any data flow, and goes on in the same
// session.
func TestClientDiskFull(t *testing.T) {
	noLeaks(t)
	disk := smallDisk(t)
	h := serve(t, nil)
	logins := 0
	c, _ := dial(t, h.port, func(cfg *client.Config) {
		cfg.LocalDir, cfg.Streams, cfg.Tries = disk, 3, 3
		cfg.OnLogin = func(string) { logins++ }
	})
	write(t, h.root, "big", waves(2<<20))
	write(t, h.root, "small", waves(100_000))
	write(t, disk, "f", []byte("precious"))
	_, err := c.Get(t.Context(), "big", "f")
	var local *client.LocalError
	if !errors.As(err, &local) || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v, want a local failure", err)
	}
	holds(t, disk, "f", "precious")
	if _, err := c.Get(t.Context(), "small", "f"); err != nil {
		t.Error(err)
	}
	holds(t, disk, "f", string(waves(100_000)))
	if logins != 1 {
		t.Errorf("%d logins, want 1", logins)
	}
	c.Close()
	h.stop()
}
