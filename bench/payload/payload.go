// Package payload makes the files the bench moves, and compares copies of them.
package payload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
)

// Kind is what a payload is made of.
type Kind string

// The kinds, by how well they compress.
const (
	Random Kind = "random" // nothing compresses it
	Float  Kind = "float"  // a slowly varying measurement in 32-bit floats
	Text   Kind = "text"   // a detector's log in JSON lines
	JSON   Kind = "json"   // records of a transfer service in JSON lines, of many fields
	Mixed  Kind = "mixed"  // stretches of Random in turn with stretches of Text
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Random, Float, Text, JSON, Mixed} }

// stretch is how long the payload stays of one kind.
const stretch = 4 << 20

// Write makes a file of size bytes at path, the same for the same kind and
// seed. A shorter one is the beginning of a longer one.
func Write(path string, kind Kind, size int64, seed uint64) (err error) {
	parts, err := source(kind, seed)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for i := 0; size > 0; i++ {
		n, err := f.Write(parts[i%len(parts)]()[:min(size, stretch)])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}

// source returns what makes the stretches of a payload, to be called in turn.
func source(kind Kind, seed uint64) ([]func() []byte, error) {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	noise := rand.NewChaCha8(key)
	switch kind {
	case Random:
		return []func() []byte{randomBytes(noise)}, nil
	case Float:
		return []func() []byte{measurement(noise)}, nil
	case Text:
		return []func() []byte{eventLog(noise)}, nil
	case JSON:
		return []func() []byte{transferRecords(noise)}, nil
	case Mixed:
		return []func() []byte{randomBytes(noise), eventLog(noise)}, nil
	}
	return nil, fmt.Errorf("payload of kind %q: want one of %v", kind, Kinds())
}

func randomBytes(noise *rand.ChaCha8) func() []byte {
	block := make([]byte, stretch)
	return func() []byte {
		_, _ = noise.Read(block)
		return block
	}
}

func eventLog(noise *rand.ChaCha8) func() []byte {
	var text bytes.Buffer
	event := 0
	return func() []byte {
		text.Reset()
		for text.Len() < stretch {
			event++
			fmt.Fprintf(&text, `{"event":%d,"run":1701,"detector":"barrel","hits":%d,"energy_gev":%.3f,"trigger":"L1_EM"}`+"\n",
				event, noise.Uint64()%4096, float64(noise.Uint64()%100000)/1000)
		}
		return text.Bytes()
	}
}

// measurement is a random walk rounded as an instrument of 16 bits would.
func measurement(noise *rand.ChaCha8) func() []byte {
	block := make([]byte, 0, stretch)
	level := 0.0
	return func() []byte {
		block = block[:0]
		for len(block) < stretch {
			level += float64(int64(noise.Uint64()%2001)-1000) / 1e5
			reading := float32(math.Round(level*65536) / 65536)
			block = binary.LittleEndian.AppendUint32(block, math.Float32bits(reading))
		}
		return block
	}
}

// Same compares two files byte by byte.
func Same(a, b string) error {
	fa, err := os.Open(a)
	if err != nil {
		return err
	}
	defer func() { _ = fa.Close() }()
	fb, err := os.Open(b)
	if err != nil {
		return err
	}
	defer func() { _ = fb.Close() }()
	const chunk = 1 << 20
	ca, cb := make([]byte, chunk), make([]byte, chunk)
	for offset := int64(0); ; offset += chunk {
		na, erra := io.ReadFull(fa, ca)
		nb, errb := io.ReadFull(fb, cb)
		if !bytes.Equal(ca[:na], cb[:nb]) {
			return fmt.Errorf("%s and %s differ in the MiB at %d", a, b, offset)
		}
		for _, err := range []error{erra, errb} {
			switch err {
			case nil:
			case io.EOF, io.ErrUnexpectedEOF: // both: they had the same bytes up to here
				return nil
			default:
				return err
			}
		}
	}
}
