package wire_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"bbftp/engine/wire"
)

// TestExactBytes: the bytes stand for the value, and the value is sent as the bytes.
func TestExactBytes(t *testing.T) {
	for _, s := range samples {
		b := unhex(t, s.hex)
		if got := s.msg.Append([]byte("x")); !bytes.Equal(got[1:], b) || got[0] != 'x' {
			t.Errorf("%v from %v encodes to\n%x, want\n%x", s.msg.Code(), s.from, got[1:], b)
		}
		m, n, err := wire.Parse(append(slices.Clone(b), "rest"...), s.from)
		if err != nil || n != len(b) || !reflect.DeepEqual(m, s.msg) {
			t.Errorf("%v from %v parses to %+v, %d bytes, %v; want %+v, %d bytes", s.msg.Code(), s.from, m, n, err, s.msg, len(b))
		}
	}
}

// TestSamplesAreComplete: no message of the protocol is without sample, or every test over the samples would pass it by.
func TestSamplesAreComplete(t *testing.T) {
	have := make(map[[2]int32]bool)
	for _, s := range samples {
		have[[2]int32{int32(s.msg.Code()), int32(s.from)}] = true
	}
	for code := wire.Code(0); code <= wire.MsgTLS+1; code++ {
		for _, from := range []wire.Sender{wire.Client, wire.Server} {
			_, _, err := wire.Parse(wire.Header{Code: code}.Append(nil), from)
			if known := !errors.Is(err, wire.ErrUnknownCode); known != have[[2]int32{int32(code), int32(from)}] {
				t.Errorf("%v from %v: known %v, but sampled %v", code, from, known, !known)
			}
		}
	}
}

// TestEveryTruncation: a message cut anywhere is ErrTruncated at the cut, for the parser and for the reader.
func TestEveryTruncation(t *testing.T) {
	for _, s := range samples {
		b := unhex(t, s.hex)
		for cut := range len(b) {
			m, n, err := wire.Parse(b[:cut], s.from)
			if m != nil || n != 0 {
				t.Fatalf("%v cut to %d bytes parses to %+v, %d bytes", s.msg.Code(), cut, m, n)
			}
			wantError(t, err, wire.ErrTruncated, cut)

			m, err = wire.Read(bytes.NewReader(b[:cut]), s.from)
			switch {
			case m != nil:
				t.Fatalf("%v cut to %d bytes reads as %+v", s.msg.Code(), cut, m)
			case cut == 0 && err != io.EOF:
				t.Fatalf("nothing reads as %v, want io.EOF", err)
			case cut > 0 && cut < wire.HeaderSize && err != io.ErrUnexpectedEOF:
				t.Fatalf("%d bytes read as %v, want io.ErrUnexpectedEOF", cut, err)
			case cut >= wire.HeaderSize:
				wantError(t, err, wire.ErrTruncated, cut)
			}
		}
	}
}

// TestRead: the reader takes just the bytes of each message, in whatever pieces they come.
func TestRead(t *testing.T) {
	for _, s := range samples {
		stream := append(unhex(t, s.hex), unhex(t, s.hex)...)
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"one byte": iotest.OneByteReader, "data with EOF": iotest.DataErrReader, "half": iotest.HalfReader,
		} {
			r := wrap(bytes.NewReader(stream))
			for range 2 {
				if m, err := wire.Read(r, s.from); err != nil || !reflect.DeepEqual(m, s.msg) {
					t.Errorf("%s: %v reads as %+v, %v", name, s.msg.Code(), m, err)
				}
			}
			if _, err := wire.Read(r, s.from); err != io.EOF {
				t.Errorf("%s: after two of %v: %v, want io.EOF", name, s.msg.Code(), err)
			}
		}
	}
}

// TestReadKeepsCause: what the connection says, a deadline for instance, is still to be found in the error.
func TestReadKeepsCause(t *testing.T) {
	b := unhex(t, "0000002d 00000030"+example+"00009c40")
	for cut := range len(b) {
		r := io.MultiReader(bytes.NewReader(b[:cut]), iotest.ErrReader(os.ErrDeadlineExceeded))
		_, err := wire.Read(r, wire.Server)
		if !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, wire.ErrTruncated) {
			t.Errorf("deadline after %d bytes: %v", cut, err)
		}
		if cut >= wire.HeaderSize {
			wantError(t, err, os.ErrDeadlineExceeded, cut)
		}
	}
}

// TestAnnouncementCostsNothing: 16 MiB promised and not sent must not be allocated.
func TestAnnouncementCostsNothing(t *testing.T) {
	h := wire.Header{Code: wire.MsgListRepl, Len: wire.MaxList}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := wire.ReadBody(strings.NewReader("a\x00"), h, wire.Server)
	runtime.ReadMemStats(&after)
	wantError(t, err, wire.ErrTruncated, 10)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated for a message of 2 bytes", n)
	}
}

func TestDiscard(t *testing.T) {
	unknown := wire.Header{Code: 99, Len: 4}
	r := bytes.NewReader(append(unknown.Append(nil), "abcd\x00\x00\x00\x28\x00\x00\x00\x00"...))
	h, err := wire.ReadHeader(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wire.ReadBody(r, h, wire.Client); !errors.Is(err, wire.ErrUnknownCode) {
		t.Fatal(err)
	}
	if err := wire.Discard(r, h); err != nil {
		t.Fatal(err)
	}
	if m, err := wire.Read(r, wire.Client); err != nil || m.Code() != wire.MsgCloseConn {
		t.Errorf("after an unknown message: %v, %v", m, err)
	}

	for _, n := range []int32{-1, -1 << 31, wire.MaxList + 1, 1<<31 - 1} {
		r := strings.NewReader("abcd")
		wantError(t, wire.Discard(r, wire.Header{Code: 99, Len: n}), wire.ErrLength, 4)
		if r.Len() != 4 {
			t.Errorf("msglen %d: discarded bytes", n)
		}
	}
	wantError(t, wire.Discard(strings.NewReader("abc"), unknown), wire.ErrTruncated, 11)
	wantError(t, wire.Discard(iotest.ErrReader(os.ErrDeadlineExceeded), unknown), os.ErrDeadlineExceeded, 8)
}

func TestErrorText(t *testing.T) {
	for want, b := range map[string]string{
		"message header, byte 3: truncated message: unexpected EOF":            "000000",
		"MSG_STORE_V2, byte 10: truncated message: unexpected EOF":             "00000019 00000030 0000",
		"MSG_STORE_V2, byte 4: msglen 40: length out of range":                 "00000019 00000028",
		"MSG_LIST, byte 4: msglen 600: path too long":                          "00000011 00000258",
		"code 99, byte 0: sent by client: unknown message":                     "00000063 00000000",
		"MSG_TRANS_OK_V3, byte 0: sent by client: unknown message":             "0000002d 00000030",
		"code -1, byte 0: sent by client: unknown message":                     "ffffffff 00000030",
		"code -2147483648, byte 0: sent by client: unknown message":            "80000000 00000030",
		"MSG_SERVER_STATUS, byte 8: not this one":                              "",
		"MSG_LOGGED_STDIN, byte 0: sent by client: unknown message":            "00000014 00000000",
		"MSG_LIST_REPL_V2, byte 0: sent by client: unknown message":            "00000024 00000000",
		"code 50, byte 0: sent by client: unknown message":                     "00000032 00000000",
		"code 1195725856, byte 0: sent by client: unknown message":             ascii("GET / HTTP"),
		"MSG_TRANS_START_V2, byte 4: msglen -4: length out of range":           "0000001d fffffffc",
		"MSG_STAT, byte 4: msglen -1: length out of range":                     "0000002f ffffffff",
		"MSG_PROT_ANS, byte 4: msglen 8: length out of range":                  "00000018 00000008 00000003 00000003",
		"MSG_IPADDR, byte 4: msglen 3: length out of range":                    "00000015 00000003",
		"MSG_PRIV_LOG, byte 4: msglen 8: length out of range":                  "00000026 00000008",
		"MSG_PRIV_LOG, byte 12: numbers of 1 and 0 bytes in 12: malformed key": "00000026 0000000c 00000000 00000001 00000000",
	} {
		var err error = &wire.Error{Code: wire.MsgServerStatus, Offset: 8, Err: errors.New("not this one")}
		if b != "" {
			_, _, err = wire.Parse(unhex(t, b), wire.Client)
		}
		if err == nil || err.Error() != want {
			t.Errorf("%s: error %q, want %q", b, err, want)
		}
	}
}

func TestCodeString(t *testing.T) {
	for code, want := range map[wire.Code]string{
		0: "MSG_OK", 2: "MSG_STORE", 20: "MSG_LOGGED_STDIN", 49: "MSG_SERVER_STATUS", 50: "code 50", 99: "code 99", -1: "code -1",
	} {
		if code.String() != want {
			t.Errorf("%d is %q, want %q", int32(code), code, want)
		}
	}
	for code := wire.Code(0); code <= wire.MsgServerStatus; code++ {
		if !strings.HasPrefix(code.String(), "MSG_") {
			t.Errorf("%d is %q", int32(code), code)
		}
	}
	if wire.Client.String() != "client" || wire.Server.String() != "server" {
		t.Error(wire.Client, wire.Server)
	}
}

// wantError checks the cause and the place of an *Error.
func wantError(t *testing.T, err, cause error, offset int) {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || !errors.Is(err, cause) || e.Offset != offset {
		t.Errorf("error %v, want %v at byte %d", err, cause, offset)
	}
	if cause == wire.ErrTruncated && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v is no io.ErrUnexpectedEOF", err)
	}
}
