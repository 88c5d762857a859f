package wire

import (
	"errors"
	"fmt"
	"io"
)

// Logins of servers built for one site's own authentication or for GSI; a normal server refuses them (wire.md 3.6).
const (
	MsgPrivLog  Code = 38
	MsgPrivData Code = 39
	MsgCertLog  Code = 41 // a Signal: legacy announces 12 bytes, but GSS tokens follow
)

// PrivLog is MSG_PRIV_LOG, a key like the server's, but from the client.
type PrivLog Crypt

func decodePrivLog(h Header, body []byte) (Message, error) {
	m, err := decodeCrypt(h, body)
	if err != nil {
		return nil, err
	}
	return PrivLog(m.(Crypt)), nil
}

// Code returns MsgPrivLog.
func (PrivLog) Code() Code { return MsgPrivLog }

// Append adds the encoded message to b.
func (m PrivLog) Append(b []byte) []byte { return Crypt(m).append(b, MsgPrivLog) }

const privRecordSize = logFieldSize + 4

// PrivRecord is an RSA ciphertext of up to 86 plain bytes.
type PrivRecord struct {
	Ciphertext [logFieldSize]byte
	Len        int32 // the ciphertext's bytes, 128
}

// PrivData is MSG_PRIV_DATA from either side. What the records mean is the site's business. One record at least, [MaxString] bytes at most.
type PrivData struct {
	Records []PrivRecord
}

func decodePrivData(_ Header, body []byte) (Message, error) {
	m := PrivData{Records: make([]PrivRecord, len(body)/privRecordSize)}
	for i := range m.Records {
		b := body[i*privRecordSize:]
		copy(m.Records[i].Ciphertext[:], b)
		m.Records[i].Len = int32At(b, logFieldSize)
	}
	return m, nil
}

// Code returns MsgPrivData.
func (PrivData) Code() Code { return MsgPrivData }

// Append adds the encoded message to b.
func (m PrivData) Append(b []byte) []byte {
	b = appendHeader(b, MsgPrivData, len(m.Records)*privRecordSize)
	for _, r := range m.Records {
		b = append32(append(b, r.Ciphertext[:]...), r.Len)
	}
	return b
}

// AppendToken adds a GSS token in its frame: 4 bytes of length, then the token.
func AppendToken(b, token []byte) []byte {
	return append(append32(b, int32(len(token))), token...)
}

// ReadToken reads one framed GSS token of at most [MaxString] bytes; a larger one fails with ErrLength.
// It returns io.EOF if the stream ends before the frame and ErrTruncated if it ends inside.
func ReadToken(r io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); errors.Is(err, io.EOF) {
		return nil, err
	} else if err != nil {
		return nil, fmt.Errorf("GSS token: %w", midMessage(err))
	}
	n := int32At(length[:], 0)
	if n < 0 || n > MaxString {
		return nil, fmt.Errorf("GSS token of %d bytes: %w", n, ErrLength)
	}
	token, err := readN(r, nil, int(n))
	if err != nil {
		return nil, fmt.Errorf("GSS token: %w", midMessage(err))
	}
	return token, nil
}
