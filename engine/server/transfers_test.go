package server

import (
	"fmt"
	"io/fs"
	"testing"

	"bbftp/engine/recorded"
	"bbftp/engine/wire"
)

// sizes are the contents to move: nothing, fewer bytes than streams, some
// that deflate and some that do not.
var sizes = []string{"zero", "one", "three", "mixed", "text", "random"}

func TestStore(t *testing.T) {
	h := servers(t)
	for _, p := range []struct {
		name string
		pack func([]byte) []byte
	}{
		{"plain", nil},
		{"stored", packStored(wire.BlockSizeV1)},
		{"zlib", packZlib(250_000)}, // as many incompressible bytes as fit into a block when deflated
		{"legacy", packLegacy},
		{"many", packZlib(997)},
	} {
		t.Run(p.name, func(t *testing.T) {
			s := scripted("bbuser")
			for _, streams := range []int{1, 3, 10} {
				for _, of := range sizes {
					if p.name == "many" && fixtures[of].Size > 200_000 {
						continue
					}
					name := fmt.Sprintf("%s.%d", of, streams)
					s.store(name, of, streams, p.pack).stored(name, of)
				}
			}
			h.play(t, s.recording)
		})
	}
}

// The last block of an incompressible file is longer on the wire than in the
// file, as legacy sends it.
func TestPackLegacy(t *testing.T) {
	b := fixtures["random"].Bytes()[:wire.BlockSizeV1+100]
	packed := packLegacy(b)
	stored := wire.BlockHeaderSize + wire.BlockSizeV1
	h, err := wire.ParseBlockHeader(packed[stored:], wire.BlockSizeV1)
	if packed[3] != byte(wire.BlockStored) || err != nil || h.Code != wire.BlockZlib || h.Len <= 100 {
		t.Errorf("blocks begin with %x, and %+v, %v", packed[:8], h, err)
	}
}

func TestRetrieve(t *testing.T) {
	h := servers(t)
	for _, kind := range []wire.Code{wire.MsgRetr, wire.MsgRetrC} {
		t.Run(kind.String(), func(t *testing.T) {
			s := scripted("bbuser")
			for _, of := range sizes {
				s.file(of, of)
				for _, streams := range []int{1, 3, 10} {
					s.retrieve(kind, of, of, streams)
				}
			}
			h.play(t, s.recording)
		})
	}
}

// What is stored takes the place of what was there, and its mode.
func TestReplace(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser").file("old.dat", "mixed")
	s.given[0].mode = 0o604
	s.store("old.dat", "small", 1, nil).store("old.dat", "three", 3, packLegacy).retrieve(wire.MsgRetr, "old.dat", "three", 1)
	s.store("old.dat", "zero", 1, nil)
	s.left = []entry{{path: home + "/old.dat", mode: 0o604, of: "zero"}}
	h.play(t, s.recording)
}

// What is new has the mode of wire.md 6.6 without the server's umask.
func TestModes(t *testing.T) {
	h := servers(t)
	for umask, want := range map[fs.FileMode]struct{ file, dir fs.FileMode }{
		0:     {0o660, 0o750},
		0o027: {0o640, 0o750},
		0o077: {0o600, 0o700},
	} {
		t.Run(umask.String(), func(t *testing.T) {
			s := scripted("bbuser").store("file", "small", 1, nil).store("empty", "zero", 0, nil).command(wire.MsgMkdir, "dir", ok("OK"))
			s.left = []entry{
				{path: home + "/file", mode: want.file, of: "small"},
				{path: home + "/empty", mode: want.file, of: "zero"},
				{path: home + "/dir", mode: want.dir | fs.ModeDir},
			}
			s.server.Umask = umask
			h.play(t, s.recording)
		})
	}
}

// What is not looked at may hold anything (wire.md 7.2).
func TestUnusedFields(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser").file("small", "small").stored("empty", "zero")
	for _, n := range []int32{0, -1, 4, 1 << 30} { // msglen
		m := fileRequest(wire.MsgRetr, "small", -1, 1)
		m.Len, m.BlockSize, m.Padding = n, -1, [4]byte{1, 2, 3, 4}
		m.Ports[1], m.Ports[9] = 22, -1 // of streams that are not wanted
		copy(m.Name[10:], "behind the NUL")
		for i := range m.Sockaddr {
			m.Sockaddr[i] = 0xff
		}
		s.add(client(m.Append(nil)...), server(wire.RetrOK{Size: 1000})).signal(wire.MsgRetrStart)
		conn := s.open(0)
		s.receive(conn, sent, recorded.Piece{Of: "small", Len: 1000}).send(conn, ack...).receive(conn, eof).add(ok("OK"))
	}
	s.request(wire.MsgStore, "empty", 0, 0).add(ok("OK")) // nothing to send, no port needed
	h.play(t, s.recording)
}

// What a client need not do, but may: ask for the data of an empty file, and
// end a segment before the ACK.
func TestLiberties(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser").file("zero", "zero").stored("new", "small")
	s.request(wire.MsgRetr, "zero", 0, 3).add(server(wire.RetrOK{})).signal(wire.MsgRetrStart)
	conns := []int{s.open(0), s.open(1), s.open(2)}
	for _, conn := range conns {
		s.send(conn, ack...).receive(conn, eof)
	}
	s.add(ok("OK")).request(wire.MsgStore, "new", 1000, 1)
	conn := s.open(0)
	s.send(conn, fixtures["small"].Bytes()...).leave(conn, eof).receive(conn, sent, recorded.Piece{Plain: ack}).receive(conn, eof).add(ok("OK"))
	h.play(t, s.recording)
}

// Only the low 16 bits of a port count.
func TestPortBits(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser").stored("small", "small")
	for _, high := range []int32{0x10000, -0x10000, 0x7fff0000} {
		at := len(s.events)
		s.store("small", "small", 3, nil)
		s.events[at].ports = func(own uint16) int32 { return int32(own) | high }
	}
	h.play(t, s.recording)
}

// Segments may arrive in pieces of any size.
func TestDribble(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser").file("mixed", "mixed").retrieve(wire.MsgRetrC, "mixed", "mixed", 3).list("m*", "mixed").
		store("new", "small", 3, packLegacy).stored("new", "small").command(99, "a body", unknown)
	s.dribble = true
	h.play(t, s.recording)
}
