package journal

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"plain/name.dat", "plain/name.dat"},
		{"größe 試験", "größe 試験"},
		{`a\nb`, `a\nb`},
		{"a\nb\tc\r", `a\nb\tc\r`},
		{"\x1b[2J", `\x1b[2J`},
		{"\u009b", `\u009b`},
		{"\u202e", `\u202e`},
		{"\U000e0041", `\U000e0041`},
		{"\xff", `\xff`},
		{"�", "�"},
		{"0123456789abcdefghij", "0123456789abcdefghij"},
		{"0123456789abcdefghijk", "0123456789abcdefghij…(1 bytes more)"},
		{"0123456789abcdefghi€", "0123456789abcdefghi…(3 bytes more)"},
		{"0123456789abcdefghi\x1b\n", `0123456789abcdefghi\x1b…(1 bytes more)`},
	} {
		if got := printable(tt.in, 20); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.text, 100)
	}
	f.Fuzz(func(t *testing.T, s string, most int) {
		if most < utf8.UTFMax || most > 1<<20 {
			return
		}
		got := printable(s, most)
		if strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) || !utf8.ValidString(got) {
			t.Errorf("%q has become %q", s, got)
		}
		if len(got) > 10*most+32 {
			t.Errorf("%d bytes have become %d", len(s), len(got))
		}
		if again := printable(got, len(got)); again != got {
			t.Errorf("%q has become %q the second time", got, again)
		}
	})
}
