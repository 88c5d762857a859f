package interop

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bbftp/bench/payload"
)

// The attributes of every source: bits no umask gives by chance, and times that
// differ from each other and from now.
const sourceMode = 0o604

var (
	sourceRead    = time.Date(2003, 4, 5, 6, 7, 8, 0, time.UTC)
	sourceChanged = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
)

// sources are the files to move. Clients put them and get them alike: they are
// below the account's home, and theirs alone to write.
type sources struct {
	home  string
	names []string          // of all, relative to home
	sums  map[string]string // hashes by name
}

// sourceName is the name relative to the home.
func sourceName(size int64) string {
	return filepath.Join(sourceDir(size == largeSize), fmt.Sprintf("f%d", size))
}

// sourceDir parts large from small, so that a pattern matches one batch.
func sourceDir(large bool) string {
	if large {
		return "large"
	}
	return "small"
}

func makeSources(t *testing.T, p place) sources {
	s := sources{home: p.home(), sums: map[string]string{}}
	for _, size := range extent().sizes {
		name := sourceName(size)
		path := filepath.Join(s.home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write := writeNumbered
		if size != largeSize {
			write = writeRandom
		}
		if err := write(path, size); err != nil {
			t.Fatal(err)
		}
		// A server reads it as its owner or as anybody.
		if err := os.Chown(path, accountID, accountID); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, sourceMode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, sourceRead, sourceChanged); err != nil {
			t.Fatal(err)
		}
		sum, err := hash(path)
		if err != nil {
			t.Fatal(err)
		}
		s.names = append(s.names, name)
		s.sums[name] = sum
	}
	return s
}

// verify tells whether the sources are still what they were.
func (s sources) verify(t *testing.T) {
	for _, name := range s.names {
		if sum, err := hash(filepath.Join(s.home, name)); err != nil || sum != s.sums[name] {
			t.Errorf("the source %s changed: %v", name, err)
		}
	}
}

func writeRandom(path string, size int64) error {
	return payload.Write(path, payload.Mixed, size, uint64(size)+1)
}

// writeNumbered writes pages that compress fast, of which no two are the same:
// a page in the wrong place changes the hash.
func writeNumbered(path string, size int64) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	filler := strings.Repeat("all work and no play makes a dull file\n", 105)
	for page := 0; size > 0; page++ {
		text := fmt.Sprintf("page %d\n%s", page, filler)
		n, err := w.WriteString(text[:min(size, int64(len(text)))])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return w.Flush()
}

// hash returns the SHA-256 of a file, in hexadecimal digits.
func hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
