package zerocopy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestPathTaken proves which way the bytes go, not only that they arrive.
func TestPathTaken(t *testing.T) {
	const large = 3<<20 + 5
	type counts struct{ sendfile, splice, copied int64 }
	read := func(c *Counters) counts {
		return counts{c.Sendfile.Load(), c.Splice.Load(), c.Copied.Load()}
	}
	for _, c := range []struct {
		name    string
		by      Strategy
		size    int64
		out, in counts
	}{
		{"auto", Auto, large, counts{sendfile: large}, counts{splice: large}},
		{"auto, pipe pays", Auto, pipePays + 1, counts{sendfile: pipePays + 1}, counts{splice: pipePays + 1}},
		{"auto, short", Auto, pipePays, counts{sendfile: pipePays}, counts{copied: pipePays}},
		{"kernel", Kernel, large, counts{sendfile: large}, counts{splice: large}},
		{"kernel, short", Kernel, 1, counts{sendfile: 1}, counts{splice: 1}},
		{"copy", Copy, large, counts{copied: large}, counts{copied: large}},
	} {
		t.Run(c.name, func(t *testing.T) {
			from, to := connPair(t)
			src, dst := fileOf(t, noise(int(c.size))), fileOf(t, nil)
			var out, in Counters
			sent := make(chan error, 1)
			go func() {
				_, err := Send(from, src, 0, c.size, Flow{By: c.by, Idle: time.Minute, Counters: &out})
				sent <- err
			}()
			_, err := Receive(dst, 0, to, c.size, Flow{By: c.by, Idle: time.Minute, Counters: &in})
			if err := errors.Join(err, <-sent); err != nil {
				t.Fatal(err)
			}
			if got := read(&out); got != c.out {
				t.Errorf("sent %+v, want %+v", got, c.out)
			}
			if got := read(&in); got != c.in {
				t.Errorf("received %+v, want %+v", got, c.in)
			}
		})
	}
}

// TestProgressMovesDeadline runs each way with a patience that moves the
// deadline at every opportunity.
func TestProgressMovesDeadline(t *testing.T) {
	const size = 12 << 20 // several sendfile calls
	for name, move := range map[string]func(k *carrier, from, to *net.TCPConn, f *os.File) (int64, error){
		"sendfile": func(k *carrier, from, to *net.TCPConn, f *os.File) (int64, error) {
			collect(to)
			n, _, err := k.sendfile(from, f, 0, size)
			return n, err
		},
		"copyOut": func(k *carrier, from, to *net.TCPConn, f *os.File) (int64, error) {
			collect(to)
			return k.copyOut(from, f, 0, size)
		},
		"splice": func(k *carrier, from, to *net.TCPConn, f *os.File) (int64, error) {
			go from.Write(make([]byte, size))
			n, _, err := k.splice(f, 0, to, size)
			return n, err
		},
		"copyIn": func(k *carrier, from, to *net.TCPConn, f *os.File) (int64, error) {
			go from.Write(make([]byte, size))
			return k.copyIn(f, 0, to, size)
		},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := connPair(t)
			moves := 0
			p := &patience{idle: time.Hour, set: func(time.Time) error { moves++; return nil }}
			n, err := move(&carrier{c: new(Counters), patience: p}, from, to, fileOf(t, make([]byte, size)))
			if n != size || err != nil {
				t.Fatalf("moved %d, %v", n, err)
			}
			if moves < 3 {
				t.Errorf("the deadline moved %d times in %d bytes", moves, size)
			}
		})
	}
}

// TestSendFallsBack sends from a file the kernel reads but does not sendfile.
func TestSendFallsBack(t *testing.T) {
	src, err := os.Open("/proc/self/auxv")
	if err != nil {
		t.Skipf("no /proc/self/auxv: %v", err)
	}
	defer src.Close()
	content, err := os.ReadFile(src.Name())
	if err != nil {
		t.Fatal(err)
	}
	from, to := connPair(t)
	got := collect(to)
	var c Counters
	n, err := Send(from, src, 8, int64(len(content)-8), Flow{Idle: time.Minute, Counters: &c})
	if err != nil || n != int64(len(content)-8) {
		t.Fatalf("sent %d, %v", n, err)
	}
	from.Close()
	if !bytes.Equal(<-got, content[8:]) {
		t.Error("other bytes arrived than were sent")
	}
	if c.Sendfile.Load() != 0 || c.Copied.Load() != n {
		t.Errorf("sendfile %d, copied %d, want all copied", c.Sendfile.Load(), c.Copied.Load())
	}
	if want := "file system proc refuses sendfile: invalid argument"; c.Why() != want {
		t.Errorf("copied because %q, want %q", c.Why(), want)
	}
}

// TestFileRefusesPipe has the file refuse bytes that are already in the pipe:
// none of them may get lost, and the next file is not asked.
func TestFileRefusesPipe(t *testing.T) {
	content := noise(3<<20 + 1)
	from, to := connPair(t)
	dst := appendFile(t, "head")
	go from.Write(content)
	var c Counters
	memory := new(Memory)
	k := &carrier{flow: Flow{Memory: memory}, c: &c, patience: new(patience)}
	n, handled, err := k.splice(dst, 4, to, int64(len(content)))
	if n == 0 || handled || err != nil {
		t.Fatalf("received %d, handled %v, %v", n, handled, err)
	}
	if c.Splice.Load() != 0 || c.Copied.Load() != n {
		t.Errorf("spliced %d, copied %d, want all of %d copied", c.Splice.Load(), c.Copied.Load(), n)
	}
	if !bytes.Equal(fileBytes(t, dst, 4), content[:n]) {
		t.Error("other bytes in the file than were sent")
	}
	// Of the same file system, though it would not refuse this one.
	next, rest := fileOf(t, nil), int64(len(content))-n
	m, err := Receive(next, 0, to, rest, Flow{By: Kernel, Idle: time.Minute, Counters: &c, Memory: memory})
	if m != rest || err != nil {
		t.Fatalf("received %d, %v", m, err)
	}
	if c.Splice.Load() != 0 {
		t.Errorf("spliced %d bytes to a file system that had refused", c.Splice.Load())
	}
	if why := c.Why(); !strings.Contains(why, "refuses splice: invalid argument") {
		t.Errorf("copied because %q", why)
	}
}

// TestAppendFileFallsBack appends by copying.
func TestAppendFileFallsBack(t *testing.T) {
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			content := noise(3<<20 + 1)
			from, to := connPair(t)
			dst := appendFile(t, "head")
			go from.Write(content)
			var c Counters
			n, err := Receive(dst, 4, to, int64(len(content)), Flow{By: s, Idle: time.Minute, Counters: &c})
			if err != nil || n != int64(len(content)) {
				t.Fatalf("received %d, %v", n, err)
			}
			if !bytes.Equal(fileBytes(t, dst, 4), content) {
				t.Error("other bytes in the file than were sent")
			}
			if c.Splice.Load() != 0 || c.Copied.Load() != n {
				t.Errorf("spliced %d, copied %d, want all copied", c.Splice.Load(), c.Copied.Load())
			}
		})
	}
}

func TestAppendFileElsewhere(t *testing.T) {
	_, to := connPair(t)
	for _, off := range []int64{0, 3, 5} {
		n, err := Receive(appendFile(t, "head"), off, to, 10, Flow{Idle: time.Minute})
		if n != 0 || !errors.Is(err, os.ErrInvalid) {
			t.Errorf("at %d: received %d, %v, want os.ErrInvalid", off, n, err)
		}
	}
}

func appendFile(t *testing.T, content string) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "data"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteString(content); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestSparseAllocates looks at what a file takes of its file system.
func TestSparseAllocates(t *testing.T) {
	const size, data = 8 << 20, 1 << 20
	content := append(noise(data), make([]byte, size-data)...)
	for name, dir := range map[string]string{"tmpfs": shm(t), "disk": t.TempDir()} {
		for _, sparse := range []bool{true, false} {
			from, to := connPair(t)
			dst := fileIn(t, dir, nil)
			if err := dst.Truncate(size); err != nil {
				t.Fatal(err)
			}
			go from.Write(content)
			if _, err := Receive(dst, 0, to, size, Flow{Idle: time.Minute, Sparse: sparse}); err != nil {
				t.Fatal(err)
			}
			if err := dst.Sync(); err != nil {
				t.Fatal(err)
			}
			var st unix.Stat_t
			if err := unix.Fstat(int(dst.Fd()), &st); err != nil {
				t.Fatal(err)
			}
			// A file system may add a little of its own.
			if got := st.Blocks * 512; sparse && (got < data || got > 2*data) || !sparse && got < size {
				t.Errorf("%s, sparse=%v: %d bytes allocated for %d of %d", name, sparse, got, data, size)
			}
			if err := os.Remove(dst.Name()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestPipeRescue takes what is left in a pipe after a part went the fast way.
func TestPipeRescue(t *testing.T) {
	p, err := newPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	content := noise(10000)
	if n, err := unix.Write(p.w, content); n != len(content) || err != nil {
		t.Fatal(n, err)
	}
	dst := fileOf(t, nil)
	fd := int(dst.Fd())
	if n, err := p.drain(fd, 0, 3333); n != 3333 || err != nil {
		t.Fatalf("drained %d, %v", n, err)
	}
	if n, err := p.rescue(fd, 3333, 6667); n != 6667 || err != nil {
		t.Fatalf("rescued %d, %v", n, err)
	}
	if !bytes.Equal(fileBytes(t, dst, 0), content) {
		t.Error("bytes lost on the way")
	}
	if _, err := unix.Read(p.r, make([]byte, 1)); err != unix.EAGAIN {
		t.Errorf("something left in the pipe: %v", err)
	}
	if _, err := p.rescue(fd, 0, 1); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("an empty pipe gave %v", err)
	}
}
