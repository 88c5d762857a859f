package server

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"bbftp/engine/wire"
)

// newTape makes a directory to serve as mass storage.
func (h *host) newTape(t *testing.T) string {
	t.Helper()
	dir := openDir(t)
	for name, of := range map[string]string{"part/a.dat": "mixed", "b.dat": "small", "zero": "zero"} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, fixtures[of].Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644); err != nil {
		t.Fatal(err)
	}
	h.own(t, dir)
	return dir
}

var rfioKinds = []wire.Code{wire.MsgRetrRFIO, wire.MsgRetrRFIOC}

// refuses has a retrieve from mass storage refused.
func (s *script) refuses(name string, answer event) *script {
	for _, kind := range rfioKinds {
		s.request(kind, name, 0, 3).add(answer)
	}
	return s
}

// notStated is the refusal of a file.
func notStated(name, why string) event {
	return badNoRetry("Error stating file " + name + " : " + why + " ")
}

// TestMassStorage: retrieved like any file, by who may, through the mapping of
// paths.
func TestMassStorage(t *testing.T) {
	h := servers(t)
	tape := h.newTape(t)
	if err := os.Symlink("../b.dat", filepath.Join(tape, "part/out")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(tape, "part/away")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tape, "sealed"), nil, 0o200); err != nil {
		t.Fatal(err)
	}
	h.own(t, tape)
	play := func(name string, s *script) {
		s.server.Tape = tape
		t.Run(name, func(t *testing.T) { h.play(t, s.recording) })
	}

	s := scripted("bbuser").file("b.dat", "one")
	for _, kind := range rfioKinds {
		for _, streams := range []int{1, 3, 10} {
			s.retrieve(kind, "/tape/part/a.dat", "mixed", streams)
		}
		s.retrieve(kind, "tape/b.dat", "small", 3).retrieve(kind, "/tape/part/../part/out", "small", 1).retrieve(kind, "/tape/zero", "zero", 1)
		for _, code := range aborts {
			s.request(kind, "/tape/b.dat", 0, 1).add(server(wire.RetrOK{Size: 1000})).signal(code)
		}
	}
	s.refuses("b.dat", notStated("b.dat", "No such file or directory")) // not from the home directory
	s.refuses("/tape/none", notStated("/tape/none", "No such file or directory"))
	s.refuses("/tapes/b.dat", notStated("/tapes/b.dat", "No such file or directory"))
	s.refuses("/tape/part/away", notStated("/tape/part/away", "Permission denied"))
	s.refuses("/tape/sealed", notStated("/tape/sealed", "Permission denied"))
	s.refuses("/tape/fifo", notStated("/tape/fifo", "Not a regular file")) // rather than waited for
	s.refuses("/tape/b.dat/x", notStated("/tape/b.dat/x", "Not a directory"))
	s.refuses("/tape/part", badNoRetry("File /tape/part is a directory"))
	s.refuses("/tape", badNoRetry("File /tape is a directory"))
	s.command(wire.MsgRetrRFIO, "", badNoRetry(textNoMass)) // nothing announced, nothing read
	m := fileRequest(wire.MsgRetrRFIOC, "/tape/b.dat", 0, 11)
	play("all", s.asTheyStand(m, badNoRetry("Invalid request : MSG_RETR_RFIO_C, byte 540: 11 streams: count out of range")))

	s = scripted("partly").retrieve(wire.MsgRetrRFIO, "/tape/part/a.dat", "mixed", 3)
	for _, name := range []string{"/tape/b.dat", "/tape/part/../b.dat", "/tape/part/out"} {
		s.refuses(name, notStated(name, "Permission denied"))
	}
	play("a part", s)

	play("nothing", scripted("noarchive").refuses("/tape/part/a.dat", notStated("/tape/part/a.dat", "Permission denied")).
		refuses("/tape/none", notStated("/tape/none", "Permission denied")).list("*"))
}
