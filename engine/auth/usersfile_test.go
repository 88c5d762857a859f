package auth

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"bbftp/engine/auth/internal/password"
)

func openUsers(t *testing.T, text string) (*UsersFile, string) {
	t.Helper()
	path := writeUsers(t, text, 0o600)
	f, err := OpenUsers(path)
	if err != nil {
		t.Fatal(err)
	}
	return f, path
}

func rewrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReload(t *testing.T) {
	f, path := openUsers(t, "alice:"+hashA+":/old\nbob:"+hashA+":\n")
	opens := func(user, secret string, want Account) {
		t.Helper()
		got, err := f.Authenticate(t.Context(), login(user, secret))
		if want.Name == "" && !errors.Is(err, ErrDenied) || want.Name != "" && err != nil || got != want {
			t.Errorf("%s opens %+v, %v", user, got, err)
		}
	}
	opens("alice", "a", Account{Name: "alice", Dir: "/old"})

	// A bad file changes nothing.
	for _, text := range []string{"alice:oops:", "alice:" + hashA + "::what"} {
		rewrite(t, path, text)
		wantError(t, f.Reload(path), path+": line 1", nil)
	}
	wantError(t, f.Reload(path+"x"), path+"x", os.ErrNotExist)
	opens("alice", "a", Account{Name: "alice", Dir: "/old"})
	opens("bob", "a", Account{Name: "bob"})

	// Another file: what it says of an account counts, proven password or not.
	other := writeUsers(t, "carol:"+hashA+":\nalice:"+hashA+":/new:read-only\n", 0o600)
	if err := f.Reload(other); err != nil {
		t.Fatal(err)
	}
	opens("alice", "a", Account{Name: "alice", Dir: "/new", ReadOnly: true})
	opens("bob", "a", Account{})
	opens("carol", "a", Account{Name: "carol"})

	// A new password: the old one, though proven, is worth nothing.
	rewrite(t, other, "alice:"+argonOfPassword+":\n")
	if err := f.Reload(other); err != nil {
		t.Fatal(err)
	}
	opens("alice", "a", Account{})
	opens("alice", "password", Account{Name: "alice"})

	// A file without accounts lets nobody in, and says so.
	rewrite(t, other, "# gone\n")
	wantError(t, f.Reload(other), "no account", ErrNoUsers)
	opens("alice", "password", Account{})
	opens("", "", Account{})
	if n := len(f.Users().Accounts()); n != 0 {
		t.Errorf("%d accounts", n)
	}
	rewrite(t, other, "alice:"+hashA+":\n")
	if err := f.Reload(other); err != nil {
		t.Fatal(err)
	}
	opens("alice", "a", Account{Name: "alice"})
}

func TestOpenUsersRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing")
	_, err := OpenUsers(path)
	wantError(t, err, path, os.ErrNotExist)
	_, err = OpenUsers(writeUsers(t, "#", 0o600))
	wantError(t, err, "no account", ErrNoUsers)
}

// TestUsersTrust asks before a file is read, each time.
func TestUsersTrust(t *testing.T) {
	wrong := errors.New("not from here")
	var trusted error
	asked := 0
	trust := func(info fs.FileInfo) error {
		if asked++; !info.Mode().IsRegular() {
			t.Errorf("asked about %v", info.Mode())
		}
		return trusted
	}
	path := writeUsers(t, "alice:"+hashA+":\n", 0o600)
	f, err := OpenUsers(path, trust)
	if err != nil {
		t.Fatal(err)
	}
	trusted = wrong
	rewrite(t, path, "alice:oops:\n")
	wantError(t, f.Reload(path), path+": not from here", wrong)
	if _, err := f.Authenticate(t.Context(), login("alice", "a")); err != nil {
		t.Errorf("the old accounts are gone: %v", err)
	}
	_, err = OpenUsers(path, trust)
	wantError(t, err, path+": not from here", wrong)
	if asked != 3 {
		t.Errorf("asked %d times", asked)
	}
}

// A proof outlives a reload that leaves the hash as it was, and only that.
func TestReloadKeepsProofs(t *testing.T) {
	f, path := openUsers(t, "alice:"+hashA+":\nbob:"+hashA+":\n")
	for _, name := range []string{"alice", "bob"} {
		if _, err := f.Authenticate(t.Context(), login(name, "a")); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(t, path, "alice:"+hashA+":/srv:sessions=2\nbob:"+argonOfPassword+":\n")
	if err := f.Reload(path); err != nil {
		t.Fatal(err)
	}
	// With all turns taken only a proven password gets in.
	users := f.Users()
	for range password.AtOnce {
		if err := users.turns.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := f.Authenticate(t.Context(), login("alice", "a")); err != nil || got.Sessions != 2 {
		t.Errorf("alice opens %+v, %v", got, err)
	}
	if users.proofs.Opened("bob", argonOfPassword, []byte("a")) || users.proofs.Opened("bob", hashA, []byte("a")) {
		t.Error("bob's old password is still known")
	}
}

func TestReloadWhileLoginsGoOn(t *testing.T) {
	f, path := openUsers(t, "alice:"+hashA+":\n")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				if _, err := f.Authenticate(t.Context(), login("alice", "a")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if err := f.Reload(path); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
