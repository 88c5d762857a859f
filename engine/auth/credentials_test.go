package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func login(user, secret string) Credentials { return newCredentials(user, []byte(secret)) }

// loginOf is a login in any state.
func loginOf(user, secret string, readable bool) Credentials {
	return Credentials{user, newCredentials(user, []byte(secret)).password, readable}
}

func sameLogin(a, b Credentials) bool {
	user, password, readable := a.Reveal()
	otherUser, otherPassword, otherReadable := b.Reveal()
	return user == otherUser && bytes.Equal(password, otherPassword) && readable == otherReadable
}

// shown is what fmt, log/slog and encoding/json make of v.
func shown(t *testing.T, v any) string {
	t.Helper()
	var all strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&all, verb+"\n", v)
		fmt.Fprintf(&all, verb+"\n", []any{v})
	}
	slog.New(slog.NewTextHandler(&all, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&all, nil)).Info("x", "v", v)
	if b, err := json.Marshal(v); err != nil {
		t.Errorf("%T as JSON: %v", v, err)
	} else {
		all.Write(b)
	}
	return all.String()
}

func TestNothingShowsASecret(t *testing.T) {
	key := keyWithExponent(t, 65537)
	users := func() *Users {
		records, err := parseUsers([]byte("bbuser:" + hashA + ":"))
		if err != nil {
			t.Fatal(err)
		}
		u := newUsers(records)
		if _, err := u.Authenticate(t.Context(), login("bbuser", "a")); err != nil {
			t.Fatal(err)
		}
		return u
	}()
	file := new(UsersFile)
	file.current.Store(users)
	var proof []string
	for _, b := range [][]byte{[]byte("s3cr3t"), []byte(hashA), []byte(hashA[7:])} {
		proof = append(proof, string(b), fmt.Sprintf("%x", b), fmt.Sprint(b))
	}
	for _, n := range []any{key.private.D, key.private.Primes[0], key.private.Primes[1]} {
		proof = append(proof, fmt.Sprint(n), fmt.Sprintf("%x", n))
	}
	c := login("bb\nuser", "s3cr3t")
	for _, v := range []any{
		c, &c,
		[]Credentials{c},
		map[string]Credentials{"x": c},
		// Inside of these fmt can't ask it how to be shown.
		struct{ c Credentials }{c},
		struct{ c []Credentials }{[]Credentials{c}},
		struct{ c any }{&c},
		Change{User: "bbuser", Password: "s3cr3t"},
		&Change{User: "bbuser", Password: "s3cr3t"},
		key, users, file, users.records, users.records[0], &users.records[0],
	} {
		text := shown(t, v)
		for _, secret := range proof {
			if strings.Contains(text, secret) {
				t.Errorf("%T shows a secret:\n%s", v, text)
				break
			}
		}
	}
	if got := fmt.Sprintf("%#v", c); got != `"bb\nuser"` {
		t.Errorf("credentials are shown as %s", got)
	}
}

func TestWipe(t *testing.T) {
	c := login("bbuser", "secret")
	other := c
	c.Wipe()
	if _, password, _ := other.Reveal(); !bytes.Equal(password, make([]byte, 6)) {
		t.Errorf("a copy still has %q", password)
	}
	Credentials{}.Wipe()
}

func TestCredentialsCrossAPipe(t *testing.T) {
	for _, c := range []Credentials{
		{},
		login("bbuser", "secret"), login("u", ""), login("", "secret"), loginOf("bbuser", "secret", false),
		login("nul\x00", "secret"), login("u\xff", strings.Repeat("\xff", 127)), login(strings.Repeat("u", 127), "x"),
	} {
		got, err := ParseCredentials(c.Marshal())
		if err != nil || !sameLogin(got, c) {
			t.Errorf("%v became %v, %v", c, got, err)
		}
	}
	for _, b := range [][]byte{nil, {1}, {2, 0, 0, 0, 0}, {1, 0, 0, 0, 2, 'u'}, {1, 0xff, 0xff, 0xff, 0xff, 'u'}, make([]byte, 300)} {
		if c, err := ParseCredentials(b); err == nil {
			t.Errorf("%x read as %v", b, c)
		}
	}
	// A process that lies is not believed.
	for _, b := range []string{"\x01\x00\x00\x00\x00p", "\x01\x00\x00\x00\x02u\x00p", "\x01\x00\x00\x00\x01up\x00"} {
		if c, err := ParseCredentials([]byte(b)); err != nil || c.readable {
			t.Errorf("%q is a login: %v", b, err)
		}
	}
}

func FuzzParseCredentials(f *testing.F) {
	f.Add(login("bbuser", "secret").Marshal())
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ParseCredentials(b)
		if err != nil {
			return
		}
		if again, err := ParseCredentials(c.Marshal()); err != nil || !sameLogin(again, c) {
			t.Errorf("%x is read, written and read differently: %v", b, err)
		}
	})
}
