package auth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const hashA = bcryptOfA // password "a", cheap to check

func writeUsers(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // past the umask
		t.Fatal(err)
	}
	return path
}

func TestLoadUsers(t *testing.T) {
	longName := strings.Repeat("n", MaxLogin)
	path := writeUsers(t, strings.Join([]string{
		"# accounts",
		"",
		"  \t",
		"  # indented",
		"plain:" + hashA + ":",
		"homed:" + hashA + ":/srv/data dir:",
		"tape:" + hashA + ":/srv:mass-storage",
		"tape all:" + hashA + "::mass-storage=/",
		"tape.part:" + argonOfPassword + "::mass-storage=/hpss/exp",
		longName + ":" + hashA + ":/",
	}, "\n"), 0o600)
	u, err := LoadUsers(path)
	if err != nil {
		t.Fatal(err)
	}
	if u.WorldReadable() {
		t.Error("mode 0600 is not world-readable")
	}
	want := []struct {
		password string
		account  Account
	}{
		{"a", Account{Name: "plain"}},
		{"a", Account{Name: "homed", Dir: "/srv/data dir"}},
		{"a", Account{Name: "tape", Dir: "/srv", MassStorage: "/"}},
		{"a", Account{Name: "tape all", MassStorage: "/"}},
		{"password", Account{Name: "tape.part", MassStorage: "/hpss/exp"}},
		{"a", Account{Name: longName, Dir: "/"}},
	}
	if len(u.Accounts()) != len(want) {
		t.Errorf("%d accounts", len(u.Accounts()))
	}
	for _, w := range want {
		got, err := u.Authenticate(t.Context(), newCredentials(w.account.Name, w.password))
		if err != nil || got != w.account {
			t.Errorf("Authenticate %s = %+v, %v", w.account.Name, got, err)
		}
		got, err = u.Authenticate(t.Context(), newCredentials(w.account.Name, "wrong"))
		if !errors.Is(err, ErrDenied) || got != (Account{}) {
			t.Errorf("Authenticate %s with a wrong password = %+v, %v", w.account.Name, got, err)
		}
	}
}

func TestLoadUsersRefuses(t *testing.T) {
	first := "first:" + hashA + ":\n"
	tests := []struct {
		name, text, want string
		is               error
	}{
		{"empty", "", "no account", ErrNoUsers},
		{"comments only", "# a\n\n", "no account", ErrNoUsers},
		{"bare word", first + "s3cr3t", "line 2: want name:hash:directory", nil},
		{"no directory", first + "u:" + hashA, "line 2: want name:hash:directory", nil},
		{"five fields", "u:" + hashA + ":/:mass-storage:x", "line 1: want name:hash", nil},
		{"clear text password", "\n#\nu:s3cr3t:/", "line 3: password hash is neither", nil},
		{"clear text password with colon", "u:p:s3cr3t", "line 1: password hash is neither", nil},
		{"empty hash", "u::/", "line 1: password hash is neither", nil},
		{"bad argon2", "u:$argon2id$v=19$m=9999999,t=2,p=1$s3cr3t$s3cr3t:/", "line 1: argon2id hash: want m=", nil},
		{"duplicate", first + "#\n" + first, `line 3: user "first" is already in line 1`, nil},
		{"empty name", ":" + hashA + ":/", "line 1: user name: empty", nil},
		{"long name", strings.Repeat("n", MaxLogin+1) + ":" + hashA + ":/", "line 1: user name: 87 bytes", ErrTooLong},
		{"blank before name", " u:" + hashA + ":/", "blanks around", nil},
		{"tab in name", "a\tb:" + hashA + ":/", "line 1: control character", nil},
		{"DEL in name", "a\x7f:" + hashA + ":/", "line 1: control character", nil},
		{"NUL in directory", "u:" + hashA + ":/a\x00b", "line 1: control character", nil},
		{"CR LF", "u:" + hashA + ":/\r\n", "line ends must be LF", nil},
		{"relative directory", "u:" + hashA + ":srv", `directory "srv" is not absolute`, nil},
		{"dots in directory", "u:" + hashA + ":/srv/../etc", `"/srv/../etc" is not in its shortest form "/etc"`, nil},
		{"slash at the end", "u:" + hashA + ":/srv/", "shortest form", nil},
		{"unknown option", "u:" + hashA + "::admin", `unknown option "admin"`, nil},
		{"option case", "u:" + hashA + "::Mass-Storage", "unknown option", nil},
		{"empty option", "u:" + hashA + "::mass-storage,", `unknown option ""`, nil},
		{"option twice", "u:" + hashA + "::mass-storage,mass-storage=/a", "given twice", nil},
		{"option without path", "u:" + hashA + "::mass-storage=", "no path", nil},
		{"option relative", "u:" + hashA + "::mass-storage=hpss", "not absolute", nil},
		{"option with dots", "u:" + hashA + "::mass-storage=/hpss/../..", "shortest form", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := writeUsers(t, tt.text, 0o600)
			_, err := LoadUsers(path)
			wantError(t, err, tt.want, tt.is)
			wantError(t, err, path, nil)
		})
	}
}

func TestLoadUsersMode(t *testing.T) {
	text := "u:" + hashA + ":"
	for _, mode := range []os.FileMode{0o620, 0o602, 0o666} {
		_, err := LoadUsers(writeUsers(t, text, mode))
		wantError(t, err, fmt.Sprintf("mode %#o", mode), nil)
	}
	for mode, readable := range map[os.FileMode]bool{0o400: false, 0o640: false, 0o644: true} {
		u, err := LoadUsers(writeUsers(t, text, mode))
		if err != nil {
			t.Errorf("mode %#o: %v", mode, err)
			continue
		}
		if u.WorldReadable() != readable {
			t.Errorf("mode %#o: world-readable %v", mode, u.WorldReadable())
		}
	}

	dir := t.TempDir()
	_, err := LoadUsers(dir)
	wantError(t, err, "not a regular file", nil)
	_, err = LoadUsers(filepath.Join(dir, "missing"))
	wantError(t, err, "missing", os.ErrNotExist)
}

func TestOneTime(t *testing.T) {
	account := Account{Name: "demo", Dir: "/srv", MassStorage: "/"}
	u, err := OneTime(account, "secret")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := u.Authenticate(t.Context(), newCredentials("demo", "secret")); err != nil || got != account {
		t.Errorf("Authenticate = %+v, %v", got, err)
	}
	for _, c := range []Credentials{newCredentials("demo", "x"), newCredentials("x", "secret"), {}} {
		if _, err := u.Authenticate(t.Context(), c); !errors.Is(err, ErrDenied) {
			t.Errorf("Authenticate %v: %v", c, err)
		}
	}
	_, err = OneTime(Account{}, "s3cr3t")
	wantError(t, err, "user name: empty", nil)
	_, err = OneTime(Account{Name: "demo", Dir: "srv"}, "s3cr3t")
	wantError(t, err, "not absolute", nil)
	_, err = OneTime(account, "s3cr3t\x00")
	wantError(t, err, "NUL", nil)
}

// countedHash stands in for a slow hash: the password of user N is "N".
type countedHash struct {
	password string
	checks   atomic.Int32
}

func (h *countedHash) matches(password string) bool {
	h.checks.Add(1)
	return password == h.password
}

func countedUsers(names ...string) (*Users, []*countedHash) {
	var records []record
	var hashes []*countedHash
	for _, name := range names {
		h := &countedHash{password: name}
		hashes = append(hashes, h)
		records = append(records, record{Account{Name: name}, h})
	}
	u := newUsers(records)
	clear(u.decoyKey) // the same decoys in every run
	return u, hashes
}

func TestEveryLoginCostsOneCheck(t *testing.T) {
	u, hashes := countedUsers("a", "b", "c", "d")
	total := func() (n int32) {
		for _, h := range hashes {
			n += h.checks.Load()
		}
		return n
	}
	tests := []struct {
		name string
		c    Credentials
		want error
	}{
		{"right", newCredentials("b", "b"), nil},
		{"wrong password", newCredentials("b", "x"), ErrDenied},
		{"another's password", newCredentials("b", "a"), ErrDenied},
		{"unknown user", newCredentials("x", "x"), ErrDenied},
		{"user unreadable", newCredentials("", "b"), ErrDenied},
		{"right but unreadable", Credentials{"b", "b", false}, ErrDenied},
		{"nothing", Credentials{}, ErrDenied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := total()
			if _, err := u.Authenticate(t.Context(), tt.c); err != tt.want {
				t.Errorf("Authenticate: %v", err)
			}
			if n := total() - before; n != 1 {
				t.Errorf("%d hashes computed", n)
			}
		})
	}

	// A known user with an undecryptable password costs that user's hash, not
	// a decoy's.
	before := hashes[2].checks.Load()
	u.Authenticate(t.Context(), Credentials{user: "c"})
	if hashes[2].checks.Load() != before+1 {
		t.Error("an unreadable password was checked against a decoy")
	}
}

// Whoever has opened an account opens it again at once. All others wait as before.
func TestPasswordOpensAgain(t *testing.T) {
	u, hashes := countedUsers("a", "b")
	for i, step := range []struct {
		c      Credentials
		checks int32 // of both hashes, so far
		want   error
	}{
		{newCredentials("a", "a"), 1, nil},
		{newCredentials("a", "a"), 1, nil},
		{newCredentials("a", "x"), 2, ErrDenied},
		{newCredentials("b", "a"), 3, ErrDenied},
		{newCredentials("other", "a"), 4, ErrDenied},
		{Credentials{"a", "a", false}, 5, ErrDenied},
		{newCredentials("b", "b"), 6, nil},
		{newCredentials("a", "a"), 6, nil},
		{newCredentials("b", "b"), 6, nil},
	} {
		account, err := u.Authenticate(t.Context(), step.c)
		if err != step.want || err == nil && account.Name != step.c.User() {
			t.Errorf("step %d: %v, %v", i, account, err)
		}
		if n := hashes[0].checks.Load() + hashes[1].checks.Load(); n != step.checks {
			t.Errorf("step %d: %d hashes computed, want %d", i, n, step.checks)
		}
	}
}

// Even a decoy's own password must not open anything.
func TestUnknownUserWithDecoysPassword(t *testing.T) {
	u, hashes := countedUsers("only")
	if _, err := u.Authenticate(t.Context(), newCredentials("other", "only")); !errors.Is(err, ErrDenied) {
		t.Errorf("Authenticate: %v", err)
	}
	if hashes[0].checks.Load() != 1 {
		t.Error("the decoy was not checked")
	}
}

func TestDecoys(t *testing.T) {
	u, hashes := countedUsers("a", "b", "c", "d")
	for range 10 {
		u.Authenticate(t.Context(), newCredentials("nobody", "x"))
	}
	if n := hashes[u.decoy("nobody")].checks.Load(); n != 10 {
		t.Errorf("one name met one decoy %d times of 10", n)
	}
	var met [4]int
	for i := range 4000 {
		met[u.decoy(fmt.Sprint("user", i))]++
	}
	for i, n := range met {
		if n < 800 || n > 1200 {
			t.Errorf("record %d is the decoy of %d names of 4000", i, n)
		}
	}
	names := func(u *Users) (s string) {
		for i := range 64 {
			s += fmt.Sprint(u.decoy(fmt.Sprint("user", i)))
		}
		return s
	}
	if one, other := names(newUsers(u.records)), names(newUsers(u.records)); one == other {
		t.Error("two processes choose the same decoys")
	}
}

// gatedHash makes checks last until the test lets one end.
type gatedHash struct {
	running, most atomic.Int32
	gate          chan struct{}
}

func (h *gatedHash) matches(string) bool {
	h.most.Store(max(h.most.Load(), h.running.Add(1)))
	defer h.running.Add(-1)
	<-h.gate
	return true
}

func TestChecksAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &gatedHash{gate: make(chan struct{})}
		u := newUsers([]record{{Account{Name: "u"}, h}})
		login := newCredentials("u", "p")
		const logins = 6
		var wg sync.WaitGroup
		for range logins {
			wg.Go(func() {
				if _, err := u.Authenticate(t.Context(), login); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		if n := h.running.Load(); n != 2 {
			t.Errorf("%d checks at once", n)
		}

		ctx, leave := context.WithCancelCause(t.Context())
		cause := errors.New("client left")
		leave(cause)
		if _, err := u.Authenticate(ctx, login); !errors.Is(err, cause) {
			t.Errorf("Authenticate without a client: %v", err)
		}

		for range logins {
			h.gate <- struct{}{}
			synctest.Wait()
		}
		wg.Wait()
		if n := h.most.Load(); n != 2 {
			t.Errorf("at most %d checks at once", n)
		}
	})
}

func TestWaitForCheckIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &gatedHash{gate: make(chan struct{})}
		u := newUsers([]record{{Account{Name: "u"}, h}})
		var wg sync.WaitGroup
		for range maxChecks {
			wg.Go(func() { u.Authenticate(t.Context(), newCredentials("u", "p")) })
		}
		synctest.Wait()
		begin := time.Now() // the bubble's clock
		_, err := u.Authenticate(t.Context(), newCredentials("u", "s3cr3t"))
		wantError(t, err, `check password of "u"`, ErrBusy)
		if waited := time.Since(begin); waited != maxWait {
			t.Errorf("gave up after %v", waited)
		}
		close(h.gate)
		wg.Wait()
	})
}

func FuzzParseUsers(f *testing.F) {
	f.Add([]byte("# c\n\nu:" + hashA + ":/srv:mass-storage=/hpss\nv:" + argonOfPassword + "::mass-storage\n"))
	f.Add([]byte("u:" + hashA + ":\nu:" + hashA + ":"))
	f.Add([]byte("u:" + hashA + "::mass-storage=/,"))
	f.Add([]byte(" \r\n:::\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := parseUsers(data)
		if err != nil {
			return
		}
		var text strings.Builder
		for _, r := range records {
			text.WriteString(r.line(hashText(r.hash)) + "\n")
		}
		again, err := parseUsers([]byte(text.String()))
		if err != nil || len(again) != len(records) {
			t.Fatalf("%q written as %q: %v", data, text.String(), err)
		}
		for i, r := range records {
			if again[i].Account != r.Account || hashText(again[i].hash) != hashText(r.hash) {
				t.Errorf("%+v written and read as %+v", r.Account, again[i].Account)
			}
		}
	})
}
