package storage

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"
)

// NewFile says what [Tree.Create] is to make.
type NewFile struct {
	// Size is what the file will hold, in bytes, exactly.
	Size int64
	// Perm holds the permission bits (mask 0777, the umask already applied).
	Perm fs.FileMode
	// Keep gives the file the permission bits of the one it replaces, and where
	// the process may give files away its owner and group too. Without it every
	// file has Perm and belongs to its maker.
	Keep bool
	// ReplaceLink puts the file in the place of a link at its name, instead of
	// what the link leads to; one that leads to a directory is refused as that.
	ReplaceLink bool
	// Writable asks that a file to be replaced may be written to. Without it the
	// right to rename in its directory is enough.
	Writable bool
	// Dirs makes missing directories on the way, each with exactly DirPerm (mask
	// 0777). They stay when the file does not come about.
	Dirs    bool
	DirPerm fs.FileMode
	// Sync has Commit wait until the file, its attributes and its name are on
	// disk, fsync(2), and Create until the directories are that it makes.
	Sync bool
	// Sparse leaves the space to be allocated by what is written.
	Sparse bool
	// Accessed and Modified become the file's times; a zero one is that of the transfer.
	Accessed, Modified time.Time
}

// Create begins a file that will take the place of name when committed. Nothing
// at name changes before.
//
// A link at name is followed, unless n replaces it, and what it leads to is
// replaced or, if missing, created. A directory gives [ErrIsDirectory], a FIFO, socket or device
// [ErrNotRegular]. The directory must be writable; a missing one that n does not
// want made is ENOENT. Hard links, access control lists and extended attributes
// of a replaced file are not carried over.
//
// Size is checked against [Limits], then the space is allocated where the file
// system can and gains by it.
func (t *Tree) Create(name string, n NewFile) (*Pending, error) {
	dir, base, err := t.target(name, n)
	if err != nil {
		return nil, failed("create", name, err)
	}
	p := &Pending{name: name, dir: dir, base: base, new: n, fsync: t.fsync}
	if err := p.begin(t.limits); err != nil {
		return nil, p.discard("create", err)
	}
	return p, nil
}

// target pins the directory that name ends up in.
func (t *Tree) target(name string, n NewFile) (dir files, base string, err error) {
	switch {
	case n.Size < 0:
		return nil, "", fmt.Errorf("%w: size %d", syscall.EINVAL, n.Size)
	case t.limits.MaxFileSize > 0 && n.Size > t.limits.MaxFileSize:
		return nil, "", fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, n.Size, t.limits.MaxFileSize)
	}
	at, err := t.way(name, n)
	if err != nil {
		return nil, "", err
	}
	if at.slash || at.path == "/" {
		return nil, "", ErrIsDirectory
	}
	above, base := path.Split(at.path)
	dir, err = t.files.Sub(inside(above))
	return dir, base, err
}

// way resolves name and makes the directories on the way to it if n wants them:
// not, though, for a name that can only mean a directory and is refused.
func (t *Tree) way(name string, n NewFile) (place, error) {
	switch name[strings.LastIndexByte(name, '/')+1:] {
	case "", ".", "..":
		n.Dirs = false
	}
	if n.ReplaceLink && t.leadsToDir(name) {
		return place{}, ErrIsDirectory
	}
	if n.Dirs {
		return t.walk(name, !n.ReplaceLink, t.provide(n.DirPerm, n.Sync))
	}
	return t.resolve(name, !n.ReplaceLink)
}

// leadsToDir reports whether name leads to a directory inside the tree.
func (t *Tree) leadsToDir(name string) bool {
	at, err := t.resolve(name, true)
	return err == nil && at.info != nil && at.info.IsDir()
}

// begin checks the target and makes the temporary file.
func (p *Pending) begin(l Limits) error {
	switch old, err := p.dir.Lstat(p.base); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := p.replaceable(old); err != nil {
			return err
		}
	}
	// The name says nothing about the target: any length of target fits, and
	// nobody can place a file or link there beforehand.
	temp := ".bbftp." + rand.Text() + ".tmp"
	// No O_APPEND: segments arrive in any order, and splice refuses such files.
	f, err := p.dir.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	p.temp, p.file = temp, f
	if p.new.Sync {
		if p.folder, err = p.dir.OpenFile(".", os.O_RDONLY|syscall.O_DIRECTORY, 0); err != nil {
			return fmt.Errorf("open the directory to sync it: %w", cause(err))
		}
	}
	if p.new.Size == 0 {
		return nil
	}
	if err := l.room(f, p.new.Size); err != nil {
		return err
	}
	return allocate(f, p.new.Size, p.new.Sparse)
}

// replaceable refuses now what would otherwise fail at the rename, after the
// whole transfer, and where asked to what only succeeds because a rename asks for
// less than writing to the file does.
func (p *Pending) replaceable(old fs.FileInfo) error {
	link := p.new.ReplaceLink && old.Mode().Type() == fs.ModeSymlink
	if err := regular(old); err != nil && !link {
		return err
	}
	if p.new.Writable && !link {
		f, err := p.dir.OpenFile(p.base, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		switch {
		case errors.Is(err, syscall.EAGAIN): // Permitted, but leased or offline, which replacing does not mind.
		case err != nil:
			return err
		default:
			f.Close()
		}
	}
	parent, err := p.dir.Lstat(".")
	if err != nil {
		return err
	}
	if parent.Mode()&fs.ModeSticky != 0 && !owned(old) && !owned(parent) {
		return syscall.EPERM
	}
	return nil
}

// owned reports whether the sticky bit lets us replace the file.
func owned(info fs.FileInfo) bool {
	me := os.Geteuid()
	st, ok := info.Sys().(*syscall.Stat_t)
	return me == 0 || !ok || int(st.Uid) == me
}

// room refuses a file that leaves less than the reserve, or does not fit at all:
// a file system may give away its last block before it finds that out, and
// starve everybody else meanwhile. f tells the file system.
func (l Limits) room(f *os.File, size int64) error {
	s, err := space(f)
	if errors.Is(err, errors.ErrUnsupported) || (err == nil && s.Blocks == 0) {
		return nil // Not every file system can tell; the writes will.
	}
	if err != nil {
		return err
	}
	free, total := s.bytes(s.Available), s.bytes(s.Blocks)
	reserve := max(l.Reserve, 0)
	if l.Reserve == 0 {
		reserve = total / 100
	}
	if size > free-reserve {
		return fmt.Errorf("%w: %d bytes, %d free, %d in reserve", ErrNoSpace, size, free, reserve)
	}
	return nil
}

// allocate gives f its size, and where that pays its blocks: a full disk is then
// found before the transfer, and segments written in any order stay contiguous.
//
// A file in memory has nothing to be contiguous, and its pages would be cleared
// only to be overwritten: a quarter of a second for each GiB before the first
// byte may come. There a file system that fills up meanwhile is found by the
// writes, like one that can't allocate.
func allocate(f *os.File, size int64, sparse bool) error {
	if sparse || inMemory(f) {
		return f.Truncate(size)
	}
	err := preallocate(f, size)
	if errors.Is(err, errors.ErrUnsupported) {
		err = f.Truncate(size)
	}
	return err
}
