package trust

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Two fingerprints.
var (
	someKey  = "SHA256:" + strings.Repeat("A", 43)
	otherKey = "SHA256:" + strings.Repeat("B", 42) + "A"
)

func TestKnownFile(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		keys       []string
		wrong      string
	}{
		{"empty", "", nil, ""},
		{"comments", "# mine\n\n  # and others\n", nil, ""},
		{"known", "a:1 " + someKey + "\nh:5021 " + otherKey + "\n", []string{otherKey}, ""},
		{"without an end", "h:5021 " + otherKey, []string{otherKey}, ""},
		{"with blanks", " h:5021\t" + otherKey + " \r\n", []string{otherKey}, ""},
		{"in capitals", "H:5021 " + otherKey, []string{otherKey}, ""},
		{"two keys", "h:5021 " + otherKey + "\nh:5021 " + someKey + "\n", []string{otherKey, someKey}, ""},
		{"another port", "h:5022 " + otherKey, nil, ""},
		{"no key", "a:1 " + someKey + "\nh:5021\n", nil, "line 2"},
		{"no port", "h " + otherKey, nil, "line 1"},
		{"too much", "h:5021 " + otherKey + " x", nil, "line 1"},
		{"no fingerprint", "h:5021 SHA256:abc", nil, "line 1"},
		{"a bad line of another", "a:1 " + someKey + "\n#\nb:2 ssh-rsa\n", nil, "line 3"},
		{"half a line", "h:5021 " + otherKey[:20], nil, "line 1"},
		{"too long", strings.Repeat("#", maxKnown+1), nil, "more than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := writeFile(t, filepath.Join(t.TempDir(), "known"), []byte(tt.text), 0o600)
			entries, err := NewKnown(file).of("h:5021")
			if tt.wrong != "" {
				says(t, err, file, tt.wrong)
				if tt.name != "too long" {
					says(t, NewKnown(file).remember("n:1", someKey, false), tt.wrong)
				}
				return
			}
			var keys []string
			for _, e := range entries {
				keys = append(keys, e.fingerprint)
			}
			if err != nil || fmt.Sprint(keys) != fmt.Sprint(tt.keys) {
				t.Errorf("%v, %v, want %v", keys, err, tt.keys)
			}
		})
	}
}

func TestNoKnownFile(t *testing.T) {
	dir := t.TempDir()
	blocked := writeFile(t, filepath.Join(dir, "blocked"), nil, 0o600)
	for _, file := range []string{"", filepath.Join(dir, "no"), filepath.Join(dir, "no", "dir", "file"), filepath.Join(blocked, "known")} {
		if entries, err := NewKnown(file).of("h:1"); err != nil || entries != nil {
			t.Errorf("%q: %v, %v", file, entries, err)
		}
	}
	if _, err := NewKnown(dir).of("h:1"); err == nil {
		t.Error("a directory is taken for a file")
	}
}

func TestRememberKeepsTheRest(t *testing.T) {
	dir := t.TempDir()
	real := writeFile(t, filepath.Join(dir, "real"), []byte("# mine\nx:1 "+someKey), 0o640)
	link := filepath.Join(dir, "known")
	if err := os.Symlink(real, link); err != nil {
		t.Fatal(err)
	}
	k := NewKnown(link)
	for _, step := range []struct {
		server, key string
		replace     bool
		want        string // after x's line
	}{
		{"[::1]:5021", someKey, false, "[::1]:5021 " + someKey + "\n"},
		{"[::1]:5021", someKey, false, "[::1]:5021 " + someKey + "\n"},
		{"[::1]:5021", otherKey, true, "[::1]:5021 " + otherKey + "\n"},
	} {
		if err := k.remember(step.server, step.key, step.replace); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(real)
		if want := "# mine\nx:1 " + someKey + "\n" + step.want; err != nil || string(text) != want {
			t.Errorf("holds %q (%v), want %q", text, err, want)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v", err)
	}
	if info, err := os.Stat(real); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := k.remember("a b:1", someKey, false); err == nil {
		t.Error("a name with a blank was written")
	}
}

// TestNotWritable keeps a server's key as long as the process runs.
func TestNotWritable(t *testing.T) {
	file := filepath.Join(writeFile(t, filepath.Join(t.TempDir(), "blocked"), nil, 0o600), "known")
	p := Policy{Known: NewKnown(file)}
	_, server := newIdentity(t)
	_, impostor := newIdentity(t)
	met, err := meet(t, p, "h", server)
	says(t, err, "remember the key of h:5021", file)
	if !met.First || met.File != "" || errors.Is(err, ErrUntrusted) {
		t.Errorf("met %+v", met)
	}
	says(t, errors.New(met.String()), "now trusted", "not kept")
	if met, err := meet(t, p, "h", server); err != nil || met.First {
		t.Errorf("again: %+v, %v", met, err)
	}
	_, err = meet(t, p, "h", impostor)
	says(t, err, "earlier in this run")
	_, err = meet(t, p, "h", nil)
	says(t, err, "offers no TLS")
}

// TestRememberTogether has several processes meet servers at once, some of them the
// same one.
func TestRememberTogether(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known")
	const servers, each = 10, 4
	var running sync.WaitGroup
	for i := range servers * each {
		running.Go(func() {
			if err := NewKnown(file).remember(fmt.Sprintf("h%d:1", i%servers), someKey, false); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	text, err := os.ReadFile(file)
	if err != nil || strings.Count(string(text), "\n") != servers {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestRaceForFirst lets one of two keys be the first.
func TestRaceForFirst(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known")
	p := Policy{Known: NewKnown(file)}
	_, server := newIdentity(t)
	_, impostor := newIdentity(t)
	m, err := p.Meet("h", 5021)
	if err != nil {
		t.Fatal(err)
	}
	if err := shake(t, impostor, m.Config()); err != nil {
		t.Fatal(err)
	}
	if _, err := meet(t, Policy{Known: NewKnown(file)}, "h", server); err != nil {
		t.Fatal(err)
	}
	_, err = m.Accept()
	says(t, err, "has changed")
	if !errors.Is(err, ErrUntrusted) {
		t.Errorf("%T", err)
	}
}

// FuzzKnownLine wants lines to be read or refused, and what is read to be written
// the same way.
func FuzzKnownLine(f *testing.F) {
	for _, line := range []string{"", "#", "h:5021 " + someKey, "[::1]:1\t" + otherKey + "\r", "H:1 x", "\x00:1 " + someKey, "é:1 " + someKey} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		server, key, err := parseLine(line)
		if err != nil || server == "" {
			if err == nil && key != "" {
				t.Fatalf("a key of nobody in %q", line)
			}
			return
		}
		if again, sameKey, err := parseLine(server + " " + key); err != nil || again != server || sameKey != key {
			t.Fatalf("%q is read as %q %q, and that as %q %q, %v", line, server, key, again, sameKey, err)
		}
	})
}
