package storage

import (
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Ledger is what the trees of one process know of each other: the room that is
// promised to files being written, when directories were swept, and where files
// without a name can be given one. Trees of different processes can't know, and
// see only what is allocated already. The zero value is ready; it is safe for
// concurrent use.
type Ledger struct {
	mu       sync.Mutex
	promised map[uint64][]*promise // by device, the earliest first
	swept    map[identity]time.Time
	nameable map[uint64]bool // by device, once tried
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

// maxSwept bounds the memory of directories. A directory swept more often than
// it is due costs a listing.
const maxSwept = 4096

// due reports whether a directory is to be swept now, and takes down that it is:
// when it is first stored into, and once a while after.
func (l *Ledger) due(dir identity, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, known := l.swept[dir]; known && now.Sub(last) < sweepAge {
		return false
	}
	if l.swept == nil || len(l.swept) >= maxSwept {
		l.swept = make(map[identity]time.Time)
	}
	l.swept[dir] = now
	return true
}

// canName reports whether a file without a name can be given one on a device,
// which try finds out the first time.
func (l *Ledger) canName(device uint64, try func() bool) bool {
	l.mu.Lock()
	can, known := l.nameable[device]
	l.mu.Unlock()
	if known {
		return can
	}
	can = try() // It may last: others need not wait, and at worst try too.
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nameable == nil {
		l.nameable = make(map[uint64]bool)
	}
	l.nameable[device] = can
	return can
}

// identity tells files apart, whatever their names.
type identity struct{ device, inode uint64 }
