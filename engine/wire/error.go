package wire

import (
	"errors"
	"fmt"
	"io"
)

// Causes of an [Error], for errors.Is. Those of the header come before anything behind it is read.
var (
	// ErrTruncated: the bytes end inside a message. It is an io.ErrUnexpectedEOF as well.
	ErrTruncated = fmt.Errorf("truncated message: %w", io.ErrUnexpectedEOF)
	// ErrUnknownCode: this side never sends such a message (header).
	ErrUnknownCode = errors.New("unknown message")
	// ErrLength: no such message has this length (header), or a length inside it is out of range.
	ErrLength = errors.New("length out of range")
	// ErrPathTooLong: a version 1 path beyond MaxPathV1 (header). Legacy answers "Directory too long" or "String too long".
	ErrPathTooLong = errors.New("path too long")
	// ErrCount: a number of streams or entries out of range.
	ErrCount = errors.New("count out of range")
	// ErrString: text that is empty, lacks its NUL or has one inside.
	ErrString = errors.New("malformed string")
	// ErrKey: lengths inside a public key that contradict each other.
	ErrKey = errors.New("malformed key")
	// ErrSize: a negative file size.
	ErrSize = errors.New("file size out of range")
	// ErrPort: a port that is not 1..65535.
	ErrPort = errors.New("port out of range")
	// ErrBufferSize: a buffer size that is not 1..MaxBufferSize.
	ErrBufferSize = errors.New("buffer size out of range")
	// ErrTime: a timestamp that is not 8 hexadecimal digits.
	ErrTime = errors.New("malformed timestamp")
	// ErrBlockCode: a block on a data stream that is neither stored nor zlib data.
	ErrBlockCode = errors.New("unknown block code")
	// ErrNotAck: something else where a data stream's ACK was due.
	ErrNotAck = errors.New("not an ACK")
)

// Error is a message that cannot be read or must not be obeyed.
type Error struct {
	Code   Code  // the message; -1 if the bytes end inside its header
	Offset int   // bytes from the start of the message, header included, to the field at fault or to where the bytes end
	Err    error // one of the causes above, or what the reader returned, wrapped
}

// Error says which message is wrong, where and why.
func (e *Error) Error() string {
	if e.Offset < HeaderSize && errors.Is(e.Err, ErrTruncated) {
		return fmt.Sprintf("message header, byte %d: %v", e.Offset, e.Err)
	}
	return fmt.Sprintf("%v, byte %d: %v", e.Code, e.Offset, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// fail builds an Error whose cause says more: "msglen 40: length out of range".
func fail(c Code, offset int, cause error, format string, args ...any) error {
	return &Error{Code: c, Offset: offset, Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), cause)}
}
