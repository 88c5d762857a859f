package recorded

import (
	"bytes"
	"compress/zlib"
	"slices"
	"testing"

	"bbftp/engine/wire"
)

const limit = 1000 // of a block, in bytes

func block(code wire.BlockCode, data []byte) []byte {
	return append(wire.BlockHeader{Code: code, Len: int32(len(data))}.Append(nil), data...)
}

func packed(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadBlocks(t *testing.T) {
	text, more := bytes.Repeat([]byte("a"), limit), bytes.Repeat([]byte("a"), limit+1)
	stored, small := block(wire.BlockStored, text), packed(t, text)
	broken := slices.Clone(small)
	broken[len(broken)-1] ^= 1
	for _, tt := range []struct {
		name   string
		blocks []byte
		length int
		good   bool
	}{
		{"nothing", nil, 0, true},
		{"two kinds", append(slices.Clone(stored), block(wire.BlockZlib, small)...), 2 * limit, true},
		{"too short", stored, limit + 1, false},
		{"too long", stored, limit - 1, false},
		{"end in a header", stored[:4], limit, false},
		{"end in a block", stored[:100], limit, false},
		{"block over the limit", block(wire.BlockStored, more), len(more), false},
		{"block inflates over the limit", block(wire.BlockZlib, packed(t, more)), len(more), false},
		{"bytes behind zlib", block(wire.BlockZlib, append(slices.Clone(small), 0)), limit, false},
		{"no zlib", block(wire.BlockZlib, text), limit, false},
		{"checksum", block(wire.BlockZlib, broken), limit, false},
		{"unknown code", block(9, text), limit, false},
	} {
		got, err := ReadBlocks(bytes.NewReader(tt.blocks), tt.length, limit)
		if (err == nil) != tt.good || tt.good && len(got) != tt.length {
			t.Errorf("%s: %d bytes, %v", tt.name, len(got), err)
		}
	}
}

func FuzzReadBlocks(f *testing.F) {
	f.Add(block(wire.BlockStored, []byte("abc")), 3)
	f.Add(block(wire.BlockZlib, packed(f, make([]byte, limit+1))), limit)
	f.Fuzz(func(t *testing.T, b []byte, length int) {
		got, err := ReadBlocks(bytes.NewReader(b), length, limit)
		if len(got) > max(length, 0) || err == nil && len(got) < length {
			t.Errorf("%d bytes of %d, %v", len(got), length, err)
		}
	})
}
