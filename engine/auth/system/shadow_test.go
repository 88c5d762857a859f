package system

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/engine/auth"
	"bbftp/engine/wire"
)

// Hashes of "sésame 7", made by Debian's mkpasswd, the cheapest of their kinds.
const (
	sesame   = "sésame 7"
	yescrypt = "$y$j75$ze/qPycASx/bCpSv91ouJ/$GL79YbNpyyh8DTQF7Z.20OlitpZ.f/oAL1Z/6s7O0t6"
	sha512   = "$6$rounds=1000$FY.VVreUpWTIpPRO$2xCGCoii//kIl8aSEXrXXoquBHexBu7GM0MvxUbZ21TBCNMFbDvsMy60FDd9YH4WDxwsxElKX7hFOCUGGdd7P/"
	sha256   = "$5$JEq/4UB.vfOzUYbb$7hEpp4A4vHUyG1Nxqk4mtiFNy8y7O1tj4guGV2Wl/v1"
	md5      = "$1$ngeplFL3$y1CqNywZAGTREeORZe/Xq/"
	bcrypt   = "$2b$05$Vtd.Md30qWEJ7zeddndA1uVId8nslJl.NjZMZy.Q4nsBzqs1Q/EaS"
	gost     = "$gy$j9T$g6z86NhB/7/toEg/gbyCP/$2laNuYOMxkjfJzXCjV/IFlcgd5lpWP1jD.8.vjpKkF5"
)

// today of these machines is 20000 days after 1970.
var today = time.Unix(20000*24*3600+7, 0)

// account is one user of a machine: the fields of passwd after the name, and
// those of shadow, "" for no entry.
type account struct{ name, passwd, shadow string }

var accounts = []account{
	{"root", "x:0:0:root:/root:/bin/sh", sha512 + ":19000:0:99999:7:::"},
	{"toor", "x:0:1000::/root:/bin/sh", sha512 + ":19000:0:99999:7:::"},
	{"daemon", "x:1:1:daemon:/usr/sbin:/usr/sbin/nologin", "*:19000:0:99999:7:::"},
	{"alice", "x:1001:100:Alice,,,:/home/alice:/bin/bash", yescrypt + ":19000:0:99999:7:::"},
	{"bob", "x:1002:1002::/home//bob/:/bin/sh", sha512 + ":19000:0:99999:7:::"},
	{"carol", "x:1003:100::/home/carol:", sha256 + "::::::20001:"},
	{"dave", "x:1004:100::/home/dave:/bin/sh", md5 + ":20000::::: :"},
	{"erin", "x:1005:100::/home/erin:/bin/sh", bcrypt + ":19999:0:1::::"},
	{"oldstyle", sha512 + ":1006:100::/home/old:/bin/sh", ""},
	{"locked", "x:1010:100::/home/x:/bin/sh", "!" + sha512 + ":19000:0:99999:7:::"},
	{"star", "x:1011:100::/home/x:/bin/sh", "*:19000:0:99999:7:::"},
	{"empty", "x:1012:100::/home/x:/bin/sh", ":19000:0:99999:7:::"},
	{"emptyold", ":1013:100::/home/x:/bin/sh", ""},
	{"noshadow", "x:1014:100::/home/x:/bin/sh", ""},
	{"expired", "x:1015:100::/home/x:/bin/sh", sha512 + ":19000:0:99999:7::20000:"},
	{"expiredzero", "x:1016:100::/home/x:/bin/sh", sha512 + ":19000:0:99999:7::0:"},
	{"aged", "x:1017:100::/home/x:/bin/sh", sha512 + ":19900:0:99:7:::"},
	{"mustchange", "x:1018:100::/home/x:/bin/sh", sha512 + ":0:0:99999:7:::"},
	{"future", "x:1019:100::/home/future:/bin/sh", sha512 + ":20500:0:99999:7:::"},
	{"badage", "x:1020:100::/home/x:/bin/sh", sha512 + ":never:0:99999:7:::"},
	{"sealed", "x:1021:100::/home/x:/sbin/nologin", sha512 + ":19000:0:99999:7:::"},
	{"falsy", "x:1022:100::/home/x:/bin/false", sha512 + ":19000:0:99999:7:::"},
	{"listed", "x:1023:100::/home/x:/bin/sh", sha512 + ":19000:0:99999:7:::"},
	{"homeless", "x:1024:100:::/bin/sh", sha512 + ":19000:0:99999:7:::"},
	{"strange", "x:1025:100::/home/x:/bin/sh", gost + ":19000:0:99999:7:::"},
	{"nouid", "x:4294967295:100::/home/x:/bin/sh", sha512 + ":19000:0:99999:7:::"},
	{"nogid", "x:1026:4294967295::/home/x:/bin/sh", sha512 + ":19000:0:99999:7:::"},
	{"baduid", "x:-1:100::/home/x:/bin/sh", sha512 + ":19000:0:99999:7:::"},
	{"alice", "x:0:0::/:/bin/sh", sha256 + ":19000:0:99999:7:::"}, // the first entry counts
	{"+nis", "::::/:/bin/sh", ""},
}

func machine(t *testing.T) (*Shadow, Files) {
	t.Helper()
	dir := t.TempDir()
	var passwd, shadow strings.Builder
	for _, a := range accounts {
		fmt.Fprintf(&passwd, "%s:%s\n", a.name, a.passwd)
		if a.shadow != "" {
			fmt.Fprintf(&shadow, "%s:%s\n", a.name, a.shadow)
		}
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	files := Files{
		Passwd: write("passwd", passwd.String()+"torn line\n"),
		Shadow: write("shadow", shadow.String()+"torn\n"),
		Group: write("group", "root:x:0:\nusers:x:100:alice\nwheel:x:10:bob,alice\n+:::\n"+
			"data:x:2000:alice,ali\nagain:x:10:alice\nnone:x:4294967295:alice\nbad:x:z:alice\nempty:x:3000:\nali:x:4000:,ali,\n"),
		Refused: write("ftpusers", "# nobody else\nroot\n listed \n"),
		NoLogin: filepath.Join(dir, "nologin"),
		Closed:  filepath.Join(dir, "closed"),
	}
	s, err := NewShadow(files)
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return today }
	return s, files
}

// login is one as it comes from a client.
func login(t *testing.T, user, password string) auth.Credentials {
	t.Helper()
	l, err := wire.NewClearLog(user, password)
	if err != nil {
		t.Fatal(err)
	}
	return auth.OpenClear(l)
}

func TestShadowLetsIn(t *testing.T) {
	s, _ := machine(t)
	for name, want := range map[string]User{
		"alice":    {UID: 1001, GID: 100, Groups: []uint32{100, 10, 2000}, Home: "/home/alice", Shell: "/bin/bash"},
		"bob":      {UID: 1002, GID: 1002, Groups: []uint32{1002, 10}, Home: "/home/bob", Shell: "/bin/sh"},
		"carol":    {UID: 1003, GID: 100, Groups: []uint32{100}, Home: "/home/carol"},
		"erin":     {UID: 1005, GID: 100, Groups: []uint32{100}, Home: "/home/erin", Shell: "/bin/sh"},
		"oldstyle": {UID: 1006, GID: 100, Groups: []uint32{100}, Home: "/home/old", Shell: "/bin/sh"},
		"future":   {UID: 1019, GID: 100, Groups: []uint32{100}, Home: "/home/future", Shell: "/bin/sh"},
	} {
		t.Run(name, func(t *testing.T) {
			want.Account = auth.Account{Name: name, Dir: want.Home}
			for range 2 { // the second time by the proof
				got, err := s.Login(t.Context(), login(t, name, sesame))
				if err != nil || !equal(got, want) {
					t.Fatalf("got %+v, %v, want %+v", got, err, want)
				}
			}
			if account, err := s.Authenticate(t.Context(), login(t, name, sesame)); err != nil || account != want.Account {
				t.Errorf("account %+v, %v", account, err)
			}
			if looked, err := s.Lookup(name); err != nil || !equal(looked, want) {
				t.Errorf("looked up %+v, %v", looked, err)
			}
			for _, wrong := range []string{"x", "", sesame + "x"} {
				_, err := s.Login(t.Context(), login(t, name, wrong))
				wantDenied(t, err, "wrong password")
			}
			var again User
			if b, err := json.Marshal(want); err != nil || json.Unmarshal(b, &again) != nil || !equal(again, want) {
				t.Errorf("as JSON it becomes %+v", again)
			}
		})
	}
}

func equal(a, b User) bool {
	return a.Account == b.Account && a.UID == b.UID && a.GID == b.GID && a.Home == b.Home && a.Shell == b.Shell &&
		slices.Equal(a.Groups, b.Groups)
}

func wantDenied(t *testing.T, err error, reason string) {
	t.Helper()
	if !errors.Is(err, auth.ErrDenied) || !strings.Contains(err.Error(), reason) {
		t.Errorf("error %v, want a denial for %q", err, reason)
	}
	if err != nil && strings.Contains(err.Error(), "$") {
		t.Errorf("error %v shows a hash", err)
	}
}

// None of these gets in with the right password.
func TestShadowKeepsOut(t *testing.T) {
	s, _ := machine(t)
	for name, reason := range map[string]string{
		"root": "listed in", "toor": "uid 0", "daemon": "shell is /usr/sbin/nologin",
		"dave": "no number", "locked": "locked", "star": "locked", "empty": "no password", "emptyold": "no password", "noshadow": "locked",
		"expired": "account expired", "expiredzero": "account expired", "aged": "password expired", "mustchange": "to be changed",
		"badage": "no number", "sealed": "shell is /sbin/nologin", "falsy": "shell is /bin/false", "listed": "listed in",
		"homeless": "not absolute", "strange": "none of yescrypt", "nouid": "4294967295", "nogid": "4294967295",
		"baduid": "no such user", "nobody": "no such user", "+nis": "no such user", "torn line": "no such user", "alice ": "no such user",
	} {
		for _, secret := range []string{sesame, "", "x"} {
			_, err := s.Login(t.Context(), login(t, name, secret))
			wantDenied(t, err, reason)
		}
	}
	for _, unreadable := range []auth.Credentials{{}, login(t, "", sesame)} {
		_, err := s.Login(t.Context(), unreadable)
		wantDenied(t, err, "could not be read")
	}
	for name, reason := range map[string]string{"root": "uid 0", "nobody": ErrUnknown.Error(), "nogid": "4294967295", "homeless": "not absolute"} {
		if u, err := s.Lookup(name); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("looked up %+v, %v, want %q", u, err, reason)
		}
	}
}

// Changes of the files count at once, for proven passwords too.
func TestShadowReadsAnew(t *testing.T) {
	s, files := machine(t)
	enter := func() error { _, err := s.Login(t.Context(), login(t, "bob", sesame)); return err }
	if err := enter(); err != nil {
		t.Fatal(err)
	}
	replace := func(path, old, now string) {
		t.Helper()
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), old) {
			t.Fatalf("%s has no %q", path, old)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(data), old, now, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replace(files.Shadow, "bob:$6$", "bob:!$6$")
	wantDenied(t, enter(), "locked")
	replace(files.Shadow, "bob:!$6$", "bob:$6$")
	if err := enter(); err != nil {
		t.Error(err)
	}
	for _, path := range []string{files.NoLogin, files.Closed} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		wantDenied(t, enter(), "nobody may log in")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	replace(files.Refused, "root", "bob")
	wantDenied(t, enter(), "listed")
	replace(files.Passwd, "bob:x:1002", "bob:x:0")
	wantDenied(t, enter(), "listed")
	if err := os.Remove(files.Refused); err != nil {
		t.Fatal(err)
	}
	wantDenied(t, enter(), "uid 0")
	replace(files.Passwd, "bob:x:0", "rob:x:1002")
	wantDenied(t, enter(), "no such user")
}

func TestShadowFilesThatCannotBeRead(t *testing.T) {
	s, files := machine(t)
	for _, broken := range []func(*Files) *string{
		func(f *Files) *string { return &f.Passwd },
		func(f *Files) *string { return &f.Shadow },
		func(f *Files) *string { return &f.Group },
	} {
		for _, state := range []struct {
			path string
			is   error
		}{{filepath.Join(t.TempDir(), "missing"), fs.ErrNotExist}, {t.TempDir(), nil}, {tooLong(t), nil}} {
			f := files
			*broken(&f) = state.path
			_, err := NewShadow(f)
			if err == nil || !strings.Contains(err.Error(), state.path) || state.is != nil && !errors.Is(err, state.is) {
				t.Errorf("NewShadow: %v", err)
			}
			s.files = f
			if _, err := s.Login(t.Context(), login(t, "bob", sesame)); err == nil || errors.Is(err, auth.ErrDenied) {
				t.Errorf("login without %s: %v", state.path, err)
			}
		}
	}
	f := files
	f.Refused = t.TempDir() // there, and unreadable as a list: nobody gets in
	s.files = f
	if _, err := s.Login(t.Context(), login(t, "bob", sesame)); err == nil {
		t.Error("let in without knowing who is refused")
	}
}

// tooLong is a file with a line that no machine has.
func tooLong(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "long")
	if err := os.WriteFile(path, []byte(strings.Repeat("x", maxLine+1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// An unknown user meets the same real hash every time.
func TestShadowDecoys(t *testing.T) {
	s, files := machine(t)
	met := map[string]int{}
	for i := range 200 {
		name := fmt.Sprint("nobody", i)
		c, err := s.claim(name)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := s.claim(name); again.hash != c.hash {
			t.Fatalf("%s meets two hashes", name)
		}
		met[c.hash]++
	}
	for _, hash := range []string{yescrypt, sha512, sha256, md5, bcrypt} {
		if met[hash] == 0 {
			t.Errorf("of 200 unknown users none meets %.4s", hash)
		}
		delete(met, hash)
	}
	if len(met) != 0 {
		t.Errorf("unknown users meet %v", met)
	}
	if c, err := s.claim("locked"); err != nil || strings.HasPrefix(c.hash, "!") || c.hash == s.fallback {
		t.Errorf("a locked user meets %.4s, %v", c.hash, err)
	}

	if err := os.WriteFile(files.Shadow, []byte("root:*:::::::\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := s.claim("nobody"); err != nil || c.hash != s.fallback {
		t.Errorf("without any hash: %.4s, %v", c.hash, err)
	}
	_, err := s.Login(t.Context(), login(t, "nobody", sesame))
	wantDenied(t, err, "no such user")
}

func TestShadowWaitsForItsTurn(t *testing.T) {
	s, _ := machine(t)
	if _, err := s.Login(t.Context(), login(t, "alice", sesame)); err != nil {
		t.Fatal(err)
	}
	for range cap(s.turns) {
		if err := s.turns.Take(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, leave := context.WithCancelCause(t.Context())
	cause := errors.New("client left")
	leave(cause)
	if _, err := s.Login(ctx, login(t, "bob", sesame)); !errors.Is(err, cause) {
		t.Errorf("a client that left: %v", err)
	}
	// A flood of wrong logins has all turns: a proven one needs none.
	if _, err := s.Login(t.Context(), login(t, "alice", sesame)); err != nil {
		t.Errorf("a proven login: %v", err)
	}
}

func FuzzShadow(f *testing.F) {
	f.Add("bob:x:1002:100::/home/bob:/bin/sh\n", "bob:"+md5+":1:2:3:4:5:6:7\n", "users:x:100:bob,alice\n", "bob")
	f.Add("bob::1:1:::\n:::::::::\n", "bob:!:::::::\n", "::::\n", "")
	f.Fuzz(func(t *testing.T, passwd, shadow, group, name string) {
		dir := t.TempDir()
		files := Files{Passwd: filepath.Join(dir, "p"), Shadow: filepath.Join(dir, "s"), Group: filepath.Join(dir, "g"), Refused: filepath.Join(dir, "r"), NoLogin: filepath.Join(dir, "n"), Closed: filepath.Join(dir, "c")}
		for path, text := range map[string]string{files.Passwd: passwd, files.Shadow: shadow, files.Group: group} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := &Shadow{files: files, now: time.Now, fallback: md5}
		s.seed = maphash.MakeSeed()
		c, err := s.claim(name)
		if err != nil {
			return
		}
		if usable(c.hash) != nil {
			t.Errorf("%q is checked against what is no hash", name)
		}
		if c.refusal == nil && (c.user.UID == 0 || c.user.Name != name || c.user.check() != nil) {
			t.Errorf("%q may come in as %+v", name, c.user)
		}
		if u, err := s.Lookup(name); err == nil && (u.UID == 0 || u.Name != name || len(u.Groups) == 0 || slices.Contains(u.Groups, none)) {
			t.Errorf("%q is %+v", name, u)
		}
	})
}
