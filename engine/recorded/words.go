package recorded

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// Word is a word of a line, quoted there or not.
type Word struct {
	Text   string
	Quoted bool
}

// String returns the word as it stands in a line.
func (w Word) String() string {
	if w.Quoted {
		return strconv.Quote(w.Text)
	}
	return w.Text
}

// Quote writes a line of which Words returns these texts, with quotes where
// there must be some.
func Quote(texts []string) string {
	all := slices.Clone(texts)
	for i, text := range all {
		if text == "" || strings.ContainsAny(text, " \"\n;#") {
			all[i] = strconv.Quote(text)
		}
	}
	return strings.Join(all, " ")
}

// Words cuts a line at blanks, outside of quotes. A word that begins with a
// semicolon or # begins a remark.
func Words(line string) ([]Word, error) {
	var all []Word
	for {
		line = strings.TrimLeft(line, " ")
		switch {
		case line == "" || line[0] == ';' || line[0] == '#':
			return all, nil
		case line[0] == '"':
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, fmt.Errorf("text %s: %w", line, err)
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, fmt.Errorf("text %s: %w", quoted, err)
			}
			all, line = append(all, Word{text, true}), line[len(quoted):]
		default:
			text, rest, _ := strings.Cut(line, " ")
			all, line = append(all, Word{text, false}), rest
		}
	}
}

// ParseMode reads the permissions of a file, octal.
func ParseMode(octal string) (fs.FileMode, error) {
	mode, err := strconv.ParseUint(octal, 8, 9)
	if err != nil {
		return 0, fmt.Errorf("mode: %w", err)
	}
	return fs.FileMode(mode), nil
}
