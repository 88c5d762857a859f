package recorded

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxRepeated bounds how many bytes a word stands for that is no content.
const maxRepeated = 1 << 20

// Piece is a part of what was sent: bytes as they were, a part of a content, or
// Len bytes that nobody can foresee.
type Piece struct {
	Plain       []byte
	Of          string // the content's name
	Offset, Len int    // in bytes
	Unforeseen  bool
}

// AsBytes says whether the piece has its bytes with it.
func (p Piece) AsBytes() bool { return p.Of == "" && !p.Unforeseen }

// String returns the word for the piece, hexadecimal for bytes.
func (p Piece) String() string {
	switch {
	case p.Unforeseen:
		return fmt.Sprintf("?%d", p.Len)
	case p.Of != "":
		return fmt.Sprintf("@%s:%d:%d", p.Of, p.Offset, p.Len)
	}
	return hex.EncodeToString(p.Plain)
}

// AppendPieces makes one piece of bytes that follow each other.
func AppendPieces(to []Piece, more ...Piece) []Piece {
	for _, p := range more {
		if n := len(to); n > 0 && p.AsBytes() && to[n-1].AsBytes() {
			to[n-1].Plain = slices.Concat(to[n-1].Plain, p.Plain)
		} else {
			to = append(to, p)
		}
	}
	return to
}

// ParsePieces reads words that stand for bytes: hexadecimal (00ff), a byte
// repeated (00*128), text ("OK"), a part of a content (@NAME:OFFSET:LENGTH),
// LENGTH bytes that nobody can foresee (?LENGTH).
func ParsePieces(words []Word) ([]Piece, error) {
	var all []Piece
	for _, w := range words {
		p, err := parsePiece(w)
		if err != nil {
			return nil, fmt.Errorf("bytes %v: %w", w, err)
		}
		all = AppendPieces(all, p)
	}
	return all, nil
}

func parsePiece(w Word) (p Piece, err error) {
	if w.Quoted {
		return Piece{Plain: []byte(w.Text)}, nil
	}
	if part, ok := strings.CutPrefix(w.Text, "@"); ok {
		return parsePart(part)
	}
	if length, ok := strings.CutPrefix(w.Text, "?"); ok {
		p = Piece{Unforeseen: true}
		p.Len, err = parseLen(length, maxRepeated)
		return p, err
	}
	digits, count, repeated := strings.Cut(w.Text, "*")
	p.Plain, err = hex.DecodeString(digits)
	if !repeated || err != nil {
		return p, err
	}
	n, err := parseLen(count, maxRepeated)
	if err == nil && len(p.Plain) != 1 {
		err = fmt.Errorf("%d bytes repeated, want 1", len(p.Plain))
	}
	if err != nil {
		return p, err
	}
	return Piece{Plain: bytes.Repeat(p.Plain, n)}, nil
}

func parsePart(text string) (Piece, error) {
	part := strings.Split(text, ":")
	if len(part) != 3 || part[0] == "" {
		return Piece{}, fmt.Errorf("want @NAME:OFFSET:LENGTH")
	}
	offset, err := parseLen(part[1], maxSize)
	length, lengthErr := parseLen(part[2], maxSize)
	return Piece{Of: part[0], Offset: offset, Len: length}, cmp.Or(err, lengthErr)
}

func parseLen(text string, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err == nil && (n < 0 || n > most) {
		err = fmt.Errorf("%d bytes, want at most %d", n, most)
	}
	return n, err
}
