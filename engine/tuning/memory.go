package tuning

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// memory is the content of the file, in JSON.
type memory struct {
	Format int               `json:"format"`
	Paths  map[string]*route `json:"paths"` // by key
}

const (
	format = 1
	// forgotten is the age at which a path is: much has changed since.
	forgotten = 30 * 24 * time.Hour
	// mostPaths bounds the file; the ones seen last stay.
	mostPaths = 256
	// mostBytes is far beyond what that many paths take.
	mostBytes = 4 << 20
)

func newMemory() *memory { return &memory{Format: format, Paths: make(map[string]*route)} }

// load reads the file at path. The memory is empty if there is none, and also
// on an error.
func load(path string, now time.Time) (*memory, error) {
	m := newMemory()
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return m, nil
	case err != nil:
		return m, err
	case !info.Mode().IsRegular(): // opening a FIFO could wait for ever
		return m, fmt.Errorf("read %s: no regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return m, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return m, err
	}
	read, err := parse(b, now)
	if err != nil {
		return m, fmt.Errorf("read %s: %w", path, err)
	}
	return read, nil
}

// parse reads what [Tuner.Close] wrote. Paths that make no sense, or are of another age,
// are left out.
func parse(b []byte, now time.Time) (*memory, error) {
	if len(b) > mostBytes {
		return nil, fmt.Errorf("more than %d bytes", mostBytes)
	}
	m := new(memory)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, err
	}
	if m.Format != format {
		return nil, fmt.Errorf("format %d, not %d", m.Format, format)
	}
	if m.Paths == nil {
		m.Paths = make(map[string]*route)
	}
	m.prune(now)
	return m, nil
}

// prune drops what is senseless, old, or too much.
func (m *memory) prune(now time.Time) {
	maps.DeleteFunc(m.Paths, func(_ string, r *route) bool {
		return !r.valid() || now.Sub(r.Seen) > forgotten || r.Seen.Sub(now) > forgotten
	})
	keys := slices.SortedFunc(maps.Keys(m.Paths), func(a, b string) int {
		return m.Paths[b].Seen.Compare(m.Paths[a].Seen)
	})
	for _, k := range keys[min(len(keys), mostPaths):] {
		delete(m.Paths, k)
	}
}

func (r *route) valid() bool {
	if r == nil || !sensible(r.RTT) {
		return false
	}
	for c, e := range r.Sizes {
		if c < 0 || c > 62 || e == nil || e.Counts[e.Best] == nil || e.Files < 0 || e.Since < 0 || e.Hint < fewer || e.Hint > more {
			return false
		}
		for n, t := range e.Counts {
			if n < 1 || t == nil || !sensible(t.Rate) || t.Rate == 0 {
				return false
			}
		}
	}
	return true
}

// sensible is what a rate in bytes per second or a time in milliseconds may be.
func sensible(v float64) bool { return v >= 0 && v < math.MaxInt32*1e3 }

// replace gives the file at path another content, at once: whoever reads it finds
// all of it.
func replace(path string, content []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("write %s: no regular file", path)
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // if it is not renamed
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
