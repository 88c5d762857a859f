package server

import (
	"bytes"
	"slices"
	"testing"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// What the client is told of a failed stream.
const (
	textBlock  = "Invalid compressed block"
	textEnd    = "Connection closed before the end of the data"
	textExcess = "More data than announced"
	textReset  = "Connection reset by peer"
	textLate   = "Connection timed out"
)

// fails is a store that comes to nothing because of what arrives on its last
// stream. The others are complete before: so the server is past connecting.
func (s *script) fails(kind wire.Code, name string, of string, streams int, arrives []byte, end kind, text string) *script {
	c := fixtures[of]
	s.request(kind, name, int64(c.Size), streams)
	var conns []int
	for stream := range streams {
		conns = append(conns, s.open(stream))
	}
	for i, conn := range conns[:streams-1] {
		segment := c.Bytes()[i*c.Size/streams : (i+1)*c.Size/streams]
		if kind == wire.MsgStoreC {
			segment = packLegacy(segment)
		}
		s.send(conn, segment...).receive(conn, sent, recorded.Piece{Plain: ack}).receive(conn, eof)
	}
	last := conns[streams-1]
	s.send(last, arrives...)
	if end != sent {
		s.leave(last, end)
	}
	if end != reset {
		s.receive(last, closed)
	}
	return s.add(bad(text))
}

// TestBadBlocks: no block that breaks wire.md 6.4 gets into a file, and the
// session goes on (6.5).
func TestBadBlocks(t *testing.T) {
	h := servers(t)
	small := fixtures["small"].Bytes() // the segment
	packed := deflated(small)
	half := block(wire.BlockStored, 500, small[:500]...)
	over := make([]byte, wire.BlockSizeV1+1)
	broken := slices.Clone(packed)
	broken[len(broken)-1] ^= 1
	for _, tt := range []struct {
		name    string
		arrives []byte
		end     kind // of the client's side; sent: none
		text    string
	}{
		{"code 9", block(9, 1000, small...), sent, textBlock},
		{"code 2", block(2, 1000, small...), sent, textBlock},
		{"code -1", block(-1, 1000, small...), sent, textBlock},
		{"no data", block(wire.BlockStored, 0), sent, textBlock},
		{"no zlib data", block(wire.BlockZlib, 0), sent, textBlock},
		{"-1 bytes", block(wire.BlockStored, -1, small...), sent, textBlock},
		{"-2 GiB", block(wire.BlockZlib, -1<<31, small...), sent, textBlock},
		{"2 GiB", block(wire.BlockZlib, 1<<31-1, small...), sent, textBlock},
		{"256001 stored", block(wire.BlockStored, len(over), over...), sent, textBlock},
		{"256001 of zlib", block(wire.BlockZlib, len(over), over...), sent, textBlock},
		{"inflates to 8 MiB", packZlib(8 << 20)(make([]byte, 8<<20)), sent, textBlock},
		{"one too many", block(wire.BlockStored, 1001, append(small, 0)...), sent, textBlock},
		{"one too many inflated", packZlib(1001)(append(small, 0)), sent, textBlock},
		{"one too many later", append(slices.Clone(half), block(wire.BlockStored, 501, small[:501]...)...), sent, textBlock},
		{"zlib cut", block(wire.BlockZlib, len(packed)-1, packed[:len(packed)-1]...), sent, textBlock},
		{"zlib cut in its header", block(wire.BlockZlib, 1, packed[0]), sent, textBlock},
		{"bytes behind zlib", block(wire.BlockZlib, len(packed)+1, append(packed, 0)...), sent, textBlock},
		{"two zlib streams", block(wire.BlockZlib, 2*len(deflated(small[:500])), append(deflated(small[:500]), deflated(small[500:])...)...), sent, textBlock},
		{"bad checksum", block(wire.BlockZlib, len(broken), broken...), sent, textBlock},
		{"gzip", block(wire.BlockZlib, 4, 0x1f, 0x8b, 8, 0), sent, textBlock},
		{"zlib with a dictionary", block(wire.BlockZlib, len(packed), append([]byte{0x78, 0xbb}, packed[2:]...)...), sent, textBlock},
		{"zlib of no bytes", block(wire.BlockZlib, len(deflated(nil)), deflated(nil)...), sent, textBlock},
		{"nothing", nil, eof, textEnd},
		{"end in a header", half[:4], eof, textEnd},
		{"end in a block", half[:100], eof, textEnd},
		{"end between blocks", half, eof, textEnd},
		{"bytes behind the segment", append(block(wire.BlockStored, 1000, small...), 0), sent, textExcess},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scripted("bbuser").file("target", "mixed")
			s.fails(wire.MsgStoreC, "target", "small", 1, tt.arrives, tt.end, tt.text)
			s.fails(wire.MsgStoreC, "new", "small", 1, tt.arrives, tt.end, tt.text).list("*", "target")
			s.retrieve(wire.MsgRetr, "target", "mixed", 3)
			h.play(t, s.recording)
		})
	}
}

// TestLargeBlocks: a segment has room for them, a block has not.
func TestLargeBlocks(t *testing.T) {
	h := servers(t)
	part := fixtures["text"].Bytes()[:wire.BlockSizeV1+1]
	s := scripted("bbuser").file("target", "small")
	s.fails(wire.MsgStoreC, "target", "text", 1, packZlib(len(part))(part), sent, textBlock)
	s.fails(wire.MsgStoreC, "target", "text", 1, packStored(len(part))(part), sent, textBlock)
	h.play(t, s.recording)
}

// The largest blocks there may be.
func TestFullBlocks(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser")
	for _, of := range []string{"random", "text"} {
		s.store(of, of, 1, packStored(wire.BlockSizeV1)).stored(of, of)
	}
	s.store("full", "text", 3, packZlib(wire.BlockSizeV1)).stored("full", "text")
	h.play(t, s.recording)
}

// TestBrokenStreams: a failure of one stream is that of the file, and the
// session goes on.
func TestBrokenStreams(t *testing.T) {
	h := servers(t)
	part := fixtures["mixed"].Bytes()[:1000]
	third := fixtures["mixed"].Size - 2*(fixtures["mixed"].Size/3)
	for _, tt := range []struct {
		name    string
		kind    wire.Code
		arrives []byte
		end     kind
		text    string
	}{
		{"end", wire.MsgStore, part, eof, textEnd},
		{"end at once", wire.MsgStore, nil, eof, textEnd},
		{"reset", wire.MsgStore, part, reset, textReset},
		{"excess", wire.MsgStore, bytes.Repeat([]byte{1}, third+1), sent, textExcess},
		{"plain data as blocks", wire.MsgStoreC, part, sent, textBlock},
		{"reset in a block", wire.MsgStoreC, packStored(1000)(part)[:100], reset, textReset},
		{"end of blocks", wire.MsgStoreC, packLegacy(part), eof, textEnd},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scripted("bbuser").file("target", "small")
			s.fails(tt.kind, "target", "mixed", 3, tt.arrives, tt.end, tt.text).list("*", "target")
			s.store("target", "three", 3, nil)
			s.left = []entry{{path: home + "/target", mode: 0o644, of: "three"}}
			h.play(t, s.recording)
		})
	}
}

// TestBadAcks: a segment without its ACK has not arrived.
func TestBadAcks(t *testing.T) {
	h := servers(t)
	for _, tt := range []struct {
		name string
		ack  []byte
		end  kind
		text string
	}{
		{"MSG_OK", wire.Header{Code: wire.MsgOK}.Append(nil), sent, "Input/output error"},
		{"half", ack[:4], eof, textEnd},
		{"none", nil, eof, textEnd},
		{"reset", nil, reset, textReset},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scripted("bbuser").file("small", "small")
			for _, kind := range []wire.Code{wire.MsgRetr, wire.MsgRetrC} {
				s.request(kind, "small", 0, 1).add(server(wire.RetrOK{Size: 1000})).signal(wire.MsgRetrStart)
				conn, k := s.open(0), sent
				if kind == wire.MsgRetrC {
					k = blocks
				}
				s.receive(conn, k, recorded.Piece{Of: "small", Len: 1000}).send(conn, tt.ack...)
				if tt.end != sent {
					s.leave(conn, tt.end)
				}
				if tt.end != reset {
					s.receive(conn, closed)
				}
				s.add(bad(tt.text))
			}
			s.retrieve(wire.MsgRetr, "small", "small", 3)
			h.play(t, s.recording)
		})
	}
}
