package wire_test

import (
	"bytes"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

func TestPathValidate(t *testing.T) {
	for _, c := range []struct {
		make   func(path string) interface{ Validate() error }
		limit  int
		long   error
		offset int
	}{
		{func(p string) interface{ Validate() error } { return wire.PathRequest{Kind: wire.MsgList, Path: p} }, 575, wire.ErrPathTooLong, 8},
		{func(p string) interface{ Validate() error } { return wire.Filename{Path: p} }, 65536, wire.ErrLength, 8},
		{func(p string) interface{ Validate() error } { return wire.PathCommand{Kind: wire.MsgRm, Path: p} }, 65536, wire.ErrLength, 12},
	} {
		for _, good := range []string{"a", "a b\xff\n", strings.Repeat("x", c.limit)} {
			if err := c.make(good).Validate(); err != nil {
				t.Errorf("%d bytes: %v", len(good), err)
			}
		}
		wantError(t, c.make("").Validate(), wire.ErrString, c.offset)
		wantError(t, c.make("ab\x00c").Validate(), wire.ErrString, c.offset+2)
		wantError(t, c.make(strings.Repeat("x", c.limit+1)).Validate(), c.long, c.offset)
	}
}

// TestListFaults: a listing that is not what its message says is refused, and read to its end.
func TestListFaults(t *testing.T) {
	for _, c := range []struct {
		code   wire.Code
		body   string
		cause  error
		offset int
	}{
		{wire.MsgListRepl, "a", wire.ErrString, 9},
		{wire.MsgListRepl, "a\x00b", wire.ErrString, 11},
		{wire.MsgListRepl, strings.Repeat("\x00", wire.MaxListEntries+1), wire.ErrCount, 8},
		{wire.MsgListReplV2, "a\x00 f", wire.ErrString, 12},
		{wire.MsgListReplV2, "a\x00", wire.ErrString, 10},
		{wire.MsgListReplV2, "a\x00 f\x00b\x00", wire.ErrString, 15},
		{wire.MsgListReplV2, "a\x00\x00", wire.ErrString, 10},
		{wire.MsgListReplV2, "a\x00f\x00", wire.ErrString, 10},
		{wire.MsgListReplV2, "ab\x00 f\x00abc\x00lff\x00", wire.ErrString, 18},
		{wire.MsgListRepl, "ab\x00" + strings.Repeat("x", wire.MaxString+1) + "\x00", wire.ErrLength, 11},
		{wire.MsgListReplV2, "ab\x00 f\x00" + strings.Repeat("x", wire.MaxString+1) + "\x00 f\x00", wire.ErrLength, 14},
		{wire.MsgListReplV2, strings.Repeat("\x00", 2*wire.MaxListEntries+2), wire.ErrCount, 8},
	} {
		h := wire.Header{Code: c.code, Len: int32(len(c.body))}
		_, _, err := wire.Parse(append(h.Append(nil), c.body...), wire.Server)
		wantError(t, err, c.cause, c.offset)
		r := strings.NewReader(c.body + "x")
		m, err := wire.ReadBody(r, h, wire.Server)
		wantError(t, err, c.cause, c.offset)
		if m != nil || r.Len() != 1 {
			t.Errorf("%v: message %v, %d bytes left", c.code, m, r.Len())
		}
	}
	b := append(wire.Header{Code: wire.MsgListRepl, Len: wire.MaxListEntries}.Append(nil), make([]byte, wire.MaxListEntries)...)
	if m, n, err := wire.Parse(b, wire.Server); err != nil || !bytes.Equal(m.Append(nil), b[:n]) {
		t.Errorf("%d names: %v", wire.MaxListEntries, err)
	}
}

func TestFileType(t *testing.T) {
	for kind, want := range map[string][3]bool{ // link, directory, dangling
		" f": {}, " d": {false, true}, "lf": {true}, "ld": {true, true}, "lu": {true, false, true},
	} {
		ft := wire.FileType([]byte(kind))
		if got := [3]bool{ft.Link(), ft.Dir(), ft.Dangling()}; got != want {
			t.Errorf("%q: %v", kind, got)
		}
	}
}
