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
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"bbftp/engine/auth/internal/password"
)

// Known hashes from elsewhere, cheap to check: jBCrypt's tests, and those of the
// argon2 reference implementation.
const (
	hashA           = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe" // password "a"
	argonOfPassword = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
)

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
		"bounded:" + hashA + ":/srv:rate=12500000,read-only,streams=25,sessions=2",
		"bounded tape:" + hashA + "::sessions=1000000,mass-storage=/hpss,rate=1000000000000000",
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
		{"a", Account{Name: "bounded", Dir: "/srv", ReadOnly: true, Sessions: 2, Streams: 25, Rate: 12_500_000}},
		{"a", Account{Name: "bounded tape", MassStorage: "/hpss", Sessions: 1_000_000, Rate: 1e15}},
		{"a", Account{Name: longName, Dir: "/"}},
	}
	if len(u.Accounts()) != len(want) {
		t.Errorf("%d accounts", len(u.Accounts()))
	}
	for _, w := range want {
		got, err := u.Authenticate(t.Context(), login(w.account.Name, w.password))
		if err != nil || got != w.account {
			t.Errorf("Authenticate %s = %+v, %v", w.account.Name, got, err)
		}
		got, err = u.Authenticate(t.Context(), login(w.account.Name, "wrong"))
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
		{"read-only with a value", "u:" + hashA + "::read-only=no", "option read-only=no: takes no value", nil},
		{"read-only twice", "u:" + hashA + "::read-only,sessions=1,read-only", "option read-only given twice", nil},
		{"sessions without a number", "u:" + hashA + "::sessions", "option sessions=: want a number from 1 to 1000000", nil},
		{"no sessions", "u:" + hashA + "::sessions=0", "want a number from 1", nil},
		{"sessions negative", "u:" + hashA + "::sessions=-1", "want a number from 1", nil},
		{"sessions twice", "u:" + hashA + "::sessions=1,sessions=2", "given twice", nil},
		{"too many streams", "u:" + hashA + "::streams=1000001", "want a number from 1 to 1000000", nil},
		{"streams no number", "u:" + hashA + "::streams=ten", "option streams=ten: want a number", nil},
		{"rate with a unit", "u:" + hashA + "::rate=100MB", "want a number from 1000 to 1000000000000000", nil},
		{"rate too low", "u:" + hashA + "::rate=999", "want a number from 1000", nil},
		{"rate too high", "u:" + hashA + "::rate=1000000000000001", "want a number from 1000", nil},
		{"rate over 64 bits", "u:" + hashA + "::rate=99999999999999999999", "want a number from 1000", nil},
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

// TestLoadUsersPipe must not wait for somebody to write to it.
func TestLoadUsersPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := LoadUsers(path)
	wantError(t, err, "not a regular file", nil)
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
	if got, err := u.Authenticate(t.Context(), login("demo", "secret")); err != nil || got != account {
		t.Errorf("Authenticate = %+v, %v", got, err)
	}
	for _, c := range []Credentials{login("demo", "x"), login("x", "secret"), {}} {
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

func (h *countedHash) Matches(password []byte) bool {
	h.checks.Add(1)
	return string(password) == h.password
}

func countedUsers(names ...string) (*Users, []*countedHash) {
	var records []record
	var hashes []*countedHash
	for _, name := range names {
		h := &countedHash{password: name}
		hashes = append(hashes, h)
		records = append(records, record{Account{Name: name}, h, "hash of " + name})
	}
	u := newUsers(records)
	*u.decoys = password.Decoys{} // the same decoys in every run
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
		{"right", login("b", "b"), nil},
		{"wrong password", login("b", "x"), ErrDenied},
		{"another's password", login("b", "a"), ErrDenied},
		{"unknown user", login("x", "x"), ErrDenied},
		{"user unreadable", login("", "b"), ErrDenied},
		{"right but unreadable", loginOf("b", "b", false), ErrDenied},
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
		{login("a", "a"), 1, nil},
		{login("a", "a"), 1, nil},
		{login("a", "x"), 2, ErrDenied},
		{login("b", "a"), 3, ErrDenied},
		{login("other", "a"), 4, ErrDenied},
		{loginOf("a", "a", false), 5, ErrDenied},
		{login("b", "b"), 6, nil},
		{login("a", "a"), 6, nil},
		{login("b", "b"), 6, nil},
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
	if _, err := u.Authenticate(t.Context(), login("other", "only")); !errors.Is(err, ErrDenied) {
		t.Errorf("Authenticate: %v", err)
	}
	if hashes[0].checks.Load() != 1 {
		t.Error("the decoy was not checked")
	}
}

func TestDecoys(t *testing.T) {
	u, hashes := countedUsers("a", "b", "c", "d")
	for range 10 {
		u.Authenticate(t.Context(), login("nobody", "x"))
	}
	if n := hashes[u.decoys.Choose("nobody", 4)].checks.Load(); n != 10 {
		t.Errorf("one name met one decoy %d times of 10", n)
	}
}

// gatedHash makes checks last until the test lets one end.
type gatedHash struct {
	running, most atomic.Int32
	gate          chan struct{}
}

func (h *gatedHash) Matches([]byte) bool {
	h.most.Store(max(h.most.Load(), h.running.Add(1)))
	defer h.running.Add(-1)
	<-h.gate
	return true
}

func TestChecksAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &gatedHash{gate: make(chan struct{})}
		u := newUsers([]record{{Account{Name: "u"}, h, ""}})
		right := login("u", "p")
		const logins = 6
		var wg sync.WaitGroup
		for range logins {
			wg.Go(func() {
				if _, err := u.Authenticate(t.Context(), right); err != nil {
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
		if _, err := u.Authenticate(ctx, right); !errors.Is(err, cause) {
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
		u := newUsers([]record{{Account{Name: "u"}, h, ""}})
		var wg sync.WaitGroup
		for range password.AtOnce {
			wg.Go(func() { u.Authenticate(t.Context(), login("u", "p")) })
		}
		synctest.Wait()
		begin := time.Now() // the bubble's clock
		_, err := u.Authenticate(t.Context(), login("u", "s3cr3t"))
		wantError(t, err, `check password of "u"`, ErrBusy)
		if waited := time.Since(begin); waited != 30*time.Second {
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
	f.Add([]byte("u:" + hashA + "::read-only,sessions=1,streams=+25,rate=001000\nv:" + hashA + "::rate=12500000,mass-storage=/a"))
	f.Add([]byte(" \r\n:::\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		records, err := parseUsers(data)
		if err != nil {
			return
		}
		var text strings.Builder
		for _, r := range records {
			text.WriteString(r.line(r.text) + "\n")
		}
		again, err := parseUsers([]byte(text.String()))
		if err != nil || len(again) != len(records) {
			t.Fatalf("%q written as %q: %v", data, text.String(), err)
		}
		for i, r := range records {
			if again[i].Account != r.Account || again[i].text != r.text {
				t.Errorf("%+v written and read as %+v", r.Account, again[i].Account)
			}
		}
	})
}
