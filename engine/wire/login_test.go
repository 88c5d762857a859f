package wire_test

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

func TestClearLog(t *testing.T) {
	long := strings.Repeat("x", 127)
	for _, c := range []struct{ user, pass string }{{"bbuser", "secret"}, {"", ""}, {long, long}} {
		m, err := wire.NewClearLog(c.user, c.pass)
		if err != nil {
			t.Fatal(err)
		}
		user, pass, err := m.Clear()
		if err != nil || user != c.user || pass != c.pass || m.UserLen != int32(len(user)) || m.PassLen != int32(len(pass)) || m.Type != wire.CryptNone {
			t.Errorf("%q, %q come back as %q, %q, %v", c.user, c.pass, user, pass, err)
		}
	}
	for _, bad := range []string{long + "x", "a\x00b"} {
		_, err := wire.NewClearLog(bad, "")
		wantError(t, err, wire.ErrString, 20)
		_, err = wire.NewClearLog("", bad)
		wantError(t, err, wire.ErrString, 148)
	}

	m := clearLog()
	copy(m.User[7:], "garbage of the stack")
	m.UserLen, m.PassLen = -1, 1000
	if user, pass, err := m.Clear(); user != "bbuser" || pass != "secret" || err != nil {
		t.Errorf("with garbage: %q, %q, %v", user, pass, err)
	}
	full := [128]byte(bytes.Repeat([]byte("x"), 128))
	_, _, err := wire.Log{User: full}.Clear()
	wantError(t, err, wire.ErrString, 20)
	_, _, err = wire.Log{Pass: full}.Clear()
	wantError(t, err, wire.ErrString, 148)
}

func TestRSALog(t *testing.T) {
	u, p := bytes.Repeat([]byte{1}, 128), bytes.Repeat([]byte{2}, 128)
	m, err := wire.NewRSALog(u, p)
	if err != nil {
		t.Fatal(err)
	}
	if user, pass, err := m.Ciphertexts(); err != nil || !bytes.Equal(user, u) || !bytes.Equal(pass, p) || m.Type != wire.CryptRSA {
		t.Errorf("%x, %x, %v", user, pass, err)
	}
	for _, n := range []int{0, 127, 129, 256} {
		_, err := wire.NewRSALog(make([]byte, n), p)
		wantError(t, err, wire.ErrLength, 276)
		_, err = wire.NewRSALog(u, make([]byte, n))
		wantError(t, err, wire.ErrLength, 276)
	}
	for _, n := range []int32{-1 << 31, -1, 0, 129, 1<<31 - 1} {
		_, _, err := wire.Log{UserLen: n, PassLen: 128}.Ciphertexts()
		wantError(t, err, wire.ErrLength, 276)
		_, _, err = wire.Log{UserLen: 128, PassLen: n}.Ciphertexts()
		wantError(t, err, wire.ErrLength, 280)
	}
}

func TestNewCrypt(t *testing.T) {
	for _, c := range []struct {
		modulus  string
		exponent int
		want     string
	}{
		{"c8" + strings.Repeat("a5", 127), 65537, "00000006 00000098 00000002 00000085 00000007 00000081" + modulus + "00000003 010001"},
		{"7f", 3, "00000006 00000016 00000002 00000005 00000005 00000001 7f 00000001 03"},
	} {
		n := new(big.Int).SetBytes(unhex(t, c.modulus))
		if got := wire.NewCrypt(n, c.exponent).Append(nil); !bytes.Equal(got, unhex(t, c.want)) {
			t.Errorf("%s, %d: %x", c.modulus, c.exponent, got)
		}
	}
}

// TestCryptLengths: the lengths inside a key that do not fit the message or each other.
func TestCryptLengths(t *testing.T) {
	for _, c := range []struct {
		body   string
		offset int
	}{
		{"00000002 00000000 00000001", 12},
		{"00000002 00000001 00000000", 12},
		{"00000002 ffffffff 00000001", 12},
		{"00000002 00000001 ffffffff", 12},
		{"00000002 7fffffff 7fffffff", 12},
		{"00000002 80000000 80000000", 12},
		{"00000002 00000000 00000000 00", 12},
		{"00000002 00000001 00000000 00", 20},
		{"00000002 00000004 00000000 00000000", 20},
		{"00000002 00000005 00000000 00000000 11", 20},
		{"00000002 00000005 00000000 00000002 11", 20},
		{"00000002 00000005 00000000 ffffffff 11", 20},
		{"00000002 00000005 00000005 00000001 11 00000000 03", 25},
		{"00000002 00000005 00000004 00000001 11 00000000", 25},
	} {
		body := unhex(t, c.body)
		for code, from := range map[wire.Code]wire.Sender{wire.MsgCrypt: wire.Server, wire.MsgPrivLog: wire.Client} {
			h := wire.Header{Code: code, Len: int32(len(body))}
			_, _, err := wire.Parse(append(h.Append(nil), body...), from)
			wantError(t, err, wire.ErrKey, c.offset)
			r := bytes.NewReader(append(body, 0xff))
			_, err = wire.ReadBody(r, h, from)
			wantError(t, err, wire.ErrKey, c.offset)
			if r.Len() != 1 {
				t.Errorf("%v: %d bytes left, the message has not been read to its end", code, r.Len())
			}
		}
	}
}

func TestCode20(t *testing.T) {
	m, _, err := wire.Parse(unhex(t, "00000014 00000004"+ascii("warn")), wire.Server)
	if err != nil {
		t.Fatal(err)
	}
	if w := m.(wire.LoggedStdin).Warning(); w != (wire.Reply{Kind: wire.MsgWarn, Text: "warn"}) {
		t.Errorf("%+v", w)
	}
	for _, text := range []string{"", "abc", "abcde"} {
		b := wire.Reply{Kind: wire.MsgWarn, Text: text}.Append(nil)
		if m, _, err := wire.Parse(b, wire.Server); err != nil || m != (wire.Reply{Kind: wire.MsgWarn, Text: text}) {
			t.Errorf("%q: %+v, %v", text, m, err)
		}
	}
}

func TestTokens(t *testing.T) {
	b := wire.AppendToken(wire.AppendToken(wire.AppendToken(nil, []byte("token")), nil), make([]byte, wire.MaxString))
	if !bytes.HasPrefix(b, unhex(t, "00000005"+ascii("token")+"00000000 00010000")) {
		t.Fatalf("%x", b[:17])
	}
	r := bytes.NewReader(b)
	for _, want := range []int{5, 0, wire.MaxString} {
		if token, err := wire.ReadToken(r); err != nil || len(token) != want {
			t.Errorf("%d bytes, %v; want %d", len(token), err, want)
		}
	}
	if _, err := wire.ReadToken(r); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for cut := 1; cut < 9; cut++ {
		if _, err := wire.ReadToken(bytes.NewReader(b[:cut])); !errors.Is(err, wire.ErrTruncated) {
			t.Errorf("cut to %d bytes: %v", cut, err)
		}
	}
	for _, length := range []string{"00010001", "7fffffff", "80000000", "ffffffff"} {
		if _, err := wire.ReadToken(bytes.NewReader(unhex(t, length))); !errors.Is(err, wire.ErrLength) {
			t.Errorf("length %s: %v", length, err)
		}
	}
}
