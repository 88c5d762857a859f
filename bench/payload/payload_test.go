package payload

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func payload(t *testing.T, size int64, seed uint64) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "payload")
	if err := Write(path, Mixed, size, seed); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWriteSizes(t *testing.T) {
	whole := payload(t, 3*stretch, 1)
	for _, size := range []int64{0, 1, 3, 100003, stretch - 1, stretch, stretch + 1, 2 * stretch, 2*stretch + 1, 3 * stretch} {
		got := payload(t, size, 1)
		if int64(len(got)) != size {
			t.Errorf("payload of %d bytes has %d", size, len(got))
		}
		if !bytes.Equal(got, whole[:len(got)]) {
			t.Errorf("payload of %d bytes is not the beginning of a longer one", size)
		}
	}
}

// TestWriteIsFixed holds the payload still: results of different days
// compare only if they moved the same bytes.
func TestWriteIsFixed(t *testing.T) {
	for _, tt := range []struct {
		seed uint64
		want string
	}{
		{1, "202403cd9d57b7e67391d3b5e191a7f36d7d74130eb8050d5059c441100eefeb"},
		{2, "8adcaf23cfd6e31c11c1638f58e10dfb8c4bb810bff00138336c9fd03ee96d59"},
	} {
		if got := fmt.Sprintf("%x", sha256.Sum256(payload(t, 2*stretch+4096, tt.seed))); got != tt.want {
			t.Errorf("seed %d: SHA-256 is %s, want %s", tt.seed, got, tt.want)
		}
	}
}

// TestWriteKinds proves that the stretches are what they are for: one
// that nothing compresses, one that compresses well, and none like another.
func TestWriteKinds(t *testing.T) {
	data := payload(t, 4*stretch, 1)
	random, text := data[:stretch], data[stretch:2*stretch]
	if n := deflated(t, random); n < stretch {
		t.Errorf("%d random bytes deflate to %d", stretch, n)
	}
	if n := deflated(t, text); n > stretch/3 {
		t.Errorf("%d bytes of text deflate to %d", stretch, n)
	}
	if bytes.Equal(random, data[2*stretch:3*stretch]) || bytes.Equal(text, data[3*stretch:]) {
		t.Error("stretches repeat: a swapped segment would go unnoticed")
	}
}

func deflated(t *testing.T, data []byte) int {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func TestWriteFails(t *testing.T) {
	err := Write(filepath.Join(t.TempDir(), "missing", "payload"), Mixed, 1, 1)
	if !os.IsNotExist(err) {
		t.Errorf("error is %v", err)
	}
}

func TestSame(t *testing.T) {
	const size = 2<<20 + 3 // two whole chunks and a bit
	base := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
	flipped := func(at int) []byte {
		data := bytes.Clone(base)
		data[at] ^= 1
		return data
	}
	for _, tt := range []struct {
		name string
		a, b []byte
		want string // in the error, "" for none
	}{
		{"equal", base, base, ""},
		{"both empty", nil, nil, ""},
		{"whole chunks", base[:2<<20], base[:2<<20], ""},
		{"first byte", base, flipped(0), "differ in the MiB at 0"},
		{"last byte of a chunk", base, flipped(1<<20 - 1), "differ in the MiB at 0"},
		{"first byte of a chunk", base, flipped(1 << 20), "differ in the MiB at 1048576"},
		{"last byte", base, flipped(size - 1), "differ in the MiB at 2097152"},
		{"one byte shorter", base, base[:size-1], "differ"},
		{"shorter by the rest", base, base[:2<<20], "differ"},
		{"shorter by a chunk", base[:2<<20], base[:1<<20], "differ"},
		{"empty", base[:1], nil, "differ"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
			for path, data := range map[string][]byte{a: tt.a, b: tt.b} {
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, pair := range [][2]string{{a, b}, {b, a}} {
				err := Same(pair[0], pair[1])
				if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
					t.Errorf("error is %v, want %q", err, tt.want)
				}
			}
		})
	}
}

func TestSameMissing(t *testing.T) {
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{there, there + "-not"}, {there + "-not", there}} {
		if err := Same(pair[0], pair[1]); !os.IsNotExist(err) {
			t.Errorf("error is %v", err)
		}
	}
}

// TestKinds holds each kind to the room deflate finds in it.
func TestKinds(t *testing.T) {
	within := map[Kind][2]float64{Random: {0.99, 1.01}, Float: {0.3, 0.9}, Text: {0.05, 0.35}, JSON: {0.1, 0.3}, Mixed: {0.5, 0.7}}
	for _, kind := range Kinds() {
		path := filepath.Join(t.TempDir(), "payload")
		if err := Write(path, kind, 2*stretch, 1); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var packed bytes.Buffer
		w, _ := flate.NewWriter(&packed, 6)
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		ratio, bounds := float64(packed.Len())/float64(len(data)), within[kind]
		if ratio < bounds[0] || ratio > bounds[1] {
			t.Errorf("%s deflates to %.2f of its size, want within %v", kind, ratio, bounds)
		}
	}
	if err := Write(filepath.Join(t.TempDir(), "payload"), "noise", 1, 1); err == nil || !strings.Contains(err.Error(), "noise") {
		t.Errorf("a kind that is none: error is %v", err)
	}
}
