package transfer

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"bbftp/engine/wire"
)

// block is a block as the wire has it, whatever its fields say.
func block(code, length int32, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(code))
	b = binary.BigEndian.AppendUint32(b, uint32(length))
	return append(b, data...)
}

func storedBlock(plain []byte) []byte { return block(0, int32(len(plain)), plain) }

// zlibBlock is a block made by another deflater at the legacy peers' level.
func zlibBlock(plain []byte) []byte {
	data := deflated(plain)
	return block(1, int32(len(data)), data)
}

func deflated(plain []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := w.Write(plain)
	if err := errors.Join(err, w.Close()); err != nil {
		panic(err) // a bytes.Buffer does not fail
	}
	return b.Bytes()
}

// readBlocks is a receiver of blocks that shares no code with ours. It takes
// n bytes of payload, checking each block against wire.md 6.4.
func readBlocks(r io.Reader, n int) (blocks [][]byte, err error) {
	for got := 0; got < n; {
		var h [8]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return nil, err
		}
		code, length := binary.BigEndian.Uint32(h[:]), binary.BigEndian.Uint32(h[4:])
		if length < 1 || length > 256000 {
			return nil, fmt.Errorf("block of %d bytes", length)
		}
		data := make([]byte, length)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, err
		}
		switch code {
		case 0:
		case 1:
			in := bytes.NewReader(data)
			zr, err := zlib.NewReader(in)
			if err != nil {
				return nil, err
			}
			if data, err = io.ReadAll(zr); err != nil {
				return nil, err
			}
			if in.Len() != 0 {
				return nil, fmt.Errorf("%d bytes behind the zlib stream", in.Len())
			}
		default:
			return nil, fmt.Errorf("block code %d", code)
		}
		if len(data) < 1 || len(data) > 256000 {
			return nil, fmt.Errorf("block holds %d bytes", len(data))
		}
		blocks, got = append(blocks, data), got+len(data)
		if got > n {
			return nil, fmt.Errorf("%d bytes of %d", got, n)
		}
	}
	return blocks, nil
}

// TestBlocksAsLegacyReadsThem checks what we send with the strict receiver
// above: independent zlib streams of at most 256000 bytes on both sides.
func TestBlocksAsLegacyReadsThem(t *testing.T) {
	noLeaks(t)
	for _, f := range framings[1:] {
		for _, size := range []int{1, 3, 255999, 256000, 256001, 800000} {
			t.Run(fmt.Sprintf("%s/%d", f.name, size), func(t *testing.T) {
				content := f.content(size)
				near, far := connect(t, 1)
				sent := make(chan error, 1)
				go func() {
					sent <- new(Engine).Send(t.Context(), near, newFile(t, content), int64(size), Options{Blocks: true}, new(Counters))
				}()
				blocks, err := readBlocks(far[0], size)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(bytes.Join(blocks, nil), content) {
					t.Error("other bytes arrived than were sent")
				}
				if want := (size + 255999) / 256000; len(blocks) != want {
					t.Errorf("%d blocks, want %d", len(blocks), want)
				}
				if _, err := far[0].Write(wire.AppendAck(nil)); err != nil {
					t.Error(err)
				}
				if err := <-sent; err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// receive feeds raw bytes to one stream and returns what Receive says, what
// the file holds, and how many bytes came back on the stream.
func receive(t *testing.T, size int64, o Options, stream []byte, dst *os.File) (answer []byte, err error) {
	t.Helper()
	near, far := connect(t, 1)
	fed := make(chan []byte, 1)
	go func() {
		_, _ = near[0].Write(stream) // a receiver that gives up resets
		_ = near[0].CloseWrite()
		b, _ := io.ReadAll(near[0])
		fed <- b
	}()
	err = new(Engine).Receive(t.Context(), far, dst, size, o, new(Counters))
	return <-fed, err
}

// TestBlocksOfOthers takes blocks in every shape a legal sender may choose.
func TestBlocksOfOthers(t *testing.T) {
	noLeaks(t)
	var (
		small = noise(150)
		full  = noise(256000)
		words = text(256000)
	)
	for _, tt := range []struct {
		name   string
		stream []byte
		want   []byte
	}{
		{"stored", storedBlock(small), small},
		{"zlib", zlibBlock(words[:150]), words[:150]},
		{"zlib longer than its content", zlibBlock(small), small},
		{"zlib full", zlibBlock(words), words},
		{"stored full", storedBlock(full), full},
		{"zlib of one byte", zlibBlock(small[:1]), small[:1]},
		{"three kinds", bytes.Join([][]byte{zlibBlock(words), storedBlock(full), zlibBlock(small)}, nil), bytes.Join([][]byte{words, full, small}, nil)},
		{"many small", manyBlocks(small), small},
		{"wire.md 12", append([]byte{0, 0, 0, 1, 0, 0, 0, 0x0c}, 0x78, 0x9c, 0x73, 0x74, 0x1c, 0x8c, 0, 0, 0x3c, 0xb8, 0x26, 0x17), bytes.Repeat([]byte("A"), 150)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dst := newFile(t, nil)
			answer, err := receive(t, int64(len(tt.want)), Options{Blocks: true}, tt.stream, dst)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(fileBytes(t, dst), tt.want) {
				t.Error("other bytes arrived than were sent")
			}
			if !bytes.Equal(answer, wire.AppendAck(nil)) {
				t.Errorf("answered % x, want an ACK", answer)
			}
		})
	}
}

// manyBlocks holds each byte in a block of its own.
func manyBlocks(plain []byte) []byte {
	var b []byte
	for i := range plain {
		if i%2 == 0 {
			b = append(b, storedBlock(plain[i:i+1])...)
		} else {
			b = append(b, zlibBlock(plain[i:i+1])...)
		}
	}
	return b
}

// TestBadBlocks has every way a block can lie. The receiver must say so, send
// no ACK and leave the file around the segment alone.
func TestBadBlocks(t *testing.T) {
	noLeaks(t)
	const size = 1000
	var (
		good    = deflated(text(size))
		damaged = bytes.Clone(good)
	)
	damaged[len(damaged)/2] ^= 0x10
	checksum := bytes.Clone(good)
	checksum[len(checksum)-1] ^= 1
	bomb := deflated(make([]byte, 256001))
	for _, tt := range []struct {
		name   string
		stream []byte
		want   error
	}{
		{"nothing", nil, io.ErrUnexpectedEOF},
		{"half a header", []byte{0, 0, 0, 1}, io.ErrUnexpectedEOF},
		{"no data", block(0, size, nil), io.ErrUnexpectedEOF},
		{"half the data", block(0, size, make([]byte, size/2)), io.ErrUnexpectedEOF},
		{"half the segment", storedBlock(make([]byte, size/2)), io.ErrUnexpectedEOF},
		{"code 2", block(2, size, make([]byte, size)), ErrBlock},
		{"code -1", block(-1, size, make([]byte, size)), ErrBlock},
		{"length 0", block(0, 0, nil), ErrBlock},
		{"length -1", block(0, -1, make([]byte, size)), ErrBlock},
		{"length 256001", block(1, 256001, make([]byte, 256001)), ErrBlock},
		{"length 2^31-1", block(0, 1<<31-1, make([]byte, size)), ErrBlock},
		{"no zlib header", block(1, size, make([]byte, size)), ErrBlock},
		{"damaged", block(1, int32(len(damaged)), damaged), ErrBlock},
		{"wrong checksum", block(1, int32(len(checksum)), checksum), ErrBlock},
		{"cut zlib stream", block(1, int32(len(good)-5), good[:len(good)-5]), ErrBlock},
		{"no checksum", block(1, int32(len(good)-4), good[:len(good)-4]), ErrBlock},
		{"bytes after the zlib stream", block(1, int32(len(good)+1), append(bytes.Clone(good), 0)), ErrBlock},
		{"two zlib streams", block(1, int32(2*len(good)), append(bytes.Clone(good), good...)), ErrBlock},
		{"preset dictionary", block(1, 6, []byte{0x78, 0xbb, 0, 0, 0, 1}), ErrBlock},
		{"nothing in zlib", zlibBlock(nil), ErrBlock},
		{"expands to 256001", block(1, int32(len(bomb)), bomb), ErrBlock},
		{"stored overshoot", storedBlock(make([]byte, size+1)), ErrBlock},
		{"zlib overshoot", zlibBlock(make([]byte, size+1)), ErrBlock},
		{"second block overshoots", append(storedBlock(make([]byte, size-1)), storedBlock(make([]byte, 2))...), ErrBlock},
		{"a byte more", append(storedBlock(make([]byte, size)), 0), ErrExcess},
		{"a block more", append(storedBlock(make([]byte, size)), storedBlock(make([]byte, size))...), ErrExcess},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dst := newFile(t, bytes.Repeat([]byte{0xee}, 3*size))
			answer, err := receive(t, size, Options{Blocks: true}, tt.stream, dst)
			checkStreamError(t, err, 1, tt.want)
			if len(answer) != 0 {
				t.Errorf("answered % x", answer)
			}
			if got := fileBytes(t, dst); !bytes.Equal(got[size:], bytes.Repeat([]byte{0xee}, 2*size)) {
				t.Error("bytes outside the segment were written")
			}
		})
	}
}

// TestInflaterAfterFailure has the pooled inflater work after a bad block.
func TestInflaterAfterFailure(t *testing.T) {
	noLeaks(t)
	var engine Engine
	content := text(1000)
	for _, bad := range [][]byte{
		block(1, 4, []byte{0, 0, 0, 0}),
		block(1, 40, deflated(content)[:40]),
		zlibBlock(make([]byte, 256000)),
	} {
		near, far := connect(t, 1)
		if _, err := near[0].Write(bad); err != nil {
			t.Fatal(err)
		}
		if err := engine.Receive(t.Context(), far, newFile(t, nil), 1000, Options{Blocks: true}, new(Counters)); !errors.Is(err, ErrBlock) {
			t.Errorf("got %v, want ErrBlock", err)
		}
		dst := newFile(t, nil)
		move(t, new(Engine), &engine, 1, newFile(t, content), dst, 1000, Options{Blocks: true})
		if !bytes.Equal(fileBytes(t, dst), content) {
			t.Error("other bytes arrived than were sent")
		}
	}
}

// TestBlockSize uses another limit than version 1's.
func TestBlockSize(t *testing.T) {
	noLeaks(t)
	var engine Engine
	for _, size := range []int{1, 100, 70000} { // one engine: its pools must not mix them up
		content := text(10001)
		dst := newFile(t, nil)
		if _, in := move(t, &engine, &engine, 2, newFile(t, content), dst, 10001, Options{Blocks: true, BlockSize: size}); in.BlockBytes == 0 {
			t.Error("no blocks")
		}
		if !bytes.Equal(fileBytes(t, dst), content) {
			t.Error("other bytes arrived than were sent")
		}
	}
	for name, stream := range map[string][]byte{
		"stored": storedBlock(make([]byte, 101)),
		"zlib":   zlibBlock(make([]byte, 101)),
	} {
		dst := newFile(t, nil)
		if _, err := receive(t, 1000, Options{Blocks: true, BlockSize: 100}, stream, dst); !errors.Is(err, ErrBlock) {
			t.Errorf("%s block over the limit, in a segment with room for it: %v", name, err)
		}
		if len(fileBytes(t, dst)) != 0 {
			t.Errorf("%s block over the limit: written", name)
		}
	}
}

// TestRawFaults has raw segments end early or late.
func TestRawFaults(t *testing.T) {
	noLeaks(t)
	const size = 1000
	for _, tt := range []struct {
		name   string
		stream []byte
		want   error
	}{
		{"nothing", nil, io.ErrUnexpectedEOF},
		{"half", make([]byte, size/2), io.ErrUnexpectedEOF},
		{"a byte short", make([]byte, size-1), io.ErrUnexpectedEOF},
		{"a byte more", make([]byte, size+1), ErrExcess},
		{"twice", make([]byte, 2*size), ErrExcess},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dst := newFile(t, bytes.Repeat([]byte{0xee}, 3*size))
			answer, err := receive(t, size, Options{}, tt.stream, dst)
			checkStreamError(t, err, 1, tt.want)
			if len(answer) != 0 {
				t.Errorf("answered % x", answer)
			}
			if got := fileBytes(t, dst); !bytes.Equal(got[size:], bytes.Repeat([]byte{0xee}, 2*size)) {
				t.Error("bytes outside the segment were written")
			}
		})
	}
}

// TestExcessOnEmptySegment catches data where none are due.
func TestExcessOnEmptySegment(t *testing.T) {
	noLeaks(t)
	for _, blocks := range []bool{false, true} {
		near, far := connect(t, 2)
		if _, err := near[0].Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		err := new(Engine).Receive(t.Context(), far, newFile(t, nil), 1, Options{Blocks: blocks}, new(Counters))
		checkStreamError(t, err, 1, ErrExcess)
	}
}

// TestOneStreamFails closes the others and names the one.
func TestOneStreamFails(t *testing.T) {
	noLeaks(t)
	for _, f := range framings {
		t.Run(f.name, func(t *testing.T) {
			near, far := connect(t, 3)
			near[1].Close()
			err := new(Engine).Receive(t.Context(), far, newFile(t, nil), 3000, Options{Blocks: f.blocks}, new(Counters))
			checkStreamError(t, err, 2, io.ErrUnexpectedEOF)
			for i, d := range <-drain([]*net.TCPConn{near[0], near[2]}) {
				if d.n != 0 {
					t.Errorf("%d bytes came back on stream %d", d.n, i)
				}
			}
		})
	}
}

// TestDestinationFails writes where nothing can be written.
func TestDestinationFails(t *testing.T) {
	noLeaks(t)
	for _, f := range framings {
		stream := f.content(1000)
		if f.blocks {
			stream = storedBlock(stream)
		}
		t.Run(f.name+"/full", func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
			if err != nil {
				t.Skipf("no /dev/full: %v", err)
			}
			defer full.Close()
			answer, err := receive(t, 1000, Options{Blocks: f.blocks}, stream, full)
			checkStreamError(t, err, 1, syscall.ENOSPC)
			if len(answer) != 0 {
				t.Errorf("answered % x", answer)
			}
		})
		t.Run(f.name+"/read-only", func(t *testing.T) {
			dst, err := os.Open(newFile(t, nil).Name())
			if err != nil {
				t.Fatal(err)
			}
			defer dst.Close()
			_, err = receive(t, 1000, Options{Blocks: f.blocks}, stream, dst)
			checkStreamError(t, err, 1, syscall.EBADF)
		})
		t.Run(f.name+"/closed", func(t *testing.T) {
			dst := newFile(t, nil)
			dst.Close()
			_, err := receive(t, 1000, Options{Blocks: f.blocks}, stream, dst)
			checkStreamError(t, err, 1, nil)
		})
	}
}
