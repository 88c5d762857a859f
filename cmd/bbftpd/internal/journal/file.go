package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"
)

// file is a file that lines are appended to, each by one write with O_APPEND, so
// that lines of several processes never mix.
type file struct {
	path string
	now  atomic.Pointer[generation]
}

// generation is the file between two reopenings. torn belongs to who writes.
type generation struct {
	*os.File
	torn bool // the last line is not whole
}

func openFile(path string) (*file, error) {
	f := &file{path: path}
	return f, f.reopen()
}

// reopen goes on in the file that now has the path, after a rotation. Where
// that fails the old one stays in use, and where there was none it needs no rights.
func (f *file) reopen() error {
	old := f.now.Load()
	if old != nil && old.has(f.path) {
		return nil
	}
	// A pipe that nobody reads is an error with O_NONBLOCK, and would hang without.
	next, err := os.OpenFile(f.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|syscall.O_NONBLOCK, 0o640)
	if err != nil {
		return err
	}
	f.now.Store(&generation{File: next})
	if old != nil {
		_ = old.Close() // what was lost, its writes have told
	}
	return nil
}

// has tells whether the file still goes by the path.
func (g *generation) has(path string) bool {
	mine, err := g.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(mine, named)
}

// writeLine appends line, which ends in a newline. It is for one goroutine.
func (f *file) writeLine(line []byte) error {
	for {
		g := f.now.Load()
		err := g.writeLine(line)
		if errors.Is(err, fs.ErrClosed) && f.now.Load() != g {
			continue // rotated meanwhile
		}
		return err
	}
}

func (g *generation) writeLine(line []byte) error {
	if g.torn { // by a full disk: only that line must be lost
		line = append([]byte{'\n'}, line...)
	}
	n, err := g.Write(line)
	if err != nil {
		g.torn = g.torn && n == 0 || n > 0
		return fmt.Errorf("append a line: %w", err)
	}
	g.torn = false
	return nil
}

func (f *file) close() error { return f.now.Load().Close() }
