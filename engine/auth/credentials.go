package auth

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Credentials is a login as received. One that could not be read is marked so
// inside rather than reported, so that a server has no way to treat it
// differently from a wrong password: by reply or by time, that difference
// would tell an attacker which ciphertexts decrypt. The zero value is such a
// login.
type Credentials struct {
	user     string
	password *secret // nil is an empty one
	readable bool
}

// secret stands behind two pointers: wherever a Credentials may be nested, no verb
// of fmt follows more than one.
type secret struct{ text *[]byte }

// newCredentials refuses what no account can have. Legacy cuts a login at an
// embedded NUL, which lets one name stand for another. It keeps password.
func newCredentials(user string, password []byte) Credentials {
	return Credentials{
		user:     user,
		password: &secret{&password},
		readable: user != "" && strings.IndexByte(user, 0) < 0 && bytes.IndexByte(password, 0) < 0,
	}
}

// User is the name the client claims, of any bytes, for logs and replies.
func (c Credentials) User() string { return c.user }

// Reveal gives an [Authenticator] what it has to check. It must spend on a login
// that is not readable what it spends on a wrong password, and deny it. The bytes
// are those that Wipe clears.
func (c Credentials) Reveal() (user string, password []byte, readable bool) {
	if c.password == nil {
		return c.user, nil, c.readable
	}
	return c.user, *c.password.text, c.readable
}

// Wipe clears the password in c and all its copies, once the login is decided.
// It shortens the time that a dump of the memory would show it, no more: the
// record it came in, and copies made by decryption and hashing, are the
// collector's to overwrite.
func (c Credentials) Wipe() {
	if c.password != nil {
		clear(*c.password.text)
	}
}

// Format writes the quoted user name whatever the verb, so that no log line
// can show a password.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "%q", c.user) }

// MarshalJSON writes the user name, as Format does.
func (c Credentials) MarshalJSON() ([]byte, error) { return json.Marshal(c.user) }

// Marshal writes c, with its password, for a pipe to another process of this
// daemon; ParseCredentials reads it there.
func (c Credentials) Marshal() []byte {
	user, password, readable := c.Reveal()
	b := []byte{0}
	if readable {
		b[0] = 1
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(user)))
	return append(append(b, user...), password...)
}

// ParseCredentials reads what Marshal wrote. The process that wrote it is not
// trusted: whatever it claims, a name or password that no account can have makes
// the login one that could not be read.
func ParseCredentials(b []byte) (Credentials, error) {
	const head = 5
	if len(b) < head || b[0] > 1 || len(b) > head+2*sealedSize {
		return Credentials{}, errors.New("credentials: not as they are written")
	}
	rest := b[head:]
	size := binary.BigEndian.Uint32(b[1:])
	if uint64(size) > uint64(len(rest)) {
		return Credentials{}, errors.New("credentials: user name cut off")
	}
	c := newCredentials(string(rest[:size]), append([]byte(nil), rest[size:]...))
	c.readable = c.readable && b[0] == 1
	return c, nil
}
