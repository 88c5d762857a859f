package wire

import (
	"bytes"
	"strings"
)

// Listings (wire.md 7.1, 8.5).
const (
	MsgListRepl   Code = 18
	MsgListReplV2 Code = 36
)

// ListReply is MSG_LIST_REPL of version 1: the names that match a pattern, spelled like the pattern, none if nothing matches.
// Parsing accepts [MaxList] bytes, [MaxListEntries] names and [MaxString] bytes of each, and fails with ErrString if the last one lacks its NUL.
type ListReply struct {
	Names []string // without NUL
}

func decodeListReply(h Header, body []byte) (Message, error) {
	n, err := countStrings(h, body, MaxListEntries)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return ListReply{}, nil
	}
	names := make([]string, n)
	offset, rest := HeaderSize, string(body)
	for i := range names {
		if names[i], rest, err = cutString(h, offset, rest); err != nil {
			return nil, err
		}
		offset += len(names[i]) + 1
	}
	return ListReply{Names: names}, nil
}

// Code returns MsgListRepl.
func (ListReply) Code() Code { return MsgListRepl }

// Append adds the encoded message to b.
func (m ListReply) Append(b []byte) []byte {
	n := 0
	for _, name := range m.Names {
		n += len(name) + 1
	}
	b = appendHeader(b, MsgListRepl, n)
	for _, name := range m.Names {
		b = append(append(b, name...), 0)
	}
	return b
}

// ListEntry is one match: its path, spelled like the pattern but at least with "./", and what it is.
type ListEntry struct {
	Path string // without NUL
	Type FileType
}

// FileType is two characters: 'l' for a symbolic link or a blank, then, the link followed, 'd' for a directory, 'u' for a link that leads
// nowhere, 'f' for the rest.
type FileType [2]byte

// Link says whether the name itself is a symbolic link.
func (t FileType) Link() bool { return t[0] == 'l' }

// Dir says whether the name leads to a directory.
func (t FileType) Dir() bool { return t[1] == 'd' }

// Dangling says whether the name leads nowhere.
func (t FileType) Dangling() bool { return t[1] == 'u' }

// ListReplyV2 is MSG_LIST_REPL_V2 of versions 2 and 3, unsorted, empty if nothing matches. The limits are those of [ListReply];
// a path without type, or a type that is not two characters, fails with ErrString.
type ListReplyV2 struct {
	Entries []ListEntry
}

func decodeListReplyV2(h Header, body []byte) (Message, error) {
	n, err := countStrings(h, body, 2*MaxListEntries)
	if err != nil {
		return nil, err
	}
	if n%2 != 0 {
		return nil, fail(h.Code, HeaderSize+len(body), ErrString, "last path without type")
	}
	var m ListReplyV2
	if n > 0 {
		m.Entries = make([]ListEntry, n/2)
	}
	offset, rest := HeaderSize, string(body)
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Path, rest, err = cutString(h, offset, rest); err != nil {
			return nil, err
		}
		offset += len(e.Path) + 1
		kind, after, _ := strings.Cut(rest, "\x00")
		if len(kind) != len(e.Type) {
			return nil, fail(h.Code, offset, ErrString, "type of %d bytes", len(kind))
		}
		rest = after
		offset += copy(e.Type[:], kind) + 1
	}
	return m, nil
}

// Code returns MsgListReplV2.
func (ListReplyV2) Code() Code { return MsgListReplV2 }

// Append adds the encoded message to b.
func (m ListReplyV2) Append(b []byte) []byte {
	n := 0
	for _, e := range m.Entries {
		n += len(e.Path) + 1 + len(e.Type) + 1
	}
	b = appendHeader(b, MsgListReplV2, n)
	for _, e := range m.Entries {
		b = append(append(b, e.Path...), 0)
		b = append(append(b, e.Type[:]...), 0)
	}
	return b
}

// countStrings tells how many strings, each with a NUL, body is a sequence of: at most limit, or it fails before memory is taken for them.
func countStrings(h Header, body []byte, limit int) (int, error) {
	if len(body) == 0 {
		return 0, nil
	}
	if body[len(body)-1] != 0 {
		return 0, fail(h.Code, HeaderSize+len(body), ErrString, "last string without NUL")
	}
	n := bytes.Count(body, []byte{0})
	if n > limit {
		return 0, fail(h.Code, HeaderSize, ErrCount, "%d strings", n)
	}
	return n, nil
}

// cutString takes the path at the start of text, offset bytes into the message. One that no request could carry fails with ErrLength.
func cutString(h Header, offset int, text string) (path, rest string, err error) {
	path, rest, _ = strings.Cut(text, "\x00")
	if len(path) > MaxString {
		return "", "", fail(h.Code, offset, ErrLength, "path of %d bytes", len(path))
	}
	return path, rest, nil
}
