// Package firsterr tells at the end of a run whether its output was written.
package firsterr

import (
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall"
)

// Writer passes on what is written and remembers the first error, so that who
// prints need not look: it goes on writing, and a run whose output was cut fails
// in the end.
type Writer struct {
	to io.Writer

	mu    sync.Mutex
	first error // guarded by mu
}

// New returns a Writer that writes to w.
func New(w io.Writer) *Writer { return &Writer{to: w} }

// Write writes to the writer below.
func (w *Writer) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	w.mu.Lock()
	defer w.mu.Unlock()
	// A reader that went away has what it wanted.
	if w.first == nil && err != nil && !errors.Is(err, syscall.EPIPE) {
		w.first = err
	}
	return n, err
}

// Unwrap returns the writer below.
func (w *Writer) Unwrap() io.Writer { return w.to }

// Err returns the first error, without the name of what was written, or nil.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var named *fs.PathError
	if errors.As(w.first, &named) {
		return named.Err
	}
	return w.first
}
