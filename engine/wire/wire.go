package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// HeaderSize is the length of every message header in bytes.
const HeaderSize = 8

// Header precedes every control message, and is all there is of the ACK on a data stream (wire.md 1).
type Header struct {
	Code Code
	Len  int32 // msglen: the body's bytes, if it is true (wire.md 1.2)
}

// Append adds the header's 8 bytes to b.
func (h Header) Append(b []byte) []byte {
	return append32(append32(b, int32(h.Code)), h.Len)
}

func parseHeader(b []byte) Header {
	return Header{Code: Code(int32At(b, 0)), Len: int32At(b, 4)}
}

// Message is one control message. The dynamic types are the structs of this package, never pointers to them.
type Message interface {
	// Code returns the message's number.
	Code() Code
	// Append adds the whole message, header included, to b.
	Append(b []byte) []byte
}

// Parse decodes the message at the start of b, written by the given side, and returns how many bytes it takes, 0 after an error.
// The message keeps nothing of b. Errors are of type *[Error]; ErrTruncated means that b ends inside the message.
func Parse(b []byte, from Sender) (m Message, n int, err error) {
	if len(b) < HeaderSize {
		return nil, 0, &Error{Code: -1, Offset: len(b), Err: ErrTruncated}
	}
	h := parseHeader(b)
	f, err := formOf(h, from)
	if err != nil {
		return nil, 0, err
	}
	end := HeaderSize + int(f.follows)
	if len(b) < end {
		return nil, 0, &Error{Code: h.Code, Offset: len(b), Err: ErrTruncated}
	}
	more, err := uncounted(h, b[HeaderSize:end])
	if err != nil {
		return nil, 0, err
	}
	end += more
	if len(b) < end {
		return nil, 0, &Error{Code: h.Code, Offset: len(b), Err: ErrTruncated}
	}
	if m, err = f.decode(h, b[HeaderSize:end]); err != nil {
		return nil, 0, err
	}
	return m, end, nil
}

// ReadHeader reads 8 bytes. It returns io.EOF if the stream ends before the first of them, io.ErrUnexpectedEOF if it ends inside.
func ReadHeader(r io.Reader) (Header, error) {
	var b [HeaderSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return Header{}, err
	}
	return parseHeader(b[:]), nil
}

// ReadBody reads the bytes that really follow h, which need not be h.Len, and decodes them. Errors are of type *[Error].
//
// After ErrUnknownCode, ErrLength and ErrPathTooLong nothing has been read: a server that wants to refuse and go on calls [Discard]. After
// ErrKey, ErrString and the ErrCount of a listing the message has been read to its end. After all others the stream is out of step.
//
// A version 1 file request is always 576 bytes: a session that does not speak version 1 should look at h.Code first and not wait for them.
func ReadBody(r io.Reader, h Header, from Sender) (Message, error) {
	f, err := formOf(h, from)
	if err != nil {
		return nil, err
	}
	body, err := readN(r, nil, int(f.follows))
	if err != nil {
		return nil, readError(h, body, err)
	}
	more, err := uncounted(h, body)
	if err != nil {
		return nil, err
	}
	if body, err = readN(r, body, more); err != nil {
		return nil, readError(h, body, err)
	}
	return f.decode(h, body)
}

// Read reads one message: [ReadHeader], then [ReadBody].
func Read(r io.Reader, from Sender) (Message, error) {
	h, err := ReadHeader(r)
	if err != nil {
		return nil, err
	}
	return ReadBody(r, h, from)
}

// Discard reads and drops the h.Len bytes behind a header that [ReadBody] refused, so that a later message can be read.
// It fails with ErrLength, reading nothing, if h.Len is negative or larger than any message, [MaxList].
func Discard(r io.Reader, h Header) error {
	if h.Len < 0 || h.Len > MaxList {
		return fail(h.Code, 4, ErrLength, "msglen %d", h.Len)
	}
	n, err := io.CopyN(io.Discard, r, int64(h.Len))
	if err != nil {
		return &Error{Code: h.Code, Offset: HeaderSize + int(n), Err: midMessage(err)}
	}
	return nil
}

// readN appends n bytes of r to b, also those before an error. Memory grows with what arrives, so that an announcement alone costs nothing.
func readN(r io.Reader, b []byte, n int) ([]byte, error) {
	if n == 0 {
		return b, nil
	}
	buf := bytes.NewBuffer(b)
	_, err := io.CopyN(buf, r, int64(n))
	return buf.Bytes(), err
}

func readError(h Header, body []byte, err error) error {
	return &Error{Code: h.Code, Offset: HeaderSize + len(body), Err: midMessage(err)}
}

// midMessage names the end of a stream inside a message.
func midMessage(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return err
}

func int32At(b []byte, off int) int32 { return int32(binary.BigEndian.Uint32(b[off:])) }
func int64At(b []byte, off int) int64 { return int64(binary.BigEndian.Uint64(b[off:])) }

func append32(b []byte, v int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }
func append64(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }

func appendHeader(b []byte, c Code, n int) []byte {
	return Header{Code: c, Len: int32(n)}.Append(b)
}
