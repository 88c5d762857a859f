package wire

import (
	"bytes"
	"math/big"
)

// cryptFixed is the length of a key body before its two numbers.
const cryptFixed = 12

// Crypt is MSG_CRYPT from a server, its greeting: how passwords may travel, and a key made for this connection (wire.md 3.1).
//
// The numbers are big-endian bytes as sent. On the wire each has two lengths around it, of which legacy writes the outer one 4 larger than
// the inner one; parsing insists on that, or fails with ErrKey. A key of more than 1024 bits breaks legacy clients: [Log] has no room.
type Crypt struct {
	Type     CryptType
	Modulus  []byte // with a leading zero byte if the top bit would be set; none: the field is missing
	Exponent []byte
}

// NewCrypt offers RSA with the given public key.
func NewCrypt(modulus *big.Int, exponent int) Crypt {
	return Crypt{Type: CryptRSA, Modulus: signedBytes(modulus), Exponent: signedBytes(big.NewInt(int64(exponent)))}
}

// signedBytes gives a positive number a zero byte in front where its top bit would read as a sign.
func signedBytes(n *big.Int) []byte {
	b := n.Bytes()
	if len(b) > 0 && b[0] >= 0x80 {
		b = append([]byte{0}, b...)
	}
	return b
}

func decodeCrypt(h Header, body []byte) (Message, error) {
	m := Crypt{Type: CryptType(int32At(body, 0))}
	modulusLen, exponentLen := int64(int32At(body, 4)), int64(int32At(body, 8))
	if modulusLen < 0 || exponentLen < 0 || cryptFixed+modulusLen+exponentLen != int64(len(body)) {
		return nil, fail(h.Code, HeaderSize+4, ErrKey, "numbers of %d and %d bytes in %d", modulusLen, exponentLen, len(body))
	}
	var ok bool
	if m.Modulus, ok = parseMPI(body[cryptFixed : cryptFixed+modulusLen]); !ok {
		return nil, fail(h.Code, HeaderSize+cryptFixed, ErrKey, "modulus")
	}
	if m.Exponent, ok = parseMPI(body[cryptFixed+modulusLen:]); !ok {
		return nil, fail(h.Code, HeaderSize+cryptFixed+int(modulusLen), ErrKey, "exponent")
	}
	return m, nil
}

// parseMPI takes a 4-byte count and that many bytes, at least one, or nothing at all.
func parseMPI(b []byte) ([]byte, bool) {
	if len(b) == 0 {
		return nil, true
	}
	if len(b) < 5 || int(int32At(b, 0)) != len(b)-4 {
		return nil, false
	}
	return bytes.Clone(b[4:]), true
}

func appendMPI(b, number []byte) []byte {
	if len(number) == 0 {
		return b
	}
	return append(append32(b, int32(len(number))), number...)
}

func mpiLen(number []byte) int {
	if len(number) == 0 {
		return 0
	}
	return 4 + len(number)
}

// Code returns MsgCrypt.
func (Crypt) Code() Code { return MsgCrypt }

// Append adds the encoded message to b.
func (m Crypt) Append(b []byte) []byte { return m.append(b, MsgCrypt) }

func (m Crypt) append(b []byte, c Code) []byte {
	modulusLen, exponentLen := mpiLen(m.Modulus), mpiLen(m.Exponent)
	b = appendHeader(b, c, cryptFixed+modulusLen+exponentLen)
	b = append32(b, int32(m.Type))
	b = append32(b, int32(modulusLen))
	b = append32(b, int32(exponentLen))
	return appendMPI(appendMPI(b, m.Modulus), m.Exponent)
}
