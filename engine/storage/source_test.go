package storage

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestOpenSource(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "f=hello", "link>f")
		src, err := s.tree.OpenSource(s.at("d/../link"))
		if err != nil {
			s.Fatal(err)
		}
		got, err := io.ReadAll(src.File())
		if err != nil || string(got) != "hello" || src.Size() != 5 {
			s.Errorf("read %q, %v, size %d", got, err, src.Size())
		}
		if err := src.Close(); err != nil {
			s.Error(err)
		}
	})
}

func TestSourceAttributes(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "f=hello", "link>f")
		f := filepath.Join(s.dir, "f")
		accessed, modified, mode := time.Unix(1000000000, 0), time.Unix(1000000060, 0), fs.ModeSetgid|0o604
		if err := os.Chtimes(f, accessed, modified); err != nil {
			s.Fatal(err)
		}
		if err := os.Chmod(f, mode); err != nil {
			s.Fatal(err)
		}
		src, err := s.tree.OpenSource(s.at("link"))
		if err != nil {
			s.Fatal(err)
		}
		defer src.Close()
		// What becomes of the file and its name later says nothing about what is read.
		if _, err := io.ReadAll(src.File()); err != nil {
			s.Error(err)
		}
		if err := os.Remove(f); err != nil {
			s.Fatal(err)
		}
		plant(s, s.dir, "f=")
		if src.Mode() != mode || !src.Accessed().Equal(accessed) || !src.Modified().Equal(modified) || src.Size() != 5 {
			s.Errorf("%v, accessed %v, modified %v, %d bytes", src.Mode(), src.Accessed(), src.Modified(), src.Size())
		}
	})
	if got := (&Source{info: odd{}}).Accessed(); !got.IsZero() {
		t.Errorf("where nothing is known a file was accessed at %v", got)
	}
}

func TestOpenSourceRefuses(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "f=", "dangling>none", "fifolink>fifo")
		special(s, s.dir)
		for name, want := range map[string]error{
			"d": ErrIsDirectory, "": ErrIsDirectory, "none": syscall.ENOENT, "dangling": syscall.ENOENT, "f/": syscall.ENOTDIR,
			"fifo": ErrNotRegular, "fifolink": ErrNotRegular, "socket": ErrNotRegular,
		} {
			_, err := s.tree.OpenSource(s.at(name))
			wantError(s, err, "open", s.at(name), want)
		}
		for err, errno := range map[error]error{ErrIsDirectory: syscall.EISDIR, ErrNotRegular: syscall.EINVAL} {
			if !errors.Is(err, errno) {
				s.Errorf("%v is not %v", err, errno)
			}
		}
	})
	if _, err := Unconfined(Limits{}).OpenSource("/dev/null"); !errors.Is(err, ErrNotRegular) {
		t.Error(err)
	}
}

// The type of a file may change after it was looked at: a stale look must not
// make the open wait for a FIFO's other end.
func TestOpenSourceLateFIFO(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "f=")
		at, err := s.tree.existing(s.at("f"))
		if err != nil {
			s.Fatal(err)
		}
		if err := os.Remove(filepath.Join(s.dir, "f")); err != nil {
			s.Fatal(err)
		}
		if err := syscall.Mkfifo(filepath.Join(s.dir, "f"), 0o666); err != nil {
			s.Fatal(err)
		}
		if _, err := openSource(s.tree.files, at); !errors.Is(err, ErrNotRegular) {
			s.Errorf("got %v", err)
		}
	})
}

// special plants a FIFO and a socket.
func special(t testing.TB, dir string) {
	t.Helper()
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o666); err != nil {
		t.Fatal(err)
	}
	// Bound by a short relative name would need chdir; the limit of socket paths is about 100 bytes.
	tmp, err := os.MkdirTemp("", "s")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(tmp, "s"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	defer l.Close()
	if err := os.Rename(filepath.Join(tmp, "s"), filepath.Join(dir, "socket")); err != nil {
		t.Fatal(err)
	}
}
