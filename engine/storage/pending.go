package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Pending is a file being written. It ends by [Pending.Commit] or
// [Pending.Abort]; until then its target is as it was.
//
//	           ┌─ without a name ──┬─ linked to the target's ──────────────► in place
//	Create ────┤                   └─ something is there: linked to a ─┐
//	           │                      temporary name                   ▼
//	           └─ with a temporary name, locked ──────────────────► renamed
//
// A file without a name is gone with its process, whatever ends that. One with a
// temporary name stays; it is removed when we store into the directory an hour
// later. Where a target is replaced that can only happen in the instant between
// link and rename: no system call does both.
//
// The file may be written at any offset by many goroutines, which must be done
// before Commit. Commit and Abort may be called from different goroutines: the
// first one decides.
type Pending struct {
	name string // for errors, as the caller asked
	dir  folder // the target's
	base string
	temp string   // its name while it has not the target's; "": none
	file *os.File // nil: not made yet
	new  NewFile

	folder *os.File // the target's directory, open to be synced; nil: not wanted
	fsync  func(*os.File) error
	settle func() // gives back what is left of its promised room; nil: none was needed

	mu    sync.Mutex
	ended bool  // guarded by mu
	err   error // guarded by mu: what Commit answers once ended
}

// File is open for reading and writing; it belongs to the Pending.
func (p *Pending) File() *os.File { return p.file }

// Commit puts the complete file in its target's place. A file that lost or
// gained bytes gives [ErrChanged]. After any failure but [ErrNotDurable] the target
// is as it was and the new file is gone. A second call answers as the first did; after Abort the
// answer is [fs.ErrClosed].
func (p *Pending) Commit() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return p.err
	}
	p.ended = true
	if err := p.finish(); err != nil {
		p.err = p.discard("store", err)
		return p.err
	}
	p.leave()
	return nil
}

// Abort throws the file away. After Commit or Abort it does nothing.
func (p *Pending) Abort() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return nil
	}
	p.ended = true
	p.err = failed("store", p.name, fs.ErrClosed)
	return p.discard("abort", nil)
}

func (p *Pending) finish() error {
	if err := sized(p.file, p.new.Size); err != nil {
		return err
	}
	if err := p.attributes(); err != nil {
		return err
	}
	if p.temp != "" {
		if err := p.dir.holds(p.file, p.temp); err != nil {
			return err
		}
	}
	// Last of all: whatever came later would set them anew.
	if err := setTimes(p.file, p.new.Accessed, p.new.Modified); err != nil {
		return err
	}
	if p.new.Sync {
		if err := p.fsync(p.file); err != nil {
			return fmt.Errorf("sync the file: %w", cause(err))
		}
	}
	if err := p.place(); err != nil {
		return err
	}
	if p.new.Sync {
		if err := syncNames(p.folder, p.fsync); err != nil {
			return fmt.Errorf("%w: sync its directory: %w", ErrNotDurable, cause(err))
		}
	}
	return nil
}

func sized(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != size {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrChanged, info.Size(), size)
	}
	return nil
}

// place gives the complete file the target's name.
func (p *Pending) place() error {
	// Before: some file systems report lost writes only here.
	if err := flush(p.file); err != nil {
		return err
	}
	if p.temp == "" {
		err := p.dir.link(p.file, p.base)
		if !errors.Is(err, fs.ErrExist) {
			return err
		}
		_ = lock(p.file) // lest a sweep comes between
		temp := newTempName()
		if err := p.dir.link(p.file, temp); err != nil {
			return err
		}
		p.temp = temp
	}
	if err := p.dir.rename(p.temp, p.base); err != nil {
		return err
	}
	p.temp = ""
	return nil
}

// attributes gives the file its own or those of the one it replaces. The latter
// are read now, not at Create: they may have been changed during a long transfer.
func (p *Pending) attributes() error {
	perm := p.new.Perm.Perm()
	switch old, err := p.dir.stat(p.base); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case p.new.Keep && old.mode.IsRegular():
		perm = old.mode.Perm()
		keepOwner(p.file, old)
	}
	return p.file.Chmod(perm)
}

// keepOwner asks and accepts a no: a process without privilege may replace a
// file of somebody else, then becomes its owner and keeps at most its group.
func keepOwner(f *os.File, old entry) {
	if f.Chown(int(old.uid), int(old.gid)) != nil {
		_ = f.Chown(-1, int(old.gid))
	}
}

// discard lets go of everything and words the failure that led to it, if any,
// together with its own.
func (p *Pending) discard(op string, err error) error {
	if p.temp != "" {
		left := p.dir.remove(p.temp)
		if left != nil && !errors.Is(left, fs.ErrNotExist) {
			left = fmt.Errorf("temporary file %s stays: %w", p.temp, cause(left))
			if err != nil {
				left = fmt.Errorf("%w; %w", cause(err), left)
			}
			err = left
		}
	}
	p.leave()
	if err != nil {
		return failed(op, p.name, err)
	}
	return nil
}

// leave lets go of the file, its room and the target's directory.
func (p *Pending) leave() {
	if p.settle != nil {
		p.settle()
	}
	if p.file != nil {
		p.file.Close() // Its error says nothing new: either it was flushed, or nobody wants it.
	}
	if p.folder != nil {
		p.folder.Close() // Read-only: its error says nothing.
	}
	p.dir.close()
}
