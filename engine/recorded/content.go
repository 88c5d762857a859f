package recorded

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
)

// maxSize bounds a content, in bytes. The largest recorded has 8 MB.
const maxSize = 64 << 20

// Content is a file made of a formula (the transcripts' README, "File
// content"). The zero value is an empty one.
type Content struct {
	Seed  uint32 // of a linear congruential generator, unless there is a text
	Text  string // repeated, shifted by one byte every 1000
	Size  int    // in bytes
	bytes func() []byte
}

// Random returns a content that does not deflate.
func Random(seed uint32, size int) Content {
	return Content{Seed: seed, Size: size, bytes: sync.OnceValue(func() []byte {
		b := make([]byte, size)
		x := seed
		for i := range b {
			x = (1103515245*x + 12345) & (1<<31 - 1)
			b[i] = byte(x >> 16)
		}
		return b
	})}
}

// Repeated returns a content that deflates well. The text must not be empty.
func Repeated(text string, size int) Content {
	return Content{Text: text, Size: size, bytes: sync.OnceValue(func() []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = text[(i+i/1000)%len(text)]
		}
		return b
	})}
}

// Bytes returns the whole content, for reading only.
func (c Content) Bytes() []byte {
	if c.bytes == nil {
		return nil
	}
	return c.bytes()
}

// String returns the formula: lcg SEED SIZE or text SIZE "TEXT".
func (c Content) String() string {
	if c.Text != "" {
		return fmt.Sprintf("text %d %q", c.Size, c.Text)
	}
	return fmt.Sprintf("lcg %d %d", c.Seed, c.Size)
}

// ParseContent reads the words of a formula, as String writes it.
func ParseContent(formula []Word) (Content, error) {
	if len(formula) != 3 {
		return Content{}, fmt.Errorf("content %v: want lcg SEED SIZE or text SIZE TEXT", formula)
	}
	first, second := formula[1].Text, formula[2].Text
	var c Content
	var err error
	switch kind := formula[0].Text; kind {
	case "lcg":
		seed, seedErr := strconv.ParseUint(first, 10, 32)
		size, sizeErr := strconv.Atoi(second)
		c, err = Random(uint32(seed), size), cmp.Or(seedErr, sizeErr)
	case "text":
		var size int
		size, err = strconv.Atoi(first)
		c = Repeated(second, size)
		if second == "" {
			err = cmp.Or(err, fmt.Errorf("no text"))
		}
	default:
		err = fmt.Errorf("unknown formula %q", kind)
	}
	if err != nil {
		return Content{}, fmt.Errorf("content %v: %w", formula, err)
	}
	return c, c.check()
}

// UnmarshalJSON reads a file of a transcript.
func (c *Content) UnmarshalJSON(data []byte) error {
	var file struct {
		Size    int
		Formula struct {
			Kind, Text string
			Seed       uint32
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return fmt.Errorf("content: %w", err)
	}
	switch f := file.Formula; {
	case f.Kind == "lcg":
		*c = Random(f.Seed, file.Size)
	case f.Kind == "text" && f.Text != "":
		*c = Repeated(f.Text, file.Size)
	default:
		return fmt.Errorf("content: unknown formula %q, text %q", f.Kind, f.Text)
	}
	return c.check()
}

func (c Content) check() error {
	if c.Size < 0 || c.Size > maxSize {
		return fmt.Errorf("content of %d bytes, want at most %d", c.Size, maxSize)
	}
	return nil
}
