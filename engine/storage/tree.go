package storage

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// NoReserve as [Limits].Reserve lets files fill the file system.
const NoReserve = -1

// Limits bound what [Tree.Create] accepts. The zero value is the default.
type Limits struct {
	// MaxFileSize is the largest file in bytes; 0 sets no limit.
	MaxFileSize int64
	// Reserve is the free space, in bytes, that a new file must leave:
	// 0 stands for 1 % of its file system, [NoReserve] for nothing.
	// The replaced file counts as used, since both exist for a while. What other
	// files of the same Ledger will yet take counts as used, too.
	Reserve int64
	// ReadOnly has all that would change the tree fail with EROFS, before it touches
	// anything.
	ReadOnly bool
	// Ledger is shared by the trees of a process; nil: the tree has its own.
	Ledger *Ledger
}

func (l Limits) withDefaults() Limits {
	if l.Ledger == nil {
		l.Ledger = NewLedger()
	}
	return l
}

// Tree is a directory tree seen as "/". Its methods take absolute paths with
// slashes and may be called from many goroutines.
//
// Paths are resolved as the kernel does it, but within the tree: ".." at "/"
// stays there, a symbolic link whose absolute target lies below the tree's
// directory is followed, and one that leads elsewhere gives [ErrEscapes].
//
// A confined tree must be able to read every directory on the way, searching
// alone is not enough.
type Tree struct {
	files  files
	limits Limits
	// tops are the names of the tree's directory from outside: as given and as
	// it really is, since links below may have been made with either.
	tops []string
	// fsync waits until a file or directory is on disk.
	fsync func(*os.File) error
	// nameless makes a file without a name in a directory.
	nameless func(folder, string) (*os.File, error)
	// whole: the tree starts at the real root, whose ".." leads out of nothing.
	whole bool
}

// Open returns the tree below dir, confined to it even against programs that
// change links and directories meanwhile. Close it after use.
func Open(dir string, l Limits) (*Tree, error) {
	given, err := absolute(dir)
	if err != nil {
		return nil, failed("open", dir, err)
	}
	real, err := filepath.EvalSymlinks(given)
	if err != nil {
		return nil, failed("open", dir, err)
	}
	root, err := os.OpenRoot(real)
	if err != nil {
		return nil, failed("open", dir, err)
	}
	return &Tree{
		files: confined{root}, limits: l.withDefaults(), tops: []string{given, real}, whole: real == "/",
		fsync: fsync, nameless: nameless,
	}, nil
}

// absolute is the absolute path that dir means. Dots that lead up are left for
// the links before them to be followed first.
func absolute(dir string) (string, error) {
	if !filepath.IsAbs(dir) {
		cwd, err := os.Getwd()
		if err != nil {
			return "", err
		}
		dir = Join(cwd, dir)
	}
	if slices.Contains(strings.Split(dir, "/"), "..") {
		return dir, nil
	}
	return filepath.Clean(dir), nil
}

// Unconfined returns the whole file system as a tree, bounded by nothing but the
// permissions of the process.
func Unconfined(l Limits) *Tree {
	return &Tree{
		files: plain{"/"}, limits: l.withDefaults(), tops: []string{"/"}, whole: true,
		fsync: fsync, nameless: nameless,
	}
}

// Close ends the use of the tree. Files opened from it stay usable, and so does
// each [Pending].
func (t *Tree) Close() error { return t.files.Close() }

// Join returns the absolute path that p means in the working directory cwd.
// Dots are left for the tree to resolve: "a/.." is not "." when a is a link.
func Join(cwd, p string) string {
	switch {
	case strings.HasPrefix(p, "/"):
		return p
	case strings.HasSuffix(cwd, "/"):
		return cwd + p
	}
	return cwd + "/" + p
}

// Chdir returns the path, free of links and dots, of an existing directory
// which may be searched.
func (t *Tree) Chdir(name string) (string, error) {
	at, err := t.existing(name)
	switch {
	case err != nil:
	case !at.info.IsDir():
		err = syscall.ENOTDIR
	default:
		// Looking up a name inside is what needs the permission.
		_, err = t.files.Lstat(inside(at.path) + "/.")
	}
	if err != nil {
		return "", failed("chdir", name, err)
	}
	return at.path, nil
}

// Stat describes what name leads to, links followed.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	at, err := t.existing(name)
	if err != nil {
		return nil, failed("stat", name, err)
	}
	return at.info, nil
}

// Remove removes a file, or a link itself. It refuses directories with [ErrIsDirectory].
func (t *Tree) Remove(name string) error {
	at, err := t.toChange(name)
	switch {
	case err != nil:
	case at.info == nil:
		err = syscall.ENOENT
	case at.info.IsDir():
		err = ErrIsDirectory
	default:
		err = t.remove(at.path)
	}
	if err != nil {
		return failed("remove", name, err)
	}
	return nil
}

func (t *Tree) remove(name string) error {
	above, base := path.Split(name)
	dir, err := t.files.Folder(inside(above))
	if err != nil {
		return err
	}
	defer dir.close()
	return dir.remove(base)
}

// toChange is resolve, without following a last link, for what is to be changed.
func (t *Tree) toChange(name string) (place, error) {
	if t.limits.ReadOnly {
		return place{}, syscall.EROFS
	}
	return t.resolve(name, false)
}
