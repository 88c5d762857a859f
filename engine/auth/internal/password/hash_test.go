package password

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// Known hashes from elsewhere: the argon2 reference implementation's tests and
// those of jBCrypt.
const (
	argonOfPassword = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	bcryptOfA       = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"
)

func TestHashMatches(t *testing.T) {
	salt := []byte("0123456789abcdef")
	computed := fmt.Sprintf("$argon2id$v=19$m=64,t=3,p=2$%s$%s", base64.RawStdEncoding.EncodeToString(salt),
		base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte("sésame\xff"), salt, 3, 64, 2, 20)))
	long, err := bcrypt.GenerateFromPassword(bytes.Repeat([]byte("x"), 72), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, hash, right string
		wrong             []string
	}{
		{"argon2 reference", argonOfPassword, "password", []string{"", "Password", "password\x00"}},
		{"argon2 two lanes", computed, "sésame\xff", []string{"sésame"}},
		{"bcrypt 2a", bcryptOfA, "a", []string{"", "b", "aa"}},
		{"bcrypt 2b", "$2b" + bcryptOfA[3:], "a", []string{"b"}},
		{"bcrypt 2y", "$2y" + bcryptOfA[3:], "a", []string{"b"}},
		{"bcrypt 86 bytes", string(long), strings.Repeat("x", 86), []string{strings.Repeat("x", 71)}},
		{"new", newArgon2id("secret").String(), "secret", []string{"secre"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h, err := Parse(tt.hash)
			if err != nil {
				t.Fatal(err)
			}
			if !h.Matches([]byte(tt.right)) {
				t.Errorf("%q does not match", tt.right)
			}
			for _, wrong := range tt.wrong {
				if h.Matches([]byte(wrong)) {
					t.Errorf("%q matches", wrong)
				}
			}
		})
	}
}

func TestNewHash(t *testing.T) {
	a, b := newArgon2id("secret"), newArgon2id("secret")
	if !strings.HasPrefix(a.String(), "$argon2id$v=19$m=19456,t=2,p=1$") || len(a.salt) != 16 || len(a.key) != 32 {
		t.Errorf("new hash: %d bytes of salt, %d of key, %.30s", len(a.salt), len(a.key), a)
	}
	if bytes.Equal(a.salt, b.salt) {
		t.Error("two hashes with one salt")
	}
}

func TestParseHashRefuses(t *testing.T) {
	const salt, key = "c2FsdHNhbHQ", "MDEyMzQ1Njc4OWFiY2RlZg"
	argon := func(parameters string) string { return "$argon2id$v=19$" + parameters + "$" + salt + "$" + key }
	good := argon("m=8,t=1,p=1")
	if _, err := Parse(good); err != nil {
		t.Fatal(err)
	}
	encoded := func(n int) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }
	tests := []struct{ name, hash, want string }{
		{"empty", "", "neither"},
		{"clear text", "s3cr3t", "neither"},
		{"argon2i", "$argon2i$v=19$m=8,t=1,p=1$s3cr3t", "neither"},
		{"sha512 crypt", "$6$s3cr3t$x", "neither"},
		{"no key", strings.TrimSuffix(good, "$"+key), "want $argon2id"},
		{"surplus field", good + "$s3cr3t", "want $argon2id"},
		{"version missing", "$argon2id$m=8,t=1,p=1$" + salt + "$" + key, "want $argon2id"},
		{"version 16", strings.Replace(good, "v=19", "v=16", 1), "version"},
		{"two parameters", argon("m=8,t=1"), "parameters"},
		{"four parameters", argon("m=8,t=1,p=1,x=1"), "parameters"},
		{"order", argon("t=1,m=8,p=1"), "want t="},
		{"no lanes", argon("m=8,t=1,p=0"), "want p=1 to 16"},
		{"17 lanes", argon("m=1024,t=1,p=17"), "want p=1 to 16"},
		{"no pass", argon("m=8,t=0,p=1"), "want t=1 to 16"},
		{"17 passes", argon("m=8,t=17,p=1"), "want t=1 to 16"},
		{"too little memory", argon("m=7,t=1,p=1"), "want m=8 to"},
		{"too little memory for lanes", argon("m=127,t=1,p=16"), "want m=128 to"},
		{"over 256 MiB", argon("m=262145,t=1,p=1"), "want m=8 to 262144"},
		{"over 32 bits", argon("m=4294967304,t=1,p=1"), "want m=8"},
		{"negative", argon("m=-8,t=1,p=1"), "want m=8"},
		{"no number", argon("m=s3cr3t,t=1,p=1"), "want m=8"},
		{"leading zero", argon("m=08,t=1,p=1"), "canonical"},
		{"salt 7", "$argon2id$v=19$m=8,t=1,p=1$" + encoded(7) + "$" + key, "salt of 8 to 64"},
		{"salt 65", "$argon2id$v=19$m=8,t=1,p=1$" + encoded(65) + "$" + key, "salt of 8 to 64"},
		{"hash 15", "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + encoded(15), "hash of 16 to 64"},
		{"hash 65", "$argon2id$v=19$m=8,t=1,p=1$" + salt + "$" + encoded(65), "hash of 16 to 64"},
		{"padding", good + "==", "base64"},
		{"line end in base64", good + "\n", "canonical"},
		{"stray bits", good[:len(good)-1] + "h", "base64"},
		{"bcrypt 2x", "$2x" + bcryptOfA[3:], "want $2b$"},
		{"bcrypt 3a", "$3a" + bcryptOfA[3:], "neither"},
		{"bcrypt short", bcryptOfA[:59], "want $2b$"},
		{"bcrypt long", bcryptOfA + "a", "want $2b$"},
		{"bcrypt alphabet", bcryptOfA[:58] + "+a", "want $2b$"},
		{"bcrypt cost 3", "$2a$03" + bcryptOfA[6:], "cost of 4 to 16"},
		{"bcrypt cost 17", "$2a$17" + bcryptOfA[6:], "cost of 4 to 16"},
		{"bcrypt cost not a number", "$2a$+6" + bcryptOfA[6:], "want $2b$"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.hash)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("error %v, want %q and no secret", err, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(argonOfPassword)
	f.Add(bcryptOfA)
	f.Add("$argon2id$v=19$m=08,t=1,p=1$c2FsdHNhbHQ$MDEyMzQ1Njc4OWFiY2RlZg")
	f.Add("$argon2id$v=19$m=4294967295,t=16,p=16$$")
	f.Add("$2b$99$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := Parse(s)
		if err != nil {
			return
		}
		if text, ok := h.(*argon2idHash); ok && text.String() != s {
			t.Errorf("%q reads back as %q", s, text)
		}
	})
}
