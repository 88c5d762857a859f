package password

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"hash"
	"regexp"
	"strconv"

	"github.com/go-crypt/x/crypt"
	"github.com/go-crypt/x/yescrypt"
)

// The hashes of crypt(5). Their whole text is fixed by a pattern before a library
// sees it: one that it can't read would be refused at once, which tells its user
// from others.
var (
	shaForm      = regexp.MustCompile(`^\$([56])\$(?:rounds=([1-9][0-9]{3,8})\$)?([^$:\s]{0,16})\$([./0-9A-Za-z]+)$`)
	md5Form      = regexp.MustCompile(`^\$1\$([^$:\s]{0,8})\$([./0-9A-Za-z]{22})$`)
	yescryptForm = regexp.MustCompile(`^\$y\$j([./0-9A-F])([./0-9A-T])\$([./0-9A-Za-z]{1,86})\$[./0-9A-Za-z]{43}$`)
)

// What a check may cost, as with argon2id: some seconds, and 256 MiB.
const (
	defaultRounds = 5000
	maxRounds     = 5_000_000
	// maxYescrypt is the most memory, 128 × N × r bytes.
	maxYescrypt = 256 << 20
)

// shaCrypt is SHA-crypt of 256 or 512 bits.
type shaCrypt struct {
	sum       func() hash.Hash
	rounds    int
	salt, key []byte
}

func parseSHACrypt(s string) (Hash, error) {
	part := shaForm.FindStringSubmatch(s)
	if part == nil {
		return nil, errors.New("SHA-crypt hash: want $6$ or $5$, rounds= from 1000 if any, a salt of at most 16 characters, and the hash")
	}
	h := &shaCrypt{sum: sha512.New, rounds: defaultRounds, salt: []byte(part[3]), key: []byte(part[4])}
	size := 86
	if part[1] == "5" {
		h.sum, size = sha256.New, 43
	}
	if part[2] != "" {
		h.rounds, _ = strconv.Atoi(part[2]) // four to nine digits
	}
	switch {
	case h.rounds > maxRounds:
		return nil, errors.New("SHA-crypt hash: more than " + strconv.Itoa(maxRounds) + " rounds")
	case len(h.key) != size:
		return nil, errors.New("SHA-crypt hash: want " + strconv.Itoa(size) + " characters of hash")
	}
	return h, nil
}

// Matches implements [Hash].
func (h *shaCrypt) Matches(password []byte) bool {
	return subtle.ConstantTimeCompare(h.key, crypt.KeySHACrypt(h.sum, password, h.salt, h.rounds)) == 1
}

// md5Crypt is FreeBSD's, which glibc took over.
type md5Crypt struct{ salt, key []byte }

func parseMD5Crypt(s string) (Hash, error) {
	part := md5Form.FindStringSubmatch(s)
	if part == nil {
		return nil, errors.New("MD5-crypt hash: want $1$, a salt of at most 8 characters, and 22 of the hash")
	}
	return &md5Crypt{[]byte(part[1]), []byte(part[2])}, nil
}

// Matches implements [Hash].
func (h *md5Crypt) Matches(password []byte) bool {
	return subtle.ConstantTimeCompare(h.key, crypt.KeyMD5Crypt(password, h.salt)) == 1
}

// yescryptHash is the whole text of a hash with the flags that libxcrypt sets.
type yescryptHash []byte

func parseYescrypt(s string) (Hash, error) {
	part := yescryptForm.FindStringSubmatch(s)
	if part == nil {
		return nil, errors.New("yescrypt hash: want $y$j, two characters of cost, a salt, and 43 of the hash")
	}
	n, r := uint64(1)<<(alphabet(part[1])+1), uint64(alphabet(part[2])+1)
	if n < 1<<10 || n > 1<<18 || 128*n*r > maxYescrypt {
		return nil, errors.New("yescrypt hash: want N of 2^10 to 2^18 and memory of at most " + strconv.Itoa(maxYescrypt>>20) + " MiB")
	}
	if yescrypt.Decode64([]byte(part[3])) == nil {
		return nil, errors.New("yescrypt hash: the salt is not in its base64")
	}
	return yescryptHash(s), nil
}

// alphabet is the value of one of the first 32 digits of crypt's base64.
func alphabet(digit string) int {
	return bytes.IndexByte([]byte("./0123456789ABCDEFGHIJKLMNOPQRST"), digit[0])
}

// Matches implements [Hash].
func (h yescryptHash) Matches(password []byte) bool {
	sum, err := yescrypt.Hash(password, h)
	return err == nil && subtle.ConstantTimeCompare(sum, h) == 1
}
