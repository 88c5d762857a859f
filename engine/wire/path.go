package wire

import "strings"

// Paths in version 1 (wire.md 7.1).
const (
	MsgMkdir Code = 15
	MsgChdir Code = 16
	MsgList  Code = 17 // a glob pattern
)

// PathRequest is MSG_MKDIR, MSG_CHDIR or MSG_LIST.
type PathRequest struct {
	Kind Code
	Path string
}

// Validate fails with ErrPathTooLong beyond [MaxPathV1] bytes and with ErrString if the path is empty or has a NUL, where legacy would cut it.
func (m PathRequest) Validate() error {
	return checkPath(m.Kind, HeaderSize, m.Path, MaxPathV1, ErrPathTooLong)
}

func decodePathRequest(h Header, body []byte) (Message, error) {
	return PathRequest{Kind: h.Code, Path: string(body)}, nil
}

// Code returns m.Kind.
func (m PathRequest) Code() Code { return m.Kind }

// Append adds the encoded message to b.
func (m PathRequest) Append(b []byte) []byte {
	return append(appendHeader(b, m.Kind, len(m.Path)), m.Path...)
}

// MsgFilename follows MSG_STORE_V2 and MSG_RETR_V2 at once (wire.md 8.2).
const MsgFilename Code = 31

// Filename is MSG_FILENAME: the file of the transfer just announced.
type Filename struct {
	Path string
}

// Validate fails with ErrLength beyond [MaxString] bytes and with ErrString if the path is empty or has a NUL.
func (m Filename) Validate() error {
	return checkPath(MsgFilename, HeaderSize, m.Path, MaxString, ErrLength)
}

func decodeFilename(_ Header, body []byte) (Message, error) { return Filename{Path: string(body)}, nil }

// Code returns MsgFilename.
func (Filename) Code() Code { return MsgFilename }

// Append adds the encoded message to b.
func (m Filename) Append(b []byte) []byte {
	return append(appendHeader(b, MsgFilename, len(m.Path)), m.Path...)
}

// Paths in versions 2 and 3 (wire.md 8.5).
const (
	MsgMkdirV2 Code = 33
	MsgChdirV2 Code = 34
	MsgListV2  Code = 35 // a pattern in the last component
	MsgRm      Code = 46
	MsgStat    Code = 47
	MsgDf      Code = 48
)

// PathCommand is one of the commands above. Of the options [OptDir] counts for a MSG_MKDIR_V2 and [OptRFIO] for all.
type PathCommand struct {
	Kind    Code
	Options Options
	Path    string
}

// Validate fails with ErrLength beyond [MaxString] bytes and with ErrString if the path is empty or has a NUL.
func (m PathCommand) Validate() error {
	return checkPath(m.Kind, HeaderSize+4, m.Path, MaxString, ErrLength)
}

func decodePathCommand(h Header, body []byte) (Message, error) {
	return PathCommand{Kind: h.Code, Options: Options(int32At(body, 0)), Path: string(body[4:])}, nil
}

// Code returns m.Kind.
func (m PathCommand) Code() Code { return m.Kind }

// Append adds the encoded message to b.
func (m PathCommand) Append(b []byte) []byte {
	b = appendHeader(b, m.Kind, 4+len(m.Path))
	return append(append32(b, int32(m.Options)), m.Path...)
}

func checkPath(c Code, offset int, path string, limit int, tooLong error) error {
	switch {
	case len(path) > limit:
		return fail(c, offset, tooLong, "path of %d bytes", len(path))
	case path == "":
		return fail(c, offset, ErrString, "empty path")
	case strings.IndexByte(path, 0) >= 0:
		return fail(c, offset+strings.IndexByte(path, 0), ErrString, "NUL in a path")
	}
	return nil
}

// Commands with a number (wire.md 8.6).
const (
	MsgChumask Code = 32 // file mode creation mask
	MsgChcos   Code = 37 // class of service of mass storage
)

// IntCommand is MSG_CHUMASK or MSG_CHCOS.
type IntCommand struct {
	Kind  Code
	Value int32
}

func decodeIntCommand(h Header, body []byte) (Message, error) {
	return IntCommand{Kind: h.Code, Value: int32At(body, 0)}, nil
}

// Code returns m.Kind.
func (m IntCommand) Code() Code { return m.Kind }

// Append adds the encoded message to b.
func (m IntCommand) Append(b []byte) []byte { return append32(appendHeader(b, m.Kind, 4), m.Value) }
