package recorded

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Contents are the contents of a session, by name.
type Contents map[string]Content

// String returns a line for each, in the order of their names: content NAME
// FORMULA.
func (c Contents) String() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&b, "content %s %v\n", name, c[name])
	}
	return b.String()
}

// ParseLine adds the content of a line that String wrote.
func (c Contents) ParseLine(line []Word) error {
	if len(line) < 2 {
		return fmt.Errorf("content without a name")
	}
	content, err := ParseContent(line[2:])
	if err == nil {
		c[line[1].Text] = content
	}
	return err
}

// Join returns the bytes that pieces stand for, zeros for those that nobody can
// foresee. It fails if a piece is of no content here.
func (c Contents) Join(pieces []Piece) ([]byte, error) {
	var all []byte
	for _, p := range pieces {
		switch {
		case p.Unforeseen:
			all = append(all, make([]byte, p.Len)...)
		case p.Of == "":
			all = append(all, p.Plain...)
		default:
			of, known := c[p.Of]
			if !known || p.Offset < 0 || p.Len < 0 || p.Len > of.Size-p.Offset {
				return nil, fmt.Errorf("%v: no such part of a content", p)
			}
			all = append(all, of.Bytes()[p.Offset:p.Offset+p.Len]...)
		}
	}
	return all, nil
}
