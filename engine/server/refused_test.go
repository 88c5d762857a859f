package server

import (
	"fmt"
	"io/fs"
	"math"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

// fileKinds are the messages with a file request that need no mass storage.
var fileKinds = []wire.Code{wire.MsgStore, wire.MsgStoreC, wire.MsgRetr, wire.MsgRetrC}

// TestBadRequests: a file request that must not be obeyed is refused for good,
// before anything is touched, and the session goes on (wire.md 7.2).
func TestBadRequests(t *testing.T) {
	h := servers(t)
	for _, tt := range []struct {
		name  string
		kinds []wire.Code
		spoil func(*wire.FileRequest)
		text  string // behind the message's name
	}{
		{"no streams", fileKinds, count(0), "byte 540: 0 streams: count out of range"},
		{"-1 streams", fileKinds, count(-1), "byte 540: -1 streams: count out of range"},
		{"11 streams", fileKinds, count(11), "byte 540: 11 streams: count out of range"},
		{"most streams", fileKinds, count(math.MaxInt32), "byte 540: 2147483647 streams: count out of range"},
		{"fewest streams", fileKinds, count(math.MinInt32), "byte 540: -2147483648 streams: count out of range"},
		{"size -1", fileKinds[:2], size(-1), "byte 512: -1 bytes: file size out of range"},
		{"least size", fileKinds[:2], size(math.MinInt64), "byte 512: -9223372036854775808 bytes: file size out of range"},
		{"no name", fileKinds, name(""), "byte 8: file name empty or without NUL: malformed string"},
		{"no NUL", fileKinds, name(strings.Repeat("x", 500)), "byte 8: file name empty or without NUL: malformed string"},
		{"port 0", fileKinds, port(2, 0), "byte 552: port 0: port out of range"},
		{"port 65536", fileKinds, port(0, 65536), "byte 544: port 65536: port out of range"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := scripted("bbuser").file("target", "small")
			for _, kind := range tt.kinds {
				m := fileRequest(kind, "target", 1000, 3)
				tt.spoil(&m)
				s.asTheyStand(m, badNoRetry("Invalid request : "+kind.String()+", "+tt.text))
			}
			h.play(t, s.recording)
		})
	}
	for _, n := range []int32{22, 1, 1023, 65536 + 22, -65536 + 1023} {
		s := scripted("bbuser").file("target", "small")
		for _, kind := range fileKinds {
			m := fileRequest(kind, "target", 1000, 3)
			m.Ports[1] = n
			s.asTheyStand(m, badNoRetry("Invalid request : "+privileged(n)))
		}
		t.Run(privileged(n), func(t *testing.T) { h.play(t, s.recording) })
	}
}

func privileged(port int32) string {
	return fmt.Sprintf("port %d of stream 2: port out of range", uint16(port))
}

func count(n int32) func(*wire.FileRequest) { return func(m *wire.FileRequest) { m.Count = n } }
func size(n int64) func(*wire.FileRequest)  { return func(m *wire.FileRequest) { m.Size = n } }

func name(s string) func(*wire.FileRequest) {
	return func(m *wire.FileRequest) {
		m.Name = [500]byte{}
		copy(m.Name[:], s)
	}
}

func port(stream int, n int32) func(*wire.FileRequest) {
	return func(m *wire.FileRequest) { m.Ports[stream] = n }
}

// asTheyStand sends a request whose ports the player must not change.
func (s *script) asTheyStand(m wire.FileRequest, answer event) *script {
	e := client(m.Append(nil)...)
	next := 0
	e.ports = func(uint16) int32 {
		next++
		return m.Ports[next-1]
	}
	return s.add(e, answer)
}

// TestRefusedFiles: what the file system or its limits refuse.
func TestRefusedFiles(t *testing.T) {
	h := servers(t)
	long := strings.Repeat("x", wire.MaxNameV1)
	s := scripted("bbuser").file("small", "small").dir("sub").file("sealed", "small").file("secret", "small")
	s.given[2].mode, s.given[3].mode = 0o444, 0
	s.given = append(s.given, entry{path: home + "/fifo", mode: 0o666 | fs.ModeNamedPipe})
	for _, tt := range []struct {
		file          string
		size          int64
		store, answer event // of a store, of a retrieve
	}{
		{"huge", 1 << 62, badNoRetry(textNoSpace), badNoRetry("Error stating file huge : No such file or directory ")},
		{"huger", math.MaxInt64, badNoRetry(textNoSpace), badNoRetry("Error stating file huger : No such file or directory ")},
		{"small", 1 << 62, badNoRetry(textNoSpace), event{}},
		{long, 10, badNoRetry("Error creation file " + long + " : File name too long "), badNoRetry("Error stating file " + long + " : File name too long ")},
		{"sub", 10, badNoRetry("File sub is a directory"), badNoRetry("File sub is a directory")},
		{"sub/", 0, badNoRetry("File sub/ is a directory"), badNoRetry("File sub/ is a directory")},
		{"..", 0, badNoRetry("File .. is a directory"), badNoRetry("File .. is a directory")},
		{"fifo", 10, badNoRetry("Error creation file fifo : Not a regular file "), badNoRetry("Error stating file fifo : Not a regular file ")},
		{"nowhere/x", 10, bad("Error creation file nowhere/x : No such file or directory "), badNoRetry("Error stating file nowhere/x : No such file or directory ")},
		{"small/x", 0, badNoRetry("Error creation file small/x : Not a directory "), badNoRetry("Error stating file small/x : Not a directory ")},
		{"sealed", 10, badNoRetry("Error creation file sealed : Permission denied "), event{}},
		{forbidden + "/x", 0, badNoRetry("Error creation file " + forbidden + "/x : Permission denied "), badNoRetry("Error stating file " + forbidden + "/x : No such file or directory ")},
		{"secret", 10, badNoRetry("Error creation file secret : Permission denied "), badNoRetry("Error stating file secret : Permission denied ")},
	} {
		for _, kind := range fileKinds {
			answer := tt.store
			if kind == wire.MsgRetr || kind == wire.MsgRetrC {
				answer = tt.answer
			}
			if len(answer.bytes) > 0 {
				s.request(kind, tt.file, tt.size, 3).add(answer)
			}
		}
	}
	h.play(t, s.recording)
}

// TestNames: every way to spell a path that fits, and none out of the tree.
func TestNames(t *testing.T) {
	h := servers(t)
	padded := strings.Repeat("./", (wire.MaxNameV1-5)/2) + "small"
	if len(padded) != wire.MaxNameV1 {
		t.Fatalf("a name of %d bytes", len(padded))
	}
	odd := "a b\n\xff*[?"
	s := scripted("bbuser").file("small", "small")
	s.retrieve(wire.MsgRetr, padded, "small", 1)
	s.retrieve(wire.MsgRetr, "../../../../.."+home+"/small", "small", 1)
	s.store("../../../../../escaped", "three", 1, nil)
	s.store(home+"/../bbuser//"+odd, "one", 1, nil)
	s.left = []entry{{path: "/escaped", mode: 0o640, of: "three"}, {path: home + "/" + odd, mode: 0o640, of: "one"}}
	s.command(wire.MsgChdir, "../../../..", ok("/")).list("e*", "escaped").list("../../e*", "../../escaped")
	s.retrieve(wire.MsgRetrC, "escaped", "three", 3)
	h.play(t, s.recording)
}

// TestPaths: the commands with a path of up to 575 bytes.
func TestPaths(t *testing.T) {
	h := servers(t)
	s := scripted("bbuser").file("m1.dat", "small").file("m2.dat", "one").file(".hidden", "one").dir("sub").file("sub/m3.dat", "three")
	for _, kind := range []wire.Code{wire.MsgMkdir, wire.MsgChdir, wire.MsgList} {
		s.command(kind, "", badNoRetry("Invalid request : "+kind.String()+", byte 8: empty path: malformed string"))
		s.command(kind, "su\x00b", badNoRetry("Invalid request : "+kind.String()+", byte 10: NUL in a path: malformed string"))
	}
	padded := strings.Repeat("./", wire.MaxPathV1/2-1) + "sub"
	if len(padded) != wire.MaxPathV1 {
		t.Fatalf("a path of %d bytes", len(padded))
	}
	long := strings.Repeat("y", wire.MaxPathV1)
	s.list("*", "m1.dat", "m2.dat", "sub").list(".h*", ".hidden").list("[!m]*", "sub").list("*/", "sub/").list("*/m?.dat", "sub/m3.dat").
		list(`m\1.dat`, "m1.dat").list("{m1,m2}.dat").list("nowhere/*").list(long).list(padded, padded).list("~")
	s.command(wire.MsgMkdir, "sub", badNoRetry("Error creation directory sub : File exists"))
	s.command(wire.MsgMkdir, "m1.dat", badNoRetry("Error creation directory m1.dat : File exists"))
	s.command(wire.MsgMkdir, "m1.dat/x", badNoRetry("Error creation directory m1.dat/x : Not a directory"))
	s.command(wire.MsgMkdir, "x/y", badNoRetry("Error creation directory x/y : No such file or directory"))
	s.command(wire.MsgMkdir, long, badNoRetry("Error creation directory "+long+" : File name too long"))
	s.command(wire.MsgMkdir, forbidden+"/x", badNoRetry("Error creation directory "+forbidden+"/x : Permission denied"))
	s.command(wire.MsgChdir, "m1.dat", badNoRetry("Error changing directory m1.dat : Not a directory "))
	s.command(wire.MsgChdir, long, badNoRetry("Error changing directory "+long+" : File name too long "))
	s.command(wire.MsgChdir, padded, ok(home+"/sub")).list("*", "m3.dat")
	s.command(wire.MsgMkdir, "../new", ok("OK")).command(wire.MsgChdir, "../new", ok(home+"/new")).list("*")
	s.left = []entry{{path: home + "/new", mode: 0o750 | fs.ModeDir}}
	h.play(t, s.recording)
}

// TestOutOfStep: where the next message begins is known, or the session ends.
func TestOutOfStep(t *testing.T) {
	h := servers(t)
	most := strings.Repeat("\x00\x00\x00\x11", maxDropped/4) // would be MSG_LIST again and again
	noMass := badNoRetry(textNoMass)
	head := func(c wire.Code, n int32) event { return client(wire.Header{Code: c, Len: n}.Append(nil)...) }
	for name, s := range map[string]*script{
		"signals of other states": scripted("bbuser").signal(wire.MsgRetrStart, unknown).signal(wire.MsgAbr, unknown).signal(wire.MsgAbort, unknown).
			signal(wire.MsgCreateZero, unknown).signal(wire.MsgAck, unknown).signal(wire.MsgCloseConn, unknown),
		"64 KiB":             scripted("bbuser").command(99, most, unknown).command(-1, most, unknown).command(wire.MsgRetrRFIO, most, noMass).list("*"),
		"one byte":           scripted("bbuser").command(99, "x", unknown).list("*"),
		"two in one segment": scripted("bbuser").add(client(append(message(99, "0123456789"), message(wire.MsgList, "*")...)...), unknown, server(wire.ListReply{})),
		"many in one segment": scripted("bbuser").add(client(append(message(wire.MsgRetrRFIOC, most[:576]), append(message(99, ""), message(wire.MsgChdir, "/")...)...)...),
			noMass, unknown, ok("/")),
		"store behind a list":      scripted("bbuser").add(client(append(message(wire.MsgList, "*"), fileRequest(wire.MsgStore, "e", 0, 0).Append(nil)...)...), server(wire.ListReply{}), ok("OK")).stored("e", "zero"),
		"64 KiB + 1":               scripted("bbuser").command(99, most+"x", unknown, serverEOF()),
		"64 KiB + 1, nothing sent": scripted("bbuser").add(head(99, maxDropped+1), unknown, serverEOF()),
		"2 GiB":                    scripted("bbuser").add(head(99, math.MaxInt32), unknown, serverEOF()),
		"2 GiB of RFIO":            scripted("bbuser").add(head(wire.MsgRetrRFIO, math.MaxInt32), noMass, serverEOF()),
		"-1":                       scripted("bbuser").add(head(99, -1), serverEOF()),
		"-2 GiB":                   scripted("bbuser").add(head(99, math.MinInt32), serverEOF()),
		"-1 of RFIO":               scripted("bbuser").add(head(wire.MsgRetrRFIO, -1), serverEOF()),
		"-1 of MSG_MKDIR":          scripted("bbuser").add(head(wire.MsgMkdir, -1), serverEOF()),
		"-1 of MSG_LIST":           scripted("bbuser").add(head(wire.MsgList, -1), serverEOF()),
		"576 of MSG_MKDIR":         scripted("bbuser").command(wire.MsgMkdir, most[:576], badNoRetry("Directory too long"), serverEOF()),
		"576 of MSG_CHDIR":         scripted("bbuser").command(wire.MsgChdir, most[:576], badNoRetry("Directory too long"), serverEOF()),
		"576 of MSG_LIST":          scripted("bbuser").command(wire.MsgList, most[:576], badNoRetry("String too long"), serverEOF()),
		"2 GiB of MSG_LIST":        scripted("bbuser").add(head(wire.MsgList, math.MaxInt32), badNoRetry("String too long"), serverEOF()),
		"EOF in a header":          scripted("bbuser").add(client(0, 0, 0), event{kind: walkout}, serverEOF()),
		"EOF in a path":            scripted("bbuser").add(client(message(wire.MsgMkdir, "half")[:10]...), event{kind: walkout}, serverEOF()),
		"EOF in a file request":    scripted("bbuser").add(client(fileRequest(wire.MsgStore, "half", 0, 0).Append(nil)[:500]...), event{kind: walkout}, serverEOF()),
		"EOF in a body to drop":    scripted("bbuser").add(client(message(99, "half")[:10]...), event{kind: walkout}, serverEOF()),
	} {
		t.Run(name, func(t *testing.T) { h.play(t, s.recording) })
	}
}

func message(c wire.Code, body string) []byte {
	return append(wire.Header{Code: c, Len: int32(len(body))}.Append(nil), body...)
}
