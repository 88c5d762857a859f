package auth

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

// recorded is the login of a real client under a known key.
func recorded(tb testing.TB) (*Key, wire.Log) {
	tb.Helper()
	data, err := os.ReadFile("testdata/login.json")
	if err != nil {
		tb.Fatal(err)
	}
	var v struct {
		E                       int
		N, D, P, Q              string
		User, Password, Comment string
	}
	if err := json.Unmarshal(data, &v); err != nil {
		tb.Fatal(err)
	}
	number := func(s string) *big.Int {
		n, ok := new(big.Int).SetString(s, 16)
		if !ok {
			tb.Fatalf("testdata: %q is not hexadecimal", s)
		}
		return n
	}
	private := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: number(v.N), E: v.E},
		D:         number(v.D),
		Primes:    []*big.Int{number(v.P), number(v.Q)},
	}
	private.Precompute()
	if err := private.Validate(); err != nil {
		tb.Fatal(err)
	}
	l := wire.Log{Type: wire.CryptRSA, UserLen: 128, PassLen: 128}
	for field, text := range map[*[128]byte]string{&l.User: v.User, &l.Pass: v.Password} {
		if n, err := hex.Decode(field[:], []byte(text)); err != nil || n != len(field) {
			tb.Fatalf("testdata: ciphertext of %d bytes: %v", n, err)
		}
	}
	return &Key{private: private}, l
}

// sealRaw encrypts what Seal refuses.
func sealRaw(t *testing.T, k *Key, text string) (sealed [128]byte) {
	t.Helper()
	b, err := rsa.EncryptOAEP(sha1.New(), rand.Reader, &k.private.PublicKey, []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	copy(sealed[:], b)
	return sealed
}

func TestOpenRecordedLogin(t *testing.T) {
	k, l := recorded(t)
	want := loginOf("bbuser", "secret", true)
	if got := k.Open(l); !sameLogin(got, want) {
		t.Errorf("Open = %#v", got)
	}
}

func TestOpenUnreadable(t *testing.T) {
	k, good := recorded(t)
	tests := []struct {
		name string
		bend func(l *wire.Log)
		user string
	}{
		{"no encryption", func(l *wire.Log) { l.Type = wire.CryptNone }, "bbuser"},
		{"unknown encryption", func(l *wire.Log) { l.Type = 9 }, "bbuser"},
		{"user length 127", func(l *wire.Log) { l.UserLen = 127 }, "bbuser"},
		{"user length 0", func(l *wire.Log) { l.UserLen = 0 }, "bbuser"},
		{"user length negative", func(l *wire.Log) { l.UserLen = -1 }, "bbuser"},
		{"password length 129", func(l *wire.Log) { l.PassLen = 129 }, "bbuser"},
		{"user garbage", func(l *wire.Log) { l.User = [128]byte{1} }, ""},
		{"user not below modulus", func(l *wire.Log) { copy(l.User[:], bytes.Repeat([]byte{0xff}, 128)) }, ""},
		{"password garbage", func(l *wire.Log) { l.Pass[100] ^= 1 }, "bbuser"},
		{"all zero", func(l *wire.Log) { l.User, l.Pass = [128]byte{}, [128]byte{} }, ""},
		{"empty user", func(l *wire.Log) { l.User = sealRaw(t, k, "") }, ""},
		{"NUL in user", func(l *wire.Log) { l.User = sealRaw(t, k, "bbuser\x00x") }, "bbuser\x00x"},
		{"NUL in password", func(l *wire.Log) { l.Pass = sealRaw(t, k, "secret\x00") }, "bbuser"},
	}
	users, _ := countedUsers("bbuser")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := good
			tt.bend(&l)
			c := k.Open(l)
			if c.readable || c.User() != tt.user {
				t.Errorf("Open = %#v, readable %v", c.user, c.readable)
			}
			if _, err := users.Authenticate(t.Context(), c); !errors.Is(err, ErrDenied) {
				t.Errorf("Authenticate: %v", err)
			}
		})
	}
}

// keyWithExponent exists because GenerateKey always takes 65537.
func keyWithExponent(t *testing.T, e int64) *Key {
	t.Helper()
	n, d, primes := keyNumbers(t, e)
	private := &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: n, E: int(e)}, D: d, Primes: primes}
	private.Precompute()
	return &Key{private: private}
}

// keyNumbers are the modulus of a new key, its private exponent for e, and its
// two primes.
func keyNumbers(t *testing.T, e int64) (n, d *big.Int, primes []*big.Int) {
	t.Helper()
	one, phi := big.NewInt(1), big.NewInt(1)
	n = big.NewInt(1)
	for range 2 {
		p, err := rand.Prime(rand.Reader, keyBits/2)
		if err != nil {
			t.Fatal(err)
		}
		n.Mul(n, p)
		phi.Mul(phi, new(big.Int).Sub(p, one))
		primes = append(primes, p)
	}
	if d = new(big.Int).ModInverse(big.NewInt(e), phi); d == nil {
		return keyNumbers(t, e) // e divides p-1 or q-1
	}
	return n, d, primes
}

func TestSealOpen(t *testing.T) {
	for _, e := range []int64{3, 17, 65537, 1<<31 - 1} {
		t.Run(fmt.Sprint("exponent ", e), func(t *testing.T) {
			k := keyWithExponent(t, e)
			for _, login := range [][2]string{
				{"u", "p"},
				{strings.Repeat("u", MaxLogin), strings.Repeat("\xff", MaxLogin)},
			} {
				l, err := Seal(k.Offer(), login[0], login[1])
				if err != nil {
					t.Fatal(err)
				}
				if l.Type != wire.CryptRSA || l.UserLen != 128 || l.PassLen != 128 {
					t.Errorf("Seal: type %d, lengths %d and %d", l.Type, l.UserLen, l.PassLen)
				}
				if got, want := k.Open(l), loginOf(login[0], login[1], true); !sameLogin(got, want) {
					t.Errorf("Open = %#v", got)
				}
			}
		})
	}
}

func TestOffer(t *testing.T) {
	k, _ := recorded(t)
	offer := k.Offer()
	if offer.Type != 2 || len(offer.Modulus) != 129 || offer.Modulus[0] != 0 || offer.Modulus[1] != 0x98 {
		t.Errorf("type %d, modulus %x", offer.Type, offer.Modulus)
	}
	if want := []byte{1, 0, 1}; !bytes.Equal(offer.Exponent, want) {
		t.Errorf("exponent %x", offer.Exponent)
	}
}

func TestSealRefuses(t *testing.T) {
	k, _ := recorded(t)
	long := strings.Repeat("s3cr3t", 15)[:MaxLogin+1]
	tests := []struct {
		name           string
		bend           func(o *wire.Crypt)
		user, password string
		want           string
		is             error
	}{
		{name: "type none", bend: func(o *wire.Crypt) { o.Type = 0 }, want: "encryption type 0"},
		{name: "type reserved", bend: func(o *wire.Crypt) { o.Type = 1 }, want: "encryption type 1"},
		{name: "no modulus", bend: func(o *wire.Crypt) { o.Modulus = nil }, want: "modulus has 0 bits"},
		{name: "1023 bits", bend: func(o *wire.Crypt) { o.Modulus[1] = 0x7f }, want: "modulus has 1023 bits"},
		{name: "2048 bits", bend: func(o *wire.Crypt) { o.Modulus = bytes.Repeat([]byte{0xff}, 256) }, want: "modulus has 2048 bits"},
		{name: "even modulus", bend: func(o *wire.Crypt) { o.Modulus[128] &^= 1 }, want: "last bit 0"},
		{name: "no exponent", bend: func(o *wire.Crypt) { o.Exponent = nil }, want: "exponent is 0"},
		{name: "exponent 1", bend: func(o *wire.Crypt) { o.Exponent = []byte{1} }, want: "exponent is 1"},
		{name: "exponent even", bend: func(o *wire.Crypt) { o.Exponent = []byte{1, 0, 0} }, want: "exponent is 65536"},
		{name: "exponent 2^32+1", bend: func(o *wire.Crypt) { o.Exponent = []byte{1, 0, 0, 0, 1} }, want: "exponent has 33 bits"},
		{name: "exponent 2^64+1", bend: func(o *wire.Crypt) { o.Exponent = []byte{1, 0, 0, 0, 0, 0, 0, 0, 1} }, want: "exponent has 65 bits"},
		{name: "empty user", user: "-", want: "user name: empty"},
		{name: "empty password", password: "-", want: "password: empty"},
		{name: "long user", user: long, want: "87 bytes", is: ErrTooLong},
		{name: "long password", password: long, want: "87 bytes", is: ErrTooLong},
		{name: "NUL in user", user: "s3cr3t\x00", want: "user name: has a NUL"},
		{name: "NUL in password", password: "s3cr3t\x00", want: "password: has a NUL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			offer := k.Offer()
			if tt.bend != nil {
				tt.bend(&offer)
			}
			_, err := Seal(offer, stand(tt.user, "bbuser"), stand(tt.password, "s3cr3t"))
			wantError(t, err, tt.want, tt.is)
		})
	}
}

// stand gives the default for "" and "" for "-".
func stand(s, fallback string) string {
	switch s {
	case "":
		return fallback
	case "-":
		return ""
	}
	return s
}

// wantError also holds errors to silence about secrets, all of which contain
// "s3cr3t" here.
func wantError(t *testing.T, err error, want string, is error) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want %q", err, want)
	}
	if is != nil && !errors.Is(err, is) {
		t.Errorf("error %q is not %q", err, is)
	}
	if strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("error %q shows a secret", err)
	}
}

func TestSealAcceptsFurtherTypes(t *testing.T) {
	k, _ := recorded(t)
	offer := k.Offer()
	offer.Type = 3
	if l, err := Seal(offer, "u", "p"); err != nil || l.Type != wire.CryptRSA {
		t.Errorf("Seal: type %d, %v", l.Type, err)
	}
}

func TestClear(t *testing.T) {
	long := strings.Repeat("u", 127)
	l, err := ClearLog(long, "secret")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := OpenClear(l), loginOf(long, "secret", true); !sameLogin(got, want) {
		t.Errorf("OpenClear = %#v", got)
	}
	if l.Type != wire.CryptNone || l.UserLen != 127 || l.PassLen != 6 || l.User[127] != 0 {
		t.Errorf("ClearLog: type %d, lengths %d and %d", l.Type, l.UserLen, l.PassLen)
	}

	_, err = ClearLog(long+"u", "secret")
	wantError(t, err, "user name: 128 bytes", ErrTooLong)
	_, err = ClearLog("u", strings.Repeat("s3cr3t", 22))
	wantError(t, err, "password: 132 bytes", ErrTooLong)
	_, err = ClearLog("", "s3cr3t")
	wantError(t, err, "user name: empty", nil)
	_, err = ClearLog("u", "s3cr3t\x00")
	wantError(t, err, "password: has a NUL", nil)
}

func TestOpenClearReadsUpToNUL(t *testing.T) {
	good, err := ClearLog("bbuser", "secret")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		bend     func(l *wire.Log)
		readable bool
	}{
		{"lengths are ignored", func(l *wire.Log) { l.UserLen, l.PassLen = -1, 1<<31-1 }, true},
		{"bytes after the NUL", func(l *wire.Log) { l.User[7], l.Pass[127] = 'x', 'x' }, true},
		{"type RSA", func(l *wire.Log) { l.Type = wire.CryptRSA }, false},
		{"empty user", func(l *wire.Log) { l.User[0] = 0 }, false},
		{"user without NUL", func(l *wire.Log) { copy(l.User[:], bytes.Repeat([]byte{'u'}, 128)) }, false},
		{"password without NUL", func(l *wire.Log) { copy(l.Pass[:], bytes.Repeat([]byte{'p'}, 128)) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := good
			tt.bend(&l)
			c := OpenClear(l)
			if c.readable != tt.readable {
				t.Fatalf("readable %v", c.readable)
			}
			if want := loginOf("bbuser", "secret", true); tt.readable && !sameLogin(c, want) {
				t.Errorf("OpenClear = %#v", c)
			}
		})
	}
}

// FuzzOpen takes its two byte strings as what the fields hold and as what was
// encrypted. A failed decryption draws randomness, so minimising finds no end:
// run it with -fuzzminimizetime 10x.
func FuzzOpen(f *testing.F) {
	k, good := recorded(f)
	f.Add(int32(2), good.User[:], good.Pass[:], int32(128), int32(128))
	f.Add(int32(2), []byte("bbuser"), []byte("sec\x00ret"), int32(128), int32(128))
	f.Add(int32(2), good.User[:], []byte{}, int32(127), int32(-1))
	f.Add(int32(0), []byte("bbuser\x00"), []byte("secret\x00"), int32(6), int32(6))
	f.Add(int32(1), bytes.Repeat([]byte{0xff}, 128), []byte("\x00"), int32(0), int32(0))
	f.Fuzz(func(t *testing.T, kind int32, user, password []byte, userLen, passLen int32) {
		formOK := kind == 2 && userLen == 128 && passLen == 128
		l := wire.Log{Type: wire.CryptType(kind), UserLen: userLen, PassLen: passLen}
		copy(l.User[:], user)
		copy(l.Pass[:], password)
		sealed, clear := k.Open(l), OpenClear(l)
		if sealed.readable && !formOK {
			t.Errorf("Open reads type %d, lengths %d and %d", kind, userLen, passLen)
		}
		if clear.readable && (kind != 0 || clear.user == "") {
			t.Errorf("OpenClear reads user %q of type %d", clear.user, kind)
		}

		user, password = user[:min(len(user), MaxLogin)], password[:min(len(password), MaxLogin)]
		l.User, l.Pass = sealRaw(t, k, string(user)), sealRaw(t, k, string(password))
		got := k.Open(l)
		textOK := len(user) > 0 && !bytes.Contains(user, []byte{0}) && !bytes.Contains(password, []byte{0})
		name, secret, readable := got.Reveal()
		if name != string(user) || string(secret) != string(password) || readable != (formOK && textOK) {
			t.Errorf("Open of user %q = %#v, readable %v", user, got, got.readable)
		}
	})
}
