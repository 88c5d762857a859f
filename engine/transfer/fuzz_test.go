package transfer

import (
	"bytes"
	"compress/zlib"
	"io"
	"net"
	"testing"
	"time"
)

// FuzzReceiveBlocks puts arbitrary bytes on a stream. Receiving ends, touches
// nothing but its segment, and where it succeeds agrees with a receiver that
// shares no code with ours.
func FuzzReceiveBlocks(f *testing.F) {
	const limit = 256000
	for _, seed := range []struct {
		length uint16
		stream []byte
	}{
		{0, nil},
		{0, []byte("x")},
		{150, storedBlock(noise(150))},
		{150, zlibBlock(text(150))},
		{150, manyBlocks(noise(150))},
		{150, storedBlock(noise(151))},
		{150, zlibBlock(noise(151))},
		{150, zlibBlock(nil)},
		{150, block(1, 4, []byte{0x78, 0x9c, 0, 0})},
		{150, block(0, -1, noise(150))},
		{150, block(2, 150, noise(150))},
		{60000, append(zlibBlock(text(30000)), storedBlock(noise(30000))...)},
		{60000, zlibBlock(make([]byte, limit))},
	} {
		f.Add(seed.length, seed.stream)
	}
	ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { ln.Close() })
	const offset = 1000
	margin := bytes.Repeat([]byte{0xee}, offset)
	var engine Engine

	f.Fuzz(func(t *testing.T, length uint16, stream []byte) {
		from, err := net.DialTCP("tcp", nil, ln.Addr().(*net.TCPAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		to := acceptFrom(t, ln, from.LocalAddr())
		defer to.Close()
		go func() {
			_, _ = from.Write(stream) // cut short where the receiver gives up
			_ = from.CloseWrite()
		}()

		s := Segment{Offset: offset, Length: int64(length)}
		dst := newFile(t, append(append(bytes.Clone(margin), make([]byte, length)...), margin...))
		o := Options{Blocks: true, BlockSize: limit, Idle: time.Minute, holding: new(holding)}.withDefaults()
		err = engine.receiveBlocks(t.Context(), to, dst, s, o, new(Counters))

		got := fileBytes(t, dst)
		if len(got) != offset+int(length)+offset || !bytes.HasPrefix(got, margin) || !bytes.HasSuffix(got, margin) {
			t.Fatalf("bytes outside the segment were written (%v)", err)
		}
		if err != nil {
			return
		}
		blocks, err := readBlocks(bytes.NewReader(stream), int(length))
		if err != nil {
			t.Fatalf("taken for good, but %v", err)
		}
		if !bytes.Equal(bytes.Join(blocks, nil), got[offset:][:length]) {
			t.Fatal("other bytes than the blocks hold")
		}
	})
}

// FuzzUnpack inflates arbitrary bytes, and good ones with an inflater that has
// just seen them.
func FuzzUnpack(f *testing.F) {
	const limit = 4096
	for _, seed := range [][]byte{
		nil,
		deflated(nil),
		deflated(text(100)),
		deflated(noise(100)),
		deflated(make([]byte, limit)),
		deflated(make([]byte, limit+1)),
		append(deflated(text(100)), 0),
		deflated(text(100))[:20],
		{0x78, 0xbb, 0, 0, 0, 1},
		{0x78, 0x9c},
	} {
		f.Add(seed)
	}
	known := text(limit)
	f.Fuzz(func(t *testing.T, packed []byte) {
		var e codec
		plain, err := e.unpack(packed, limit, limit)
		if err == nil {
			in := bytes.NewReader(packed)
			zr, err := zlib.NewReader(in)
			if err != nil {
				t.Fatalf("taken for good, but %v", err)
			}
			want, err := io.ReadAll(zr)
			if err != nil || in.Len() != 0 {
				t.Fatalf("taken for good, but %v with %d bytes left", err, in.Len())
			}
			if !bytes.Equal(plain.b, want) || len(plain.b) > limit {
				t.Fatalf("%d bytes, want %d", len(plain.b), len(want))
			}
		}
		if plain, err = e.unpack(deflated(known), limit, limit); err != nil || !bytes.Equal(plain.b, known) {
			t.Fatalf("a good block after this one: %v", err)
		}
	})
}

// FuzzPack has every content come back as it was, in a block shorter than it.
func FuzzPack(f *testing.F) {
	f.Add([]byte("x"))
	f.Add(text(5000))
	f.Add(noise(5000))
	f.Add(make([]byte, 5000))
	var e codec
	f.Fuzz(func(t *testing.T, plain []byte) {
		if len(plain) == 0 || len(plain) > 256000 {
			return // never packed
		}
		for _, g := range []gear{fast, thorough} {
			packed, err := e.pack(g, plain)
			if err != nil {
				t.Fatal(err)
			}
			if packed == nil {
				continue // longer
			}
			if len(packed.b) >= len(plain) {
				t.Fatalf("%d bytes packed into %d", len(plain), len(packed.b))
			}
			blocks, err := readBlocks(bytes.NewReader(block(1, int32(len(packed.b)), packed.b)), len(plain))
			if err != nil || !bytes.Equal(blocks[0], plain) {
				t.Fatalf("came back otherwise: %v", err)
			}
			e.put(packed)
		}
	})
}
