package recorded

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestContents: the formulas are those of the transcripts' README.
func TestContents(t *testing.T) {
	if got := fmt.Sprintf("%x", Random(11, 5).Bytes()); got != "85d86bac98" {
		t.Errorf("lcg 11: %s", got)
	}
	text := Repeated("abc", 2003).Bytes()
	if len(text) != 2003 || string(text[:4]) != "abca" || string(text[997:1003]) != "bcacab" {
		t.Errorf("text: %d bytes, %q at 997", len(text), text[997:1003])
	}
	if b := (Content{}).Bytes(); len(b) != 0 {
		t.Errorf("the zero content has %d bytes", len(b))
	}
}

func TestJoin(t *testing.T) {
	c := Contents{"a": Repeated("abcdef", 6), "empty": Random(1, 0)}
	for _, tt := range []struct {
		pieces []Piece
		want   string // "": an error
	}{
		{[]Piece{{Plain: []byte("x")}, {Of: "a", Offset: 2, Len: 3}, {Unforeseen: true, Len: 2}}, "xcde\x00\x00"},
		{[]Piece{{Of: "a", Len: 6}, {Of: "a", Offset: 6}, {Of: "empty"}}, "abcdef"},
		{[]Piece{{Of: "b"}}, ""},
		{[]Piece{{Of: "a", Offset: 6, Len: 1}}, ""},
		{[]Piece{{Of: "a", Offset: math.MaxInt, Len: math.MaxInt}}, ""},
		{[]Piece{{Of: "a", Offset: -1, Len: 1}}, ""},
		{[]Piece{{Of: "a", Offset: 1, Len: -1}}, ""},
	} {
		got, err := c.Join(tt.pieces)
		if string(got) != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%v: %q, %v", tt.pieces, got, err)
		}
	}
}

func FuzzContent(f *testing.F) {
	for _, line := range []string{
		"content a lcg 11 1000", `content a text 5 "b\n"`, "content a text 5", `content a text 5 ""`,
		"content a lcg 1 -1", "content a lcg 1 67108865", "content a lcg 4294967296 1", "content a zip 1 1", "content",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Words(line)
		if err != nil {
			return
		}
		c := make(Contents)
		if c.ParseLine(words) != nil {
			if len(c) > 0 {
				t.Errorf("an error and %v", c)
			}
			return
		}
		again, err := Words(strings.TrimSuffix(c.String(), "\n"))
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range c {
			if got, err := ParseContent(again[2:]); err != nil || got.String() != of.String() {
				t.Errorf("%v, then %v, %v", of, got, err)
			}
			if n := of.Size; n < 0 || n > maxSize || n < 1<<16 && len(of.Bytes()) != n {
				t.Errorf("%v has %d bytes", of, len(of.Bytes()))
			}
		}
	})
}

func FuzzContentJSON(f *testing.F) {
	for _, text := range []string{
		`{"size": 3, "formula": {"kind": "lcg", "seed": 11}}`, `{"size": 3, "formula": {"kind": "text", "text": "a"}}`,
		`{"size": 3, "formula": {"kind": "text"}}`, `{"size": -1, "formula": {"kind": "lcg"}}`, `{"size": 3}`, `3`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c Content
		if err := json.Unmarshal([]byte(text), &c); err == nil && c.Size < 1<<16 && len(c.Bytes()) != c.Size {
			t.Errorf("%s: %v has %d bytes", text, c, len(c.Bytes()))
		}
	})
}
