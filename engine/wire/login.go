package wire

import "bytes"

// The login of a stand-alone server (wire.md 3.1 to 3.5).
const (
	MsgLog          Code = 1
	MsgCrypt        Code = 6  // from a client a Signal: it cannot encrypt and asks for a clear login; legacy announces LogSize
	MsgTLS          Code = 90 // a Signal of ours, to a server that offered CryptTLS: a TLS handshake follows, and in it a clear MSG_LOG
	MsgServerStatus Code = 49 // a Signal, instead of a login: the server answers a report and closes; legacy announces LogSize
)

// CryptType is a set of ways to hide the password: a server offers them in MSG_CRYPT, a client names its choice in MSG_LOG.
type CryptType int32

// The ways to hide a password. A client that can do RSA takes any offer with that bit, and legacy ones see no other: a
// server of ours says by one of its own that the whole control connection may go through TLS.
const (
	CryptNone CryptType = 0     // the fields of MSG_LOG are clear text
	CryptRSA  CryptType = 2     // RSA with OAEP padding: SHA-1, MGF1 with SHA-1, empty label
	CryptTLS  CryptType = 0x100 // not of legacy: the client may send MSG_TLS
)

// LogSize is the msglen of every MSG_LOG in bytes, and what legacy announces in the two signals of the login.
const LogSize = 276

const logFieldSize = 128

// Log is MSG_LOG, the client's user name and password (wire.md 3.2, 3.3).
type Log struct {
	Type    CryptType
	Unused  [8]byte // stack garbage of legacy clients
	User    [logFieldSize]byte
	Pass    [logFieldSize]byte
	UserLen int32 // bytes used of User; servers ignore it in a clear login and take the text up to its NUL
	PassLen int32
}

// NewClearLog makes the message of a login without encryption. Names of more than 127 bytes or with a NUL inside fail with ErrString.
func NewClearLog(user, pass string) (Log, error) {
	m := Log{Type: CryptNone, UserLen: int32(len(user)), PassLen: int32(len(pass))}
	if len(user) >= logFieldSize || bytes.IndexByte([]byte(user), 0) >= 0 {
		return Log{}, fail(MsgLog, HeaderSize+12, ErrString, "user name")
	}
	if len(pass) >= logFieldSize || bytes.IndexByte([]byte(pass), 0) >= 0 {
		return Log{}, fail(MsgLog, HeaderSize+140, ErrString, "password")
	}
	copy(m.User[:], user)
	copy(m.Pass[:], pass)
	return m, nil
}

// NewRSALog makes the message of an encrypted login from two ciphertexts of 128 bytes, which is what a 1024-bit key gives.
// The message has no room for other sizes: they fail with ErrLength.
func NewRSALog(user, pass []byte) (Log, error) {
	if len(user) != logFieldSize || len(pass) != logFieldSize {
		return Log{}, fail(MsgLog, HeaderSize+268, ErrLength, "ciphertexts of %d and %d bytes", len(user), len(pass))
	}
	m := Log{Type: CryptRSA, UserLen: logFieldSize, PassLen: logFieldSize}
	copy(m.User[:], user)
	copy(m.Pass[:], pass)
	return m, nil
}

// Clear returns the user name and password of a login without encryption: the fields up to their NUL. Without one it fails with ErrString.
func (m Log) Clear() (user, pass string, err error) {
	u, p := bytes.IndexByte(m.User[:], 0), bytes.IndexByte(m.Pass[:], 0)
	if u < 0 {
		return "", "", fail(MsgLog, HeaderSize+12, ErrString, "user name without NUL")
	}
	if p < 0 {
		return "", "", fail(MsgLog, HeaderSize+140, ErrString, "password without NUL")
	}
	return string(m.User[:u]), string(m.Pass[:p]), nil
}

// Ciphertexts returns the encrypted user name and password. Lengths outside 1..128 fail with ErrLength.
func (m Log) Ciphertexts() (user, pass []byte, err error) {
	if m.UserLen < 1 || m.UserLen > logFieldSize {
		return nil, nil, fail(MsgLog, HeaderSize+268, ErrLength, "user name of %d bytes", m.UserLen)
	}
	if m.PassLen < 1 || m.PassLen > logFieldSize {
		return nil, nil, fail(MsgLog, HeaderSize+272, ErrLength, "password of %d bytes", m.PassLen)
	}
	return bytes.Clone(m.User[:m.UserLen]), bytes.Clone(m.Pass[:m.PassLen]), nil
}

func decodeLog(_ Header, body []byte) (Message, error) {
	m := Log{
		Type:    CryptType(int32At(body, 0)),
		UserLen: int32At(body, 268),
		PassLen: int32At(body, 272),
	}
	copy(m.Unused[:], body[4:])
	copy(m.User[:], body[12:])
	copy(m.Pass[:], body[140:])
	return m, nil
}

// Code returns MsgLog.
func (Log) Code() Code { return MsgLog }

// Append adds the encoded message to b.
func (m Log) Append(b []byte) []byte {
	b = appendHeader(b, MsgLog, LogSize)
	b = append32(b, int32(m.Type))
	b = append(b, m.Unused[:]...)
	b = append(b, m.User[:]...)
	b = append(b, m.Pass[:]...)
	return append32(append32(b, m.UserLen), m.PassLen)
}
