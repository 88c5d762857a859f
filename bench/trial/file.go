package trial

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The types of lines.
const (
	TypeEnvironment = "environment"
	TypeTrial       = "trial"
)

// MaxLine bounds a line of a results file. The longest are trials with the
// series of many streams; the rest of it is room to grow.
const MaxLine = 64 << 20

// Writer appends lines to a results file. It is not for several goroutines.
type Writer struct{ w io.Writer }

// NewWriter returns a writer to w, which should be opened for appending.
func NewWriter(w io.Writer) *Writer { return &Writer{w} }

// Environment writes e.
func (w *Writer) Environment(e Environment) error {
	e.Type = TypeEnvironment
	return w.line(e)
}

// Trial writes r. Whatever makes it unreadable for [Read] is an error, and
// nothing is written.
func (w *Writer) Trial(r Record) error {
	r.Type = TypeTrial
	if err := r.Validate(); err != nil {
		return err
	}
	return w.line(r)
}

// line writes v in one piece: a kill leaves a whole line or none, or at worst a
// last one that Read takes for what it is.
func (w *Writer) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("trial: write a line: %w", err)
	}
	if len(text) >= MaxLine {
		return fmt.Errorf("trial: a line of %d bytes, at most %d", len(text), MaxLine)
	}
	_, err = w.w.Write(append(text, '\n'))
	return err
}

// File is what a results file holds.
type File struct {
	Environments map[string]Environment // by ID
	Records      []Record               // in the order of the file
	// Unknown counts lines of types this release does not know.
	Unknown int
	// Truncated tells that the last line was cut, by a kill or a full disk.
	Truncated bool
	// Whole is the length of the file in bytes without such a line: where to
	// go on writing.
	Whole int64
}

// Read reads a results file. Unknown fields and types of lines are passed over,
// so that older programs read what newer ones write; a last line without its
// end is left out and said so. Anything else it does not understand is an
// error.
func Read(r io.Reader) (*File, error) {
	f := &File{Environments: map[string]Environment{}}
	in := bufio.NewReaderSize(r, 1<<20)
	var line []byte
	for number := 1; ; number++ {
		var err error
		line, err = readLine(in, line[:0])
		if err == io.EOF {
			f.Truncated = len(line) > 0
			return f, nil
		}
		if err == nil {
			err = f.add(line)
		}
		if err != nil {
			return nil, fmt.Errorf("trial: line %d: %w", number, err)
		}
		f.Whole += int64(len(line))
	}
}

var errLong = fmt.Errorf("longer than %d bytes: this is not a results file", MaxLine)

// readLine appends the next line to line, with its end.
func readLine(in *bufio.Reader, line []byte) ([]byte, error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLine {
			return line, errLong
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

func (f *File) add(line []byte) error {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return nil
	}
	var kind struct{ Type string }
	if err := json.Unmarshal(line, &kind); err != nil {
		return err
	}
	switch kind.Type {
	case TypeEnvironment:
		var e Environment
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if e.ID == "" {
			return errors.New("an environment without id")
		}
		f.Environments[e.ID] = e
	case TypeTrial:
		var r Record
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		if err := r.Validate(); err != nil {
			return err
		}
		if _, known := f.Environments[r.Environment]; !known {
			return fmt.Errorf("environment %q is on no line before", r.Environment)
		}
		f.Records = append(f.Records, r)
	case "":
		return errors.New("no type: this is not a results file")
	default:
		f.Unknown++
	}
	return nil
}
