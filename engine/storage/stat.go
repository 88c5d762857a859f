package storage

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path"
	"syscall"
	"time"
)

// Description is what the system knows about a file.
type Description struct {
	Inode uint64
	// Mode is st_mode: the type, the set-id bits and the permission bits as the
	// system numbers them.
	Mode uint32
	// Size is in bytes.
	Size int64
	// BlockSize is the size in bytes of a favourable read or write.
	BlockSize int64
	// Blocks is the space taken, in units of 512 bytes.
	Blocks   int64
	UID, GID uint32
	// Changed is when the inode changed last. Accessed and Changed are zero on
	// systems that only tell Modified.
	Accessed, Modified, Changed time.Time
}

// Describe describes what name leads to, links followed. It needs no permission
// on the file itself.
func (t *Tree) Describe(name string) (Description, error) {
	at, err := t.existing(name)
	if err != nil {
		return Description{}, failed("stat", name, err)
	}
	d, err := describe(at.info)
	if err != nil {
		return Description{}, failed("stat", name, err)
	}
	return d, nil
}

func describe(info fs.FileInfo) (Description, error) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Description{}, errors.ErrUnsupported
	}
	accessed, changed := statTimes(st)
	return Description{
		Inode: st.Ino, Mode: uint32(st.Mode), Size: st.Size, BlockSize: int64(st.Blksize), Blocks: st.Blocks,
		UID: st.Uid, GID: st.Gid, Accessed: accessed, Modified: info.ModTime(), Changed: changed,
	}, nil
}

// Space is what a file system has and has left.
type Space struct {
	// Blocks is how many blocks of BlockSize bytes the file system has,
	// Available how many of them the process may take.
	Blocks, Available uint64
	BlockSize         int64
	// Inodes and FreeInodes are zero where they are made as they are needed.
	Inodes, FreeInodes uint64
	// NameMax is the longest name of a file, in bytes.
	NameMax int64
	// Memory: it is kept in memory only.
	Memory bool
}

// bytes is the size of that many blocks.
func (s Space) bytes(blocks uint64) int64 {
	if s.BlockSize > 0 && blocks > uint64(math.MaxInt64/s.BlockSize) {
		return math.MaxInt64
	}
	return int64(blocks) * s.BlockSize
}

// Space describes the file system of a directory, or of another file's
// directory: the file itself, which may be a device, is not opened. Where the
// system cannot tell the error is [errors.ErrUnsupported].
func (t *Tree) Space(name string) (Space, error) {
	s, err := t.space(name)
	if err != nil {
		return Space{}, failed("df", name, err)
	}
	return s, nil
}

func (t *Tree) space(name string) (Space, error) {
	at, err := t.existing(name)
	if err != nil {
		return Space{}, err
	}
	dir := at.path
	if !at.info.IsDir() {
		dir = path.Dir(dir)
	}
	f, err := t.files.OpenFile(inside(dir), pathOnly|syscall.O_DIRECTORY, 0)
	if err != nil {
		return Space{}, err
	}
	defer f.Close()
	return space(f)
}

// control runs do on the descriptor of f.
func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { err = do(int(fd)) }); e != nil {
		return e
	}
	return err
}
