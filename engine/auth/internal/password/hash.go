// Package password checks passwords: against a stored hash, at a cost that says
// nothing about who exists, few at a time, and quickly if the same password was
// right before.
package password

import (
	"errors"
	"strings"
)

// Hash is a password as stored.
type Hash interface {
	// Matches takes the same time for every password of one length.
	Matches(password []byte) bool
}

// Parse reads a hash that a users file may hold: argon2id as a PHC string
// ($argon2id$v=19$m=19456,t=2,p=1$…) or bcrypt ($2a$, $2b$, $2y$; only the
// first 72 bytes of a password count). Its errors never quote the text: a
// password in clear is the likeliest mistake there.
//
// What a hash costs is bounded here, as one attempt at a login causes it: 256 MiB
// of memory, and some seconds.
func Parse(s string) (Hash, error) {
	switch {
	case strings.HasPrefix(s, "$argon2id$"):
		return parseArgon2id(s)
	case strings.HasPrefix(s, "$2"):
		return parseBcrypt(s)
	}
	return nil, errors.New("password hash is neither argon2id nor bcrypt")
}

// ParseCrypt reads a hash as crypt(5) describes them, for the accounts of a
// machine: yescrypt ($y$), SHA-512 ($6$), SHA-256 ($5$) and MD5 ($1$), and what
// Parse reads. MD5 and rounds are the site's choice; refusing to check a weak hash
// would make it no stronger. The errors and bounds are those of Parse.
func ParseCrypt(s string) (Hash, error) {
	switch {
	case strings.HasPrefix(s, "$y$"):
		return parseYescrypt(s)
	case strings.HasPrefix(s, "$6$"), strings.HasPrefix(s, "$5$"):
		return parseSHACrypt(s)
	case strings.HasPrefix(s, "$1$"):
		return parseMD5Crypt(s)
	case strings.HasPrefix(s, "$argon2id$"), strings.HasPrefix(s, "$2"):
		return Parse(s)
	}
	return nil, errors.New("password hash is none of yescrypt, SHA-512, SHA-256, MD5, bcrypt and argon2id")
}

// New makes a hash of the recommended kind and cost, and the text that Parse reads.
func New(password string) (Hash, string) {
	h := newArgon2id(password)
	return h, h.String()
}
