package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2idHash follows RFC 9106; its text is the PHC string
// $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$KEY.
type argon2idHash struct {
	memory    uint32 // KiB
	time      uint32 // passes
	threads   uint8
	salt, key []byte
}

// Cost of new hashes: the OWASP password storage recommendation, some 20 MiB
// and a few tens of milliseconds.
const (
	newMemory  = 19456
	newTime    = 2
	newThreads = 1
	newSalt    = 16
	newKey     = 32
)

// Above these, one login attempt could exhaust the server: as Turns has it, twice
// the memory is in use at most.
const (
	maxMemory  = 256 << 10 // KiB
	maxTime    = 16
	maxThreads = 16
)

// base64Strict is PHC's alphabet: no padding, no stray bits.
var base64Strict = base64.RawStdEncoding.Strict()

func newArgon2id(password string) *argon2idHash {
	h := &argon2idHash{memory: newMemory, time: newTime, threads: newThreads, salt: make([]byte, newSalt)}
	rand.Read(h.salt) // never fails
	h.key = h.derive([]byte(password), newKey)
	return h
}

func (h *argon2idHash) derive(password []byte, size int) []byte {
	return argon2.IDKey(password, h.salt, h.time, h.memory, h.threads, uint32(size))
}

// Matches implements [Hash].
func (h *argon2idHash) Matches(password []byte) bool {
	return subtle.ConstantTimeCompare(h.key, h.derive(password, len(h.key))) == 1
}

func (h *argon2idHash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads,
		base64Strict.EncodeToString(h.salt), base64Strict.EncodeToString(h.key))
}

func parseArgon2id(s string) (*argon2idHash, error) {
	field := strings.Split(s, "$") // "", argon2id, version, parameters, salt, key
	if len(field) != 6 {
		return nil, errors.New("argon2id hash: want $argon2id$v=19$m=,t=,p=$salt$hash")
	}
	if field[2] != "v="+strconv.Itoa(argon2.Version) {
		return nil, fmt.Errorf("argon2id hash: version is not %d", argon2.Version)
	}
	parameter := strings.Split(field[3], ",")
	if len(parameter) != 3 {
		return nil, errors.New("argon2id hash: parameters are not m=,t=,p=")
	}
	threads, err := parseParameter(parameter[2], "p=", 1, maxThreads)
	if err != nil {
		return nil, err
	}
	time, err := parseParameter(parameter[1], "t=", 1, maxTime)
	if err != nil {
		return nil, err
	}
	memory, err := parseParameter(parameter[0], "m=", 8*threads, maxMemory) // RFC 9106 3.1
	if err != nil {
		return nil, err
	}
	salt, err := parseBytes(field[4], "salt", 8, 64)
	if err != nil {
		return nil, err
	}
	key, err := parseBytes(field[5], "hash", 16, 64)
	if err != nil {
		return nil, err
	}
	h := &argon2idHash{memory: uint32(memory), time: uint32(time), threads: uint8(threads), salt: salt, key: key}
	if h.String() != s {
		return nil, errors.New("argon2id hash: not in canonical form")
	}
	return h, nil
}

func parseParameter(s, name string, least, most uint64) (uint64, error) {
	digits, ok := strings.CutPrefix(s, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || n < least || n > most {
		return 0, fmt.Errorf("argon2id hash: want %s%d to %d", name, least, most)
	}
	return n, nil
}

func parseBytes(s, name string, least, most int) ([]byte, error) {
	b, err := base64Strict.DecodeString(s)
	if err != nil || len(b) < least || len(b) > most {
		return nil, fmt.Errorf("argon2id hash: want a %s of %d to %d bytes in base64", name, least, most)
	}
	return b, nil
}
