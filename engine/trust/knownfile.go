package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// write adds a line to the file. The file is locked meanwhile by another one beside
// it, and replaced at once: processes that do the same lose no line, and whoever
// reads it finds all of it.
func (k *Known) write(server, fingerprint string, replace bool) (err error) {
	if err := os.MkdirAll(filepath.Dir(k.file), 0o700); err != nil {
		return err
	}
	guard, err := os.OpenFile(k.file+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = guard.Close() }()
	if err := lock(guard); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("lock %s: %w", guard.Name(), err)
	}
	text, err := k.read()
	if err != nil {
		return err
	}
	entries, err := k.parse(text, server)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(entries, entry{fingerprint: fingerprint}.same) && (!replace || len(entries) == 1):
		return nil // another process was faster
	case len(entries) > 0 && !replace:
		return k.changed(server, entries, fingerprint)
	}
	return k.rewrite(without(text, entries) + server + " " + fingerprint + "\n")
}

// without is text without the lines of entries, its last line complete.
func without(text string, entries []entry) string {
	var b strings.Builder
	number := 0
	for line := range strings.Lines(text) {
		number++
		if !slices.ContainsFunc(entries, func(e entry) bool { return e.line == number }) {
			b.WriteString(strings.TrimSuffix(line, "\n") + "\n")
		}
	}
	return b.String()
}

// rewrite gives the file other content, and keeps its mode. Where its name is a
// link, what the link leads to is replaced.
func (k *Known) rewrite(text string) error {
	target, mode := k.file, fs.FileMode(0o600)
	if real, err := filepath.EvalSymlinks(target); err == nil {
		target = real
	}
	if info, err := os.Stat(target); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(target), filepath.Base(target)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // if it is not renamed
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), target); err != nil {
		return err
	}
	return syncDir(filepath.Dir(target))
}

// syncDir has a new name in dir outlast a failure of the power, where directories
// can be opened.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	_ = d.Sync() // not all file systems do it
	return d.Close()
}
