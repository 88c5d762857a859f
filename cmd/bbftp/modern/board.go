package modern

import (
	"fmt"
	"sync"

	"bbftp/engine/client"
)

// board is what bars are drawn from, at their own times.
type board struct {
	mu      sync.Mutex
	files   int
	bytes   int64 // of all files, -1 if not known
	ended   int
	passed  int64 // of the files that ended
	begun   int   // times that a file began to move
	current client.Progress
	over    bool // current has ended
}

func (b *board) reset(files int, bytes int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.files, b.bytes = files, bytes
	b.ended, b.passed = 0, 0 // what failed before is not among the files
}

func (b *board) several() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.files > 1
}

func (b *board) begin(p client.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun++
	b.current, b.over = p, false
}

func (b *board) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended++
	if !b.over {
		b.passed += b.current.Bytes
		b.over = true
	}
}

// moved is how much of the file under way has passed.
func (b *board) moved() int64 {
	if b.over || b.current.Moved == nil {
		return b.current.Bytes
	}
	return b.current.Moved()
}

// view is one look at a bar's subject.
type view struct {
	subject      int // another number is another subject
	name         string
	moved, bytes int64 // bytes is -1 if not known
	part, whole  int64 // what the bar shows
}

func (b *board) file() view {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := view{subject: b.begun, name: b.current.Local, moved: b.moved(), bytes: b.current.Bytes}
	if b.current.Op == "get" {
		v.name = b.current.Remote
	}
	v.part, v.whole = v.moved, v.bytes
	return v
}

// total goes by files where the sizes are not known.
func (b *board) total() view {
	b.mu.Lock()
	defer b.mu.Unlock()
	ended := min(b.ended, b.files) // directories fail too
	v := view{name: fmt.Sprintf("%d of %d files", ended, b.files), moved: b.passed, bytes: b.bytes}
	if !b.over {
		v.moved += b.moved()
	}
	if v.part, v.whole = v.moved, v.bytes; v.bytes < 0 {
		v.part, v.whole = int64(ended), int64(b.files)
	}
	return v
}
