package storage

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tmpfs mounts a small file system on dir.
func tmpfs(t testing.TB, dir, options string) {
	t.Helper()
	needRoot(t, "to mount a small file system")
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		if os.Getenv("CI") == "true" || !errors.Is(err, unix.EPERM) {
			t.Fatalf("mount: %v", err)
		}
		t.Skipf("root without the right to mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func TestFullDisk(t *testing.T) {
	const mib = 1 << 20
	for name, c := range map[string]struct {
		reserve int64
		size    int64
		want    error // nil: fits
	}{
		"fits":               {NoReserve, 3 * mib, nil},
		"too large":          {NoReserve, 5 * mib, ErrNoSpace},
		"default reserve":    {0, 4*mib - 8192, ErrNoSpace},
		"above the default":  {0, 4*mib - 128<<10, nil},
		"explicit reserve":   {2 * mib, 3 * mib, ErrNoSpace},
		"beside the reserve": {2 * mib, 1 * mib, nil},
	} {
		t.Run(name, func(t *testing.T) {
			allForms(t, Limits{Reserve: c.reserve}, func(s site) {
				plant(s, s.dir, "mount")
				dir := filepath.Join(s.dir, "mount")
				tmpfs(s, dir, "size=4m")
				plant(s, dir, "f=old")
				p, err := s.tree.Create(s.at("mount/f"), v1(c.size, 0o666))
				if c.want != nil {
					wantError(s, err, "create", s.at("mount/f"), c.want)
				} else if err != nil {
					s.Error(err)
				} else {
					var st unix.Stat_t
					if err := unix.Fstat(int(p.File().Fd()), &st); err != nil || st.Size != c.size || st.Blocks != 0 {
						s.Errorf("size %d, %d bytes allocated, %v; want %d, in memory none", st.Size, st.Blocks*512, err, c.size)
					}
					if err := p.Abort(); err != nil {
						s.Error(err)
					}
				}
				wantFile(s, filepath.Join(dir, "f"), "old")
				wantNames(s, dir, "f")
			})
		})
	}
}

func TestSpace(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "mount", "into>mount")
		dir := filepath.Join(s.dir, "mount")
		tmpfs(s, dir, "size=4m,nr_inodes=100")
		plant(s, dir, "f=old", "d")
		if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o666); err != nil {
			s.Fatal(err)
		}
		var before unix.Statfs_t
		if err := unix.Statfs(dir, &before); err != nil {
			s.Fatal(err)
		}
		for _, name := range []string{"mount", "into", "mount/d", "mount/f", "mount/fifo"} {
			got, err := s.tree.Space(s.at(name))
			want := Space{
				Blocks: 4 << 20 / uint64(before.Bsize), Available: before.Bavail, BlockSize: int64(before.Bsize),
				Inodes: 100, FreeInodes: before.Ffree, NameMax: 255, Memory: true,
			}
			if err != nil || got != want {
				s.Errorf("%s: %+v, %v; want %+v", name, got, err, want)
			}
		}
		if before.Ffree != 96 || before.Bavail >= before.Blocks {
			s.Errorf("no difference between free and total: %+v", before)
		}
	})
}

// A descriptor that permits nothing stands for all that can go wrong.
func TestSetTimesFails(t *testing.T) {
	dir := tempDir(t)
	f, err := os.OpenFile(dir, unix.O_PATH, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := setTimes(f, time.Time{}, time.Unix(1, 0)); !errors.Is(err, syscall.EBADF) {
		t.Errorf("got %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "mount")
		dir := filepath.Join(s.dir, "mount")
		tmpfs(s, dir, "")
		plant(s, dir, "f=old")
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			s.Fatal(err)
		}
		for _, name := range []string{"mount/f", "mount/new"} {
			_, err := s.tree.Create(s.at(name), v1(1, 0o666))
			wantError(s, err, "create", s.at(name), syscall.EROFS)
		}
		wantError(s, s.tree.Mkdir(s.at("mount/d"), 0o777), "mkdir", s.at("mount/d"), syscall.EROFS)
		wantError(s, s.tree.MkdirAll(s.at("mount/d/e"), 0o777), "mkdir", s.at("mount/d/e"), syscall.EROFS)
	})
}

// A lease makes a non-blocking open fail as an offline file does: reading waits
// for it, replacing does not care.
func TestLeasedFile(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "f=old")
		holder, err := os.OpenFile(filepath.Join(s.dir, "f"), os.O_RDWR, 0)
		if err != nil {
			s.Fatal(err)
		}
		defer holder.Close()
		if _, err := unix.FcntlInt(holder.Fd(), unix.F_SETSIG, int(unix.SIGURG)); err != nil {
			s.Fatal(err)
		}
		lease := func(kind int) {
			if _, err := unix.FcntlInt(holder.Fd(), unix.F_SETLEASE, kind); err != nil {
				s.Skipf("the file system has no leases: %v", err)
			}
		}
		lease(unix.F_WRLCK)
		opened := make(chan error)
		go func() {
			src, err := s.tree.OpenSource(s.at("f"))
			if err == nil {
				err = src.Close()
			}
			opened <- err
		}()
		// The kernel tells the holder that somebody waits by lowering the lease.
		for {
			kind, err := unix.FcntlInt(holder.Fd(), unix.F_GETLEASE, 0)
			if err != nil {
				s.Fatal(err)
			}
			if kind != unix.F_WRLCK {
				break
			}
			runtime.Gosched()
		}
		lease(unix.F_UNLCK)
		if err := <-opened; err != nil {
			s.Error(err)
		}

		lease(unix.F_WRLCK)
		if err := store(s.tree, s.at("f"), "new", 0o600); err != nil {
			s.Error(err)
		}
		wantFile(s, filepath.Join(s.dir, "f"), "new")
	})
}

func TestSourceBlocks(t *testing.T) {
	allForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "f=old")
		src, err := s.tree.OpenSource(s.at("f"))
		if err != nil {
			s.Fatal(err)
		}
		defer src.Close()
		flags, err := unix.FcntlInt(src.File().Fd(), unix.F_GETFL, 0)
		if err != nil || flags&unix.O_NONBLOCK != 0 {
			s.Errorf("flags %#x, %v: data that is offline would not be waited for", flags, err)
		}
	})
}
