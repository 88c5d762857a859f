package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"bbftp/bench/payload"
	"bbftp/engine/client"
)

// write makes the file that is moved, at both ends.
func (l *load) write(names ...string) error {
	for _, name := range names {
		if !l.sparse {
			if err := payload.Write(name, payload.Random, l.size, 9); err != nil {
				return err
			}
			continue
		}
		// Zeros in memory, not a hole: they are read like any other bytes.
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		zeros := make([]byte, 1<<20)
		for at := int64(0); at < l.size && err == nil; at += int64(len(zeros)) {
			_, err = f.Write(zeros[:min(int64(len(zeros)), l.size-at)])
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
		if l.sparse && !l.puts {
			return nil // nobody puts it
		}
	}
	return nil
}

func (l *load) client(s *bbftpd, dir string) (*client.Client, error) {
	return client.New(client.Config{
		Host: s.address.Addr().String(), Port: s.address.Port(), User: account, Password: password,
		Tries: 1, LocalDir: dir, Settings: client.Settings{Streams: 1, Sparse: l.sparse},
	})
}

// move moves one file.
func (l *load) move(ctx context.Context, c *client.Client, back string, n int) error {
	remote := "source"
	if l.puts {
		remote = fmt.Sprintf("there%d", n)
		if _, err := c.Put(ctx, "source", remote); err != nil {
			return err
		}
	}
	_, err := c.Get(ctx, remote, back)
	return err
}

// check compares all that arrived: by content, and holes by size and that they
// are holes, since what was sent were zeros.
func (f *figure) check(t *testing.T, l *load, source, local, served string) {
	for n := range l.sessions * l.files {
		copies := []string{filepath.Join(local, fmt.Sprintf("back%d", n))}
		if l.puts {
			copies = append(copies, filepath.Join(served, fmt.Sprintf("there%d", n)))
		}
		for _, copied := range copies {
			err := error(nil)
			if l.sparse {
				err = hole(copied, l.size)
			} else {
				err = payload.Same(source, copied)
			}
			if err != nil {
				f.whole, f.lost = f.whole-1, f.lost+1
				t.Error(err)
				break
			}
		}
	}
}

func hole(name string, size int64) error {
	var st unix.Stat_t
	if err := unix.Stat(name, &st); err != nil {
		return err
	}
	if st.Size != size || st.Blocks != 0 {
		return fmt.Errorf("%s has %d bytes and %d blocks, want %d bytes of holes", name, st.Size, st.Blocks, size)
	}
	return nil
}
