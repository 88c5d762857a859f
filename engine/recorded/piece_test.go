package recorded

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePieces(t *testing.T) {
	for _, tt := range []struct {
		line string
		want []Piece
	}{
		{"", nil},
		{`00ff "OK" 61*3`, []Piece{{Plain: []byte("\x00\xffOKaaa")}}},
		{`00 @m1.dat:10:20 "@a:1:2" ?8 ff`, []Piece{
			{Plain: []byte{0}}, {Of: "m1.dat", Offset: 10, Len: 20}, {Plain: []byte("@a:1:2")}, {Unforeseen: true, Len: 8}, {Plain: []byte{0xff}},
		}},
		{"@a:0:0 00", []Piece{{Of: "a"}, {Plain: []byte{0}}}},
	} {
		words, err := Words(tt.line)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParsePieces(words)
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v, - want, + got:\n%s", tt.line, err, diff)
		}
	}
	for _, word := range []string{"0", "xx", "00*", "00*-1", "00*1048577", "0000*2", "*3", "@a", "@a:1", "@:0:1", "@a:-1:1", "@a:1:x", "@a:0:67108865", "?", "?-1", "?1048577"} {
		if got, err := ParsePieces([]Word{{Text: word}}); err == nil {
			t.Errorf("%s: %v, want an error", word, got)
		}
	}
}

// TestAppendPieces: the pieces that were there stay as they are.
func TestAppendPieces(t *testing.T) {
	whole := []byte("abcdef")
	all := AppendPieces([]Piece{{Plain: whole[:2]}}, Piece{Plain: []byte("x")})
	if len(all) != 1 || string(all[0].Plain) != "abx" || string(whole) != "abcdef" {
		t.Errorf("%q made of %q", all, whole)
	}
}

// FuzzParsePieces: what was read is written and read again as the same pieces.
func FuzzParsePieces(f *testing.F) {
	f.Add(`00000003 00000021 "text" 00*128 @m1.dat:0:1000 ?8`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Words(line)
		if err != nil || len(line) > 1<<10 {
			return
		}
		pieces, err := ParsePieces(words)
		if err != nil {
			return
		}
		for _, p := range pieces {
			again, err := ParsePieces([]Word{{Text: p.String()}})
			if p.AsBytes() && len(p.Plain) == 0 {
				continue // which takes no word
			}
			if err != nil || len(again) != 1 || !bytes.Equal(again[0].Plain, p.Plain) || again[0].String() != p.String() {
				t.Errorf("%.100v, then %.100v, %v", p, again, err)
			}
		}
	})
}
