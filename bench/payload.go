package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
)

// stretch is how long the payload stays of one kind.
const stretch = 4 << 20

// WritePayload makes a file of size bytes at path, the same for the same seed:
// stretches of random bytes, which nothing compresses, in turn with stretches
// of a detector's log, which compresses well.
func WritePayload(path string, size int64, seed uint64) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	source := rand.NewChaCha8(key)
	random := make([]byte, stretch)
	var text bytes.Buffer
	for event := 0; size > 0; {
		_, _ = source.Read(random)
		text.Reset()
		for text.Len() < stretch {
			event++
			fmt.Fprintf(&text, `{"event":%d,"run":1701,"detector":"barrel","hits":%d,"energy_gev":%.3f,"trigger":"L1_EM"}`+"\n",
				event, source.Uint64()%4096, float64(source.Uint64()%100000)/1000)
		}
		for _, part := range [][]byte{random, text.Bytes()[:stretch]} {
			n, err := f.Write(part[:min(size, stretch)])
			if err != nil {
				return err
			}
			size -= int64(n)
		}
	}
	return nil
}

// SameContent compares two files byte by byte.
func SameContent(a, b string) error {
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
