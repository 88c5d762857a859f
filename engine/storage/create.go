package storage

import (
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
	if err := p.begin(t); err != nil {
		return nil, p.discard("create", err)
	}
	return p, nil
}

// target pins the directory that name ends up in.
func (t *Tree) target(name string, n NewFile) (dir folder, base string, err error) {
	switch {
	case t.limits.ReadOnly:
		return folder{}, "", syscall.EROFS
	case n.Size < 0:
		return folder{}, "", fmt.Errorf("%w: size %d", syscall.EINVAL, n.Size)
	case t.limits.MaxFileSize > 0 && n.Size > t.limits.MaxFileSize:
		return folder{}, "", fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, n.Size, t.limits.MaxFileSize)
	}
	at, err := t.way(name, n)
	if err != nil {
		return folder{}, "", err
	}
	if at.slash || at.path == "/" {
		return folder{}, "", ErrIsDirectory
	}
	above, base := path.Split(at.path)
	dir, err = t.files.Folder(inside(above))
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

// begin checks the target and makes the file, without a name where it can.
func (p *Pending) begin(t *Tree) error {
	above, err := p.dir.stat(".")
	if err != nil {
		return err
	}
	switch old, err := p.dir.stat(p.base); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := p.replaceable(old, above); err != nil {
			return err
		}
	}
	if err := p.make(t, above.device); err != nil {
		return err
	}
	t.limits.Ledger.sweep(p.dir, above.identity, p.file)
	if p.new.Sync {
		if p.folder, err = p.dir.list(); err != nil {
			return fmt.Errorf("open the directory to sync it: %w", cause(err))
		}
	}
	if p.new.Size == 0 {
		return nil
	}
	return p.takeRoom(t.limits, above.device)
}

// make opens a new file, without a name if it can get one in the end.
func (p *Pending) make(t *Tree, device uint64) (err error) {
	p.file, err = t.nameless(p.dir, p.name)
	if err == nil && !t.limits.Ledger.canName(device, func() bool { return p.dir.canName(t.nameless) }) {
		p.file.Close()
		err = errors.ErrUnsupported
	}
	if errors.Is(err, errors.ErrUnsupported) {
		p.file, p.temp, err = p.dir.named(p.name)
	}
	return err
}

// replaceable refuses now what would otherwise fail at the rename, after the
// whole transfer, and where asked to what only succeeds because a rename asks for
// less than writing to the file does.
func (p *Pending) replaceable(old, above entry) error {
	link := p.new.ReplaceLink && old.mode.Type() == fs.ModeSymlink
	if err := regular(old.mode); err != nil && !link {
		return err
	}
	if p.new.Writable && !link {
		f, err := p.dir.open(p.base, os.O_WRONLY|syscall.O_NONBLOCK, 0, p.base)
		switch {
		case errors.Is(err, syscall.EAGAIN): // Permitted, but leased or offline, which replacing does not mind.
		case err != nil:
			return err
		default:
			f.Close()
		}
	}
	if above.mode&fs.ModeSticky != 0 && !old.owned() && !above.owned() {
		return syscall.EPERM
	}
	return nil
}

// owned reports whether the sticky bit lets us replace the file.
func (e entry) owned() bool {
	me := os.Geteuid()
	return me == 0 || int(e.uid) == me
}
