package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// Known are the servers a user has met, by the name he calls them. They are kept in
// a file of lines
//
//	host:port SHA256:hash
//
// in which "#" begins a comment. A server with several keys has a line for each.
type Known struct {
	file string

	mu  sync.Mutex
	met map[string][]string // guarded by mu: what this process met, as the file may not take it
}

// NewKnown are those in file, which need not exist yet. Without a name they are
// remembered only as long as the process runs.
func NewKnown(file string) *Known { return &Known{file: file, met: make(map[string][]string)} }

// entry is a key a server may have.
type entry struct {
	fingerprint string
	line        int // of the file, 0: it is of this process
}

// maxKnown bounds the file; it is about 10000 servers.
const maxKnown = 1 << 20

// of returns what is known of a server. Who can't read it knows nobody: the error
// wraps [ErrUntrusted].
func (k *Known) of(server string) ([]entry, error) {
	text, err := k.read()
	var entries []entry
	if err == nil {
		entries, err = k.parse(text, server)
	}
	if err != nil {
		return nil, &unreadable{err}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, fingerprint := range k.met[server] {
		if !slices.ContainsFunc(entries, entry{fingerprint: fingerprint}.same) {
			entries = append(entries, entry{fingerprint: fingerprint})
		}
	}
	return entries, nil
}

func (e entry) same(other entry) bool { return e.fingerprint == other.fingerprint }

// read returns the text of the file, none if there is no file.
func (k *Known) read() (string, error) {
	if k.file == "" {
		return "", nil
	}
	b, err := readRegular(k.file, maxKnown, nil)
	switch {
	// A home directory such as /dev/null holds no file.
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("read known hosts: %w", err)
	}
	return string(b), nil
}

// parse returns the entries of server. A line that can't be read is an error,
// whoever it is about: it may have been that server's.
func (k *Known) parse(text, server string) ([]entry, error) {
	var entries []entry
	number := 0
	for line := range strings.Lines(text) {
		number++
		name, fingerprint, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("known hosts: %s, line %d: %w", k.file, number, err)
		}
		if name == server {
			entries = append(entries, entry{fingerprint, number})
		}
	}
	return entries, nil
}

// parseLine reads one line; its results are "" for one without an entry.
func parseLine(line string) (server, fingerprint string, err error) {
	words := strings.Fields(line)
	if len(words) == 0 || words[0][0] == '#' {
		return "", "", nil
	}
	if len(words) != 2 || !strings.Contains(words[0], ":") {
		return "", "", errors.New("want host:port and a fingerprint")
	}
	if err := CheckFingerprint(words[1]); err != nil {
		return "", "", err
	}
	return strings.ToLower(words[0]), words[1], nil
}

// remember notes the key of a server, in place of others if replace. If the file
// does not take it, the process remembers it all the same. It fails with a
// [*ChangedError] if another process has met the server with another key.
func (k *Known) remember(server, fingerprint string, replace bool) error {
	if name, _, err := parseLine(server + " " + fingerprint); err != nil || name != server {
		return fmt.Errorf("the name %q has no line", server)
	}
	var err error
	if k.file != "" {
		err = k.write(server, fingerprint, replace)
		if changed := (*ChangedError)(nil); errors.As(err, &changed) {
			return err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if replace {
		delete(k.met, server)
	}
	if !slices.Contains(k.met[server], fingerprint) {
		k.met[server] = append(k.met[server], fingerprint)
	}
	return err
}
