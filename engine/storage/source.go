package storage

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"
)

// Source is a regular file opened for reading. Its methods may be called from
// many goroutines; the file's offset is shared by them.
type Source struct {
	file *os.File
	info fs.FileInfo
}

// OpenSource opens a regular file for reading. Directories give [ErrIsDirectory];
// FIFOs, sockets and devices give [ErrNotRegular] and never block.
func (t *Tree) OpenSource(name string) (*Source, error) {
	at, err := t.existing(name)
	if err != nil {
		return nil, failed("open", name, err)
	}
	s, err := openSource(t.files, at)
	if err != nil {
		return nil, failed("open", name, err)
	}
	return s, nil
}

func openSource(dir files, at place) (*Source, error) {
	if err := regular(at.info.Mode()); err != nil {
		return nil, err
	}
	// A FIFO may have come since the check, hence no blocking. Where files are
	// offline or leased, a non-blocking open fails with EAGAIN: then, and only
	// then, it is known to be a file worth waiting for.
	f, err := dir.OpenFile(inside(at.path), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.EAGAIN) {
		f, err = dir.OpenFile(inside(at.path), os.O_RDONLY, 0)
	}
	if err != nil {
		return nil, err
	}
	info, err := readable(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return &Source{f, info}, nil
}

// readable checks what was really opened, and makes reading it wait for data
// that is offline.
func readable(f *os.File) (info fs.FileInfo, err error) {
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := regular(info.Mode()); err != nil {
		return nil, err
	}
	return info, control(f, func(fd int) error { return syscall.SetNonblock(fd, false) })
}

// File is open for reading; it belongs to the Source.
func (s *Source) File() *os.File { return s.file }

// Size is the size in bytes when the file was opened.
func (s *Source) Size() int64 { return s.info.Size() }

// Mode is the mode when the file was opened, set-id bits included.
func (s *Source) Mode() fs.FileMode { return s.info.Mode() }

// Modified is when the file was last modified before it was opened.
func (s *Source) Modified() time.Time { return s.info.ModTime() }

// Accessed is when the file was last read before it was opened, or zero where
// the system does not tell.
func (s *Source) Accessed() time.Time {
	d, err := describe(s.info)
	if err != nil {
		return time.Time{}
	}
	return d.Accessed
}

// Close closes the file.
func (s *Source) Close() error { return s.file.Close() }

// regular words the refusal of anything but a regular file.
func regular(mode fs.FileMode) error {
	switch {
	case mode.IsDir():
		return ErrIsDirectory
	case !mode.IsRegular():
		return ErrNotRegular
	}
	return nil
}
