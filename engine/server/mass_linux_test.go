package server

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// stall makes every open of a file wait, as that of a file on tape does, until
// release is called: Linux lets the holder of a lease finish first.
func stall(t *testing.T, name string) (release func()) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	lease := func(kind uintptr) {
		t.Helper()
		if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, f.Fd(), syscall.F_SETLEASE, kind); errno != 0 {
			t.Fatalf("lease %s: %v", name, errno)
		}
	}
	lease(syscall.F_WRLCK)
	released := false
	release = func() {
		if !released {
			lease(syscall.F_UNLCK)
			released = true
		}
	}
	t.Cleanup(func() {
		release()
		_ = f.Close()
	})
	return release
}

// TestStalledOpen: minutes that a tape takes are its session's alone.
func TestStalledOpen(t *testing.T) {
	h := servers(t)
	tape := h.newTape(t)
	release := stall(t, filepath.Join(tape, "part/a.dat"))
	root := h.newRoot(t)
	cfg := serverConfig{Clear: true, Tape: tape}
	started := h.ask(t, order{Config: cfg, Root: root})
	if started.Err != "" {
		t.Fatal(started.Err)
	}
	begin := func(s *script) *player {
		p, err := h.newPlayer(&s.recording, root, started.Port)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.close)
		return p
	}
	finish := func(name string, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}

	// Two sessions wait, of which one gives up; a third is served meanwhile.
	s := scripted("bbuser").request(wire.MsgRetrRFIO, "/tape/part/a.dat", 0, 1)
	asked := len(s.events)
	s.events = s.events[:asked-1]
	s.retrieve(wire.MsgRetrRFIO, "/tape/part/a.dat", "mixed", 3)
	waits := begin(s)
	finish("ask", waits.playTo(asked))
	gone := begin(scripted("bbuser").request(wire.MsgRetrRFIOC, "/tape/part/a.dat", 0, 1).add(event{kind: walkout}, serverEOF()))
	finish("give up", gone.run())
	other := begin(scripted("bbuser").list("*").retrieve(wire.MsgRetrRFIO, "/tape/b.dat", "small", 3))
	finish("the other session", other.run())
	if err := waits.silent(); err != nil {
		t.Fatal(err)
	}
	release()
	finish("after the stall", waits.run())
	for _, p := range []*player{waits, gone, other} {
		p.close()
	}
	if done := h.ask(t, order{Config: cfg}); done.Err != "" {
		t.Error(done.Err)
	}
}

// A message during the wait ends the session, like one during a transfer.
func TestInterruptedStall(t *testing.T) {
	h := servers(t)
	tape := h.newTape(t)
	for _, code := range append(aborts, wire.MsgRetrStart) {
		t.Run(code.String(), func(t *testing.T) {
			s := scripted("bbuser").request(wire.MsgRetrRFIO, "/tape/part/a.dat", 0, 1).signal(code, serverEOF())
			s.server.Tape = tape
			s.atEnd = stall(t, filepath.Join(tape, "part/a.dat"))
			h.play(t, s.recording)
		})
	}
}

// TestStalledTooLong: the archive's time limit ends the wait, not the session.
func TestStalledTooLong(t *testing.T) {
	h := servers(t)
	tape := h.newTape(t)
	release := stall(t, filepath.Join(tape, "part/a.dat"))
	s := scripted("bbuser").file("small", "small").request(wire.MsgRetrRFIO, "/tape/part/a.dat", 0, 1).
		add(bad("Error stating file /tape/part/a.dat : The mass storage did not answer in time ")).
		retrieve(wire.MsgRetr, "small", "small", 1)
	s.server.Tape, s.server.TapeLimit = tape, 100*time.Millisecond
	s.atEnd = release // or the open would be taken for a leak
	h.play(t, s.recording)
}
