package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// heard collects settings as "key=text,text".
type heard []string

func (h *heard) set(key string, v Value) error {
	if strings.HasPrefix(key, "bad") {
		return errors.New(key + " is refused")
	}
	*h = append(*h, fmt.Sprintf("%s=%s flag=%t list=%t", key, strings.Join(v.Texts, ","), v.Flag, v.List))
	return nil
}

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       heard
	}{
		{"empty", "", nil},
		{"comments", "# one\n\n  # two\n", nil},
		{"kinds", "users = '/u'\nport = 6000 # here\nread-only = true\nmptcp = false\nallow = ['::1', \"10.0.0.0/8\"]\ndeny = []\n", heard{
			"users=/u flag=false list=false", "port=6000 flag=false list=false", "read-only=true flag=true list=false",
			"mptcp=false flag=true list=false", "allow=::1,10.0.0.0/8 flag=false list=true", "deny= flag=false list=true",
		}},
		{"their order", "b = 1\na = 2\n", heard{"b=1 flag=false list=false", "a=2 flag=false list=false"}},
	} {
		var got heard
		if err := parse("file", tt.text, got.set); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"port 6000":                 "file:1: ",
		"\nport = 1\nport = 2":      "file:3: ",
		"a = 1\n\nbad = 1":          "file:3: bad is refused",
		"rate = 1.5":                "file:1: rate: want text in quotes",
		"\nwhen = 2026-11-22":       "file:2: when: want text in quotes",
		"a = 1\n[network]\nport=1":  "file:2: network: is a table",
		"[[network]]\nport=1":       "file:1: network: is a table",
		"network.port = 1":          "network: is a table",
		"allow = [['a']]":           "file:1: allow: want text in quotes",
		"umask = 022":               "file:1: ",
		"users = \"/u":              "file:1: ",
		"bad1 = 1\na = 1\nbad2 = 2": "file:1: bad1 is refused\nfile:3: bad2 is refused",
	} {
		var got heard
		if err := parse("file", text, got.set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	if err := os.WriteFile(name, []byte("a = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got heard
	if err := Read(name, got.set); err != nil || len(got) != 1 {
		t.Errorf("%v, %q", err, got)
	}
	for _, mode := range []os.FileMode{0o620, 0o602, 0o666} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
		if err := Read(name, got.set); err == nil || !strings.Contains(err.Error(), "lets others than the owner write it") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if err := Read(dir, got.set); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
	pipe := filepath.Join(dir, "pipe") // nobody writes to it
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Read(pipe, got.set); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a pipe: %v", err)
	}
	if err := Read(filepath.Join(dir, "missing"), got.set); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, maxSize+1); err != nil {
		t.Fatal(err)
	}
	if err := Read(name, got.set); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("a long file: %v", err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(name, 65534, -1); err != nil {
			t.Fatal(err)
		}
		if err := Read(name, got.set); err == nil || !strings.Contains(err.Error(), "belongs to user 65534") {
			t.Errorf("somebody's file: %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("port = 6000\nallow = ['a', 1]\n[t]\nx.y = true\n")
	f.Add("a = 1.5e3\nb = 2026-11-22T00:00:00Z\nc = {d = [[]]}")
	f.Fuzz(func(t *testing.T, text string) {
		err := parse("file", text, func(_ string, v Value) error {
			if !v.List && len(v.Texts) != 1 || v.Flag && v.List {
				t.Errorf("%q: %+v", text, v)
			}
			return nil
		})
		if err != nil && !strings.Contains(err.Error(), "file:") {
			t.Errorf("%q: %v", text, err)
		}
	})
}
