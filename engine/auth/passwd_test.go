package auth

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// onlyEntry fails if anything but path is left in its directory.
func onlyEntry(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s is left behind", e.Name())
		}
	}
}

func TestSetPassword(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	set := func(c Change) {
		t.Helper()
		if err := SetPassword(path, c); err != nil {
			t.Fatal(err)
		}
	}
	opens := func(user, password string, want Account) {
		t.Helper()
		u, err := LoadUsers(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := u.Authenticate(t.Context(), login(user, password)); err != nil || got != want {
			t.Errorf("%s opens %+v, %v", user, got, err)
		}
	}

	set(Change{User: "alice", Password: "one"})
	opens("alice", "one", Account{Name: "alice"})
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("a new file has mode %v", info.Mode())
	}

	set(Change{User: "bob", Password: "two", Dir: new("/srv"), MassStorage: new("/hpss")})
	set(Change{User: "alice", Password: "three", MassStorage: new("/")})
	opens("alice", "three", Account{Name: "alice", MassStorage: "/"})
	set(Change{User: "bob", Password: "four"})
	opens("bob", "four", Account{Name: "bob", Dir: "/srv", MassStorage: "/hpss"})
	set(Change{User: "bob", Password: "five", Dir: new(""), MassStorage: new("")})
	opens("bob", "five", Account{Name: "bob"})

	set(Change{User: "bob", Password: "six", ReadOnly: new(true), Sessions: new(2), Streams: new(25), Rate: new(int64(1e6))})
	bounded := Account{Name: "bob", ReadOnly: true, Sessions: 2, Streams: 25, Rate: 1e6}
	opens("bob", "six", bounded)
	set(Change{User: "bob", Password: "seven"})
	opens("bob", "seven", bounded)
	set(Change{User: "bob", KeepPassword: true, ReadOnly: new(false), Sessions: new(0), Dir: new("/srv")})
	opens("bob", "seven", Account{Name: "bob", Dir: "/srv", Streams: 25, Rate: 1e6})
	onlyEntry(t, path)
}

func TestRemoveUser(t *testing.T) {
	text := "# bob:\nbob:" + hashA + ":\nbobby:" + hashA + ":\nbroken:line"
	path := writeUsers(t, text, 0o640)
	wantError(t, RemoveUser(path, "bo"), `remove "bo"`, ErrNoUser)
	wantError(t, SetPassword(path, Change{User: "bo", KeepPassword: true}), path, ErrNoUser)
	if got := readFile(t, path); got != text {
		t.Errorf("the file is now %q", got)
	}
	for _, step := range []struct{ user, left string }{
		{"bob", "# bob:\nbobby:" + hashA + ":\nbroken:line"},
		{"broken", "# bob:\nbobby:" + hashA + ":\n"},
		{"bobby", "# bob:\n"},
	} {
		if err := RemoveUser(path, step.user); err != nil {
			t.Fatal(err)
		}
		if got := readFile(t, path); got != step.left {
			t.Errorf("without %s the file is %q", step.user, got)
		}
	}
	onlyEntry(t, path)

	path = filepath.Join(t.TempDir(), "missing")
	wantError(t, RemoveUser(path, "bob"), path, os.ErrNotExist)
	wantError(t, SetPassword(path, Change{User: "bob", KeepPassword: true}), path, os.ErrNotExist)
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was made to change nothing")
	}
}

func TestEditUsers(t *testing.T) {
	others := "# bob:x:\n\n \tindented nonsense\r\nbobby:" + hashA + ":/srv\n"
	tests := []struct{ name, before, after string }{
		{"new file", "", "bob:HASH:\n"},
		{"added", others, others + "bob:HASH:\n"},
		{"added without line end", "# c", "# c\nbob:HASH:\n"},
		{"replaced", others + "bob:" + hashA + ":/home:mass-storage\n" + "# end", others + "bob:HASH:/home:mass-storage\n# end"},
		{"replaced without line end", "bob:" + hashA + ":", "bob:HASH:\n"},
		{"replaced bad hash", "bob:oops:/home\n", "bob:HASH:/home\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			after, err := editUsers([]byte(tt.before), Change{User: "bob"}, "HASH")
			if err != nil || string(after) != tt.after {
				t.Errorf("got %q, %v", after, err)
			}
		})
	}
}

func TestSetPasswordRefuses(t *testing.T) {
	const ours = "bob:" + hashA + ":"
	tests := []struct {
		name, before string
		c            Change
		want         string
		is           error
	}{
		{"empty name", ours, Change{Password: "s3cr3t"}, "user name: empty", nil},
		{"name with colon", ours, Change{User: "a:b", Password: "s3cr3t"}, "colon", nil},
		{"name with line end", ours, Change{User: "a\nb", Password: "s3cr3t"}, "control character", nil},
		{"comment name", ours, Change{User: "#a", Password: "s3cr3t"}, "starts with #", nil},
		{"long name", ours, Change{User: strings.Repeat("n", 87), Password: "s3cr3t"}, "87 bytes", ErrTooLong},
		{"empty password", ours, Change{User: "bob"}, "password: empty", nil},
		{"long password", ours, Change{User: "bob", Password: strings.Repeat("s3cr3t", 15)}, "90 bytes", ErrTooLong},
		{"sessions negative", ours, Change{User: "bob", Password: "s3cr3t", Sessions: new(-1)}, "sessions: want a number from 1 to 1000000, or 0", nil},
		{"too many streams", ours, Change{User: "bob", Password: "s3cr3t", Streams: new(1000001)}, "streams: want a number", nil},
		{"little rate", ours, Change{User: "bob", Password: "s3cr3t", Rate: new(int64(999))}, "rate: want a number from 1000", nil},
		{"NUL in password", ours, Change{User: "bob", Password: "s3cr3t\x00"}, "has a NUL", nil},
		{"relative directory", ours, Change{User: "bob", Password: "s3cr3t", Dir: new("srv")}, "not absolute", nil},
		{"directory with colon", ours, Change{User: "bob", Password: "s3cr3t", Dir: new("/a:b")}, "has one of", nil},
		{"mass storage with comma", ours, Change{User: "bob", Password: "s3cr3t", MassStorage: new("/a,b")}, "has one of", nil},
		{"twice", ours + "\n" + ours, Change{User: "bob", Password: "s3cr3t"}, "line 2: user \"bob\" is already in line 1", nil},
		{"bad line", "#\nbob:s3cr3t", Change{User: "bob", Password: "s3cr3t"}, "line 2: want name:hash", nil},
		{"bad option", ours + ":x", Change{User: "bob", Password: "s3cr3t"}, "line 1: unknown option", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeUsers(t, tt.before, 0o600)
			err := SetPassword(path, tt.c)
			wantError(t, err, tt.want, tt.is)
			wantError(t, err, path, nil)
			if got := readFile(t, path); got != tt.before {
				t.Errorf("the file is now %q", got)
			}
			onlyEntry(t, path)
		})
	}

	path := filepath.Join(t.TempDir(), "users")
	err := SetPassword(path, Change{User: "bob", Password: "s3cr3t", Dir: new("srv")})
	wantError(t, err, "not absolute", nil)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a refused change made a file: %v", err)
	}
	err = SetPassword(filepath.Join(path, "users"), Change{User: "bob", Password: "s3cr3t"})
	wantError(t, err, path, os.ErrNotExist)
}

func TestSetPasswordConcurrently(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	const users = 8
	var wg sync.WaitGroup
	for i := range users {
		wg.Go(func() {
			if err := SetPassword(path, Change{User: fmt.Sprint("user", i), Password: "secret"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	u, err := LoadUsers(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(u.Accounts()) != users {
		t.Errorf("%d of %d accounts arrived", len(u.Accounts()), users)
	}
	onlyEntry(t, path)
}

func TestSetPasswordThroughLink(t *testing.T) {
	path := writeUsers(t, "# real\n", 0o600)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := SetPassword(link, Change{User: "bob", Password: "secret"}); err != nil {
		t.Fatal(err)
	}
	if got := readFile(t, path); !strings.HasPrefix(got, "# real\nbob:$argon2id$") {
		t.Errorf("the file is %q", got)
	}
	if _, err := os.Readlink(link); err != nil {
		t.Errorf("the link is gone: %v", err)
	}
	onlyEntry(t, link)
}

func TestReplaceFileCleansUp(t *testing.T) {
	old, err := os.Open(writeUsers(t, "old", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	path := filepath.Join(t.TempDir(), "directory") // no file can replace it
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := replaceFile(path, old, []byte("new")); err == nil {
		t.Error("replaced a directory")
	}
	onlyEntry(t, path)
}

func FuzzEditUsers(f *testing.F) {
	f.Add([]byte("# c\nu:"+hashA+":/srv:mass-storage=/hpss\nv:"+argonOfPassword+"::"), "u")
	f.Add([]byte("u:x"), "v")
	f.Add([]byte(""), "#")
	f.Add([]byte("u:"+hashA+"::streams=2,read-only,rate=1000,sessions=3\nv:"+hashA+":/srv:rate=99999"), "u")
	f.Fuzz(func(t *testing.T, data []byte, user string) {
		before, err := parseUsers(data)
		if checkName(user) != nil || err != nil && !errors.Is(err, ErrNoUsers) {
			return
		}
		edited, err := editUsers(data, Change{User: user}, argonOfPassword)
		if err != nil {
			t.Fatalf("edit %q: %v", data, err)
		}
		after, err := parseUsers(edited)
		if err != nil {
			t.Fatalf("%q became %q: %v", data, edited, err)
		}
		kept := map[Account]string{{Name: user}: argonOfPassword}
		for _, r := range before {
			kept[r.Account] = r.text
			if r.Name == user {
				delete(kept, Account{Name: user})
				kept[r.Account] = argonOfPassword
			}
		}
		if len(after) != len(kept) {
			t.Errorf("%d accounts became %d", len(before), len(after))
		}
		for _, r := range after {
			if kept[r.Account] != r.text {
				t.Errorf("%q became %q", data, edited)
			}
		}
		if again, err := editUsers(edited, Change{User: user, KeepPassword: true}, ""); err != nil || !bytes.Equal(again, edited) {
			t.Errorf("%q, written anew, became %q, %v", edited, again, err)
		}
	})
}
