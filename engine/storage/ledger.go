package storage

import (
	"io/fs"
	"os"
	"slices"
	"sync"
	"syscall"
)

// Ledger is what the trees of one process know of each other: the room that is
// promised to files being written, and which directories were swept. Trees of
// different processes can't know, and see only what is allocated already. The
// zero value is ready; it is safe for concurrent use.
type Ledger struct {
	mu       sync.Mutex
	promised map[uint64][]*promise // by device, the earliest first
	swept    map[identity]struct{}

	naming   sync.Once
	nameable bool // files without a name can be given one, once naming is done
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger { return new(Ledger) }

// promise is room for a file that is not allocated, or not yet.
type promise struct {
	file *os.File
	size int64
}

// outstanding is what the file has not taken of its room yet, in bytes.
func (p *promise) outstanding() int64 {
	info, err := p.file.Stat()
	if err != nil {
		return 0 // It is closed: its transfer is over.
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		const unit = 512 // of st_blocks, stat(2)
		return max(0, p.size-int64(st.Blocks)*unit)
	}
	return 0
}

// promise takes down that f, on a device, will grow to size. Before is what was
// promised on it earlier: of two files that together are too large the first
// one still finds its room.
func (l *Ledger) promise(device uint64, f *os.File, size int64) (before func() int64, settle func()) {
	mine := &promise{f, size}
	l.mu.Lock()
	defer l.mu.Unlock()
	earlier := slices.Clone(l.promised[device])
	if l.promised == nil {
		l.promised = make(map[uint64][]*promise)
	}
	l.promised[device] = append(l.promised[device], mine)
	before = func() (sum int64) {
		for _, p := range earlier {
			sum += p.outstanding()
		}
		return sum
	}
	return before, sync.OnceFunc(func() { l.settle(device, mine) })
}

func (l *Ledger) settle(device uint64, p *promise) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := slices.DeleteFunc(l.promised[device], func(other *promise) bool { return other == p })
	if len(left) == 0 {
		delete(l.promised, device)
		return
	}
	l.promised[device] = left
}

// maxSwept bounds the memory of directories. A directory swept twice costs a
// listing.
const maxSwept = 4096

// firstIn reports whether the directory is stored into for the first time.
func (l *Ledger) firstIn(dir identity) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.swept[dir]; known {
		return false
	}
	if l.swept == nil || len(l.swept) >= maxSwept {
		l.swept = make(map[identity]struct{})
	}
	l.swept[dir] = struct{}{}
	return true
}

// canName reports whether files without a name can be given one, which is the
// same for all of a process.
func (l *Ledger) canName(f *os.File) bool {
	l.naming.Do(func() { l.nameable = canName(f) })
	return l.nameable
}

// identity tells files apart, whatever their names.
type identity struct{ device, inode uint64 }

func identify(info fs.FileInfo) (id identity, ok bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return identity{}, false
	}
	return identity{uint64(st.Dev), st.Ino}, true
}
