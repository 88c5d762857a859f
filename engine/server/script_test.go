package server

import (
	"bytes"
	"compress/zlib"
	"io/fs"
	"slices"

	"bbftp/engine/recorded"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// script is a recording written by hand, for what no transcript has.
type script struct {
	recording
	conns int // data connections so far
}

// fixtures are the contents of scripts. random does not deflate.
var fixtures = recorded.Contents{
	"zero":   recorded.Random(20, 0),
	"one":    recorded.Random(21, 1),
	"three":  recorded.Random(22, 3),
	"small":  recorded.Random(23, 1000),
	"random": recorded.Random(24, 600_011),
	"text":   recorded.Repeated("the same line again and again\n", 600_011),
	"mixed":  recorded.Repeated("\x00\x01\x02\x03\x04\x05\x06\x07", 100_003),
}

// scripted begins a session with the login of user.
func scripted(user string) *script {
	key := wire.Crypt{Type: wire.CryptRSA, Modulus: make([]byte, 1+modulusLen), Exponent: []byte{1, 0, 1}}
	m, err := wire.NewClearLog(user, "secret")
	if err != nil {
		panic(err)
	}
	s := &script{recording: recording{server: serverConfig{Clear: true, Umask: recordedUmask}, contents: fixtures}}
	return s.add(server(key), client(m.Append(nil)...), ok("bbftpd version "+recordedVersion+" : OK"))
}

func (s *script) add(events ...event) *script {
	s.events = append(s.events, events...)
	return s
}

// file puts a file into the home directory.
func (s *script) file(name, of string) *script {
	s.given = append(s.given, entry{path: home + "/" + name, mode: 0o644, of: of})
	return s
}

func (s *script) dir(name string) *script {
	s.given = append(s.given, entry{path: home + "/" + name, mode: 0o755 | fs.ModeDir})
	return s
}

// stored expects a stored file afterwards.
func (s *script) stored(name, of string) *script {
	s.left = append(s.left, entry{path: home + "/" + name, mode: 0o640, of: of})
	return s
}

// command has the client send a message of bytes, and the server answer.
func (s *script) command(c wire.Code, body string, answer ...event) *script {
	return s.add(client(message(c, body)...)).add(answer...)
}

// signal is a command of nothing but a header.
func (s *script) signal(c wire.Code, answer ...event) *script {
	return s.command(c, "", answer...)
}

// list shows the session's state: it works in LOGGED only.
func (s *script) list(pattern string, names ...string) *script {
	return s.command(wire.MsgList, pattern, server(wire.ListReply{Names: names}))
}

// request has the client send a file request. The player changes its ports.
func (s *script) request(kind wire.Code, name string, size int64, streams int) *script {
	return s.add(client(fileRequest(kind, name, size, streams).Append(nil)...))
}

func fileRequest(kind wire.Code, name string, size int64, streams int) wire.FileRequest {
	m := wire.FileRequest{Kind: kind, Len: wire.FileRequestSize, Size: size, Count: int32(streams)}
	copy(m.Name[:], name)
	for i := range min(streams, len(m.Ports)) {
		m.Ports[i] = 5000
	}
	return m
}

// open has the server connect to a stream's port, and returns the connection.
func (s *script) open(stream int) (conn int) {
	s.conns++
	s.add(event{conn: s.conns, from: wire.Server, kind: opened, stream: stream})
	return s.conns
}

// receive is what the server must send on a data connection, send what the
// client sends there.
func (s *script) receive(conn int, k kind, p ...recorded.Piece) *script {
	return s.add(event{conn: conn, from: wire.Server, kind: k, bytes: p})
}

func (s *script) send(conn int, b ...byte) *script {
	return s.add(event{conn: conn, from: wire.Client, bytes: []recorded.Piece{{Plain: b}}})
}

func (s *script) leave(conn int, k kind) *script {
	return s.add(event{conn: conn, from: wire.Client, kind: k})
}

var ack = wire.AppendAck(nil)

// store is a whole MSG_STORE or, with pack, MSG_STORE_C.
func (s *script) store(name, of string, streams int, pack func([]byte) []byte) *script {
	kind := wire.MsgStoreC
	if pack == nil {
		kind, pack = wire.MsgStore, func(b []byte) []byte { return b }
	}
	c := fixtures[of]
	s.request(kind, name, int64(c.Size), streams)
	var conns []int
	if c.Size > 0 {
		for stream := range streams {
			conns = append(conns, s.open(stream))
		}
		for i, segment := range transfer.Split(int64(c.Size), streams) {
			s.send(conns[i], pack(c.Bytes()[segment.Offset:segment.Offset+segment.Length])...)
		}
	}
	for _, conn := range conns {
		s.receive(conn, sent, recorded.Piece{Plain: ack}).receive(conn, eof)
	}
	return s.add(ok("OK"))
}

// retrieve is a whole message of the MSG_RETR family.
func (s *script) retrieve(kind wire.Code, name, of string, streams int) *script {
	c := fixtures[of]
	s.request(kind, name, 0, streams).add(server(wire.RetrOK{Size: int64(c.Size)}))
	if c.Size == 0 {
		return s.signal(wire.MsgCreateZero)
	}
	s.signal(wire.MsgRetrStart)
	k := sent
	if kind == wire.MsgRetrC || kind == wire.MsgRetrRFIOC {
		k = blocks
	}
	var conns []int
	for stream := range streams {
		conns = append(conns, s.open(stream))
	}
	for i, segment := range transfer.Split(int64(c.Size), streams) {
		s.receive(conns[i], k, recorded.Piece{Of: of, Offset: int(segment.Offset), Len: int(segment.Length)})
	}
	for _, conn := range conns {
		s.send(conn, ack...).receive(conn, eof)
	}
	return s.add(ok("OK"))
}

// block is a block with a header that need not be true.
func block(code wire.BlockCode, n int, data ...byte) []byte {
	return append(wire.BlockHeader{Code: code, Len: int32(n)}.Append(nil), data...)
}

func deflated(b []byte) []byte {
	var out bytes.Buffer
	z, err := zlib.NewWriterLevel(&out, zlib.BestSpeed) // the tests' time is long enough
	if err != nil {
		panic(err)
	}
	if _, err := z.Write(b); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// The ways to pack a segment into blocks of at most most bytes.

func packStored(most int) func([]byte) []byte {
	return func(b []byte) (packed []byte) {
		for chunk := range slices.Chunk(b, most) {
			packed = append(packed, block(wire.BlockStored, len(chunk), chunk...)...)
		}
		return packed
	}
}

func packZlib(most int) func([]byte) []byte {
	return func(b []byte) (packed []byte) {
		for chunk := range slices.Chunk(b, most) {
			data := deflated(chunk)
			packed = append(packed, block(wire.BlockZlib, len(data), data...)...)
		}
		return packed
	}
}

// packLegacy stores a block only if its zlib form is longer than the longest
// block: a short incompressible one goes as zlib, longer than its content.
func packLegacy(b []byte) (packed []byte) {
	for chunk := range slices.Chunk(b, wire.BlockSizeV1) {
		one := packZlib(wire.BlockSizeV1)(chunk)
		if len(one) > wire.BlockHeaderSize+wire.BlockSizeV1 {
			one = packStored(wire.BlockSizeV1)(chunk)
		}
		packed = append(packed, one...)
	}
	return packed
}
