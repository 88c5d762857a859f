package zerocopy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace has every way tell of each of its pieces.
func TestPace(t *testing.T) {
	const size = 1<<20 + 77
	content := noise(size)
	for name, s := range strategies {
		for _, sparse := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/sparse=%v", name, sparse), func(t *testing.T) {
				from, to := connPair(t)
				src, dst := fileOf(t, content), sparseFile(t, size)
				pace := func(sum *int64) func(int64) error {
					return func(n int64) error {
						if n <= 0 || n > pacedPiece {
							t.Errorf("a piece of %d bytes", n)
						}
						*sum += n
						return nil
					}
				}
				var out, in int64
				sent := make(chan error, 1)
				go func() {
					_, err := Send(from, src, 0, size, Flow{By: s, Idle: time.Minute, Pace: pace(&out)})
					sent <- err
				}()
				_, err := Receive(dst, 0, to, size, Flow{By: s, Idle: time.Minute, Pace: pace(&in), Sparse: sparse})
				if err := errors.Join(err, <-sent); err != nil {
					t.Fatal(err)
				}
				if out != size || in != size {
					t.Errorf("told of %d bytes sent, %d received, want %d", out, in, size)
				}
				if !bytes.Equal(fileBytes(t, dst, 0), content) {
					t.Error("other bytes in the file than were sent")
				}
			})
		}
	}
}

func TestPaceEnds(t *testing.T) {
	enough := errors.New("enough")
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			from, to := connPair(t)
			flow := Flow{By: s, Idle: time.Minute, Pace: func(int64) error { return enough }}
			n, err := Send(from, fileOf(t, noise(1<<20)), 0, 1<<20, flow)
			if n == 0 || n > pacedPiece || !errors.Is(err, enough) {
				t.Errorf("sent %d, %v", n, err)
			}
			m, err := Receive(fileOf(t, nil), 0, to, 1<<20, flow)
			if m == 0 || m > n || !errors.Is(err, enough) {
				t.Errorf("received %d, %v", m, err)
			}
		})
	}
}

// TestSparse counts the zeros that are left out, and compares.
func TestSparse(t *testing.T) {
	const size = 1 << 20
	for name, c := range map[string]struct {
		off   int64
		fill  [][2]int64 // what is not zeros, from and to, in the file
		holes int64
	}{
		"all zeros":     {0, nil, size},
		"no zeros":      {0, [][2]int64{{0, size}}, 0},
		"one byte":      {0, [][2]int64{{5 * page, 5*page + 1}}, size - page},
		"across a page": {0, [][2]int64{{5*page - 1, 5*page + 1}}, size - 2*page},
		"ends":          {0, [][2]int64{{0, 1}, {size - 1, size}}, size - 2*page},
		"unaligned":     {page / 2, [][2]int64{{page, 2 * page}}, size - page},
		"odd":           {page + 1, [][2]int64{{3 * page, 3*page + 1}, {9 * page, 10 * page}}, size - 2*page},
	} {
		t.Run(name, func(t *testing.T) {
			content := make([]byte, c.off+size)
			for _, f := range c.fill {
				copy(content[f[0]:min(f[1], int64(len(content)))], bytes.Repeat([]byte{7}, int(f[1]-f[0])))
			}
			from, to := connPair(t)
			go func() {
				for b := content[c.off:]; len(b) > 0; { // as a network would bring them
					n := min(1448, len(b))
					from.Write(b[:n])
					b = b[n:]
				}
			}()
			dst := sparseFile(t, c.off+size)
			var counters Counters
			n, err := Receive(dst, c.off, to, size, Flow{Idle: time.Minute, Counters: &counters, Sparse: true})
			if n != size || err != nil {
				t.Fatalf("received %d, %v", n, err)
			}
			if !bytes.Equal(fileBytes(t, dst, 0), content) {
				t.Error("other bytes in the file than were sent")
			}
			if got := counters.Holes.Load(); got != c.holes {
				t.Errorf("%d bytes left out, want %d", got, c.holes)
			}
			if got := counters.Copied.Load(); got != size {
				t.Errorf("%d bytes copied, want all %d", got, size)
			}
		})
	}
}

// TestSparseEndsEarly keeps what came before the peer went.
func TestSparseEndsEarly(t *testing.T) {
	from, to := connPair(t)
	content := noise(3*page + 5)
	if _, err := from.Write(content); err != nil {
		t.Fatal(err)
	}
	from.Close()
	dst := sparseFile(t, 1<<20)
	n, err := Receive(dst, 0, to, 1<<20, Flow{Idle: time.Minute, Sparse: true})
	if n != int64(len(content)) || err == nil {
		t.Errorf("received %d of %d, %v", n, len(content), err)
	}
	if !bytes.HasPrefix(fileBytes(t, dst, 0), content) {
		t.Error("other bytes in the file than were sent")
	}
}

// sparseFile returns a fresh file of n bytes, all of them a hole.
func sparseFile(t testing.TB, n int64) *os.File {
	t.Helper()
	f := fileOf(t, nil)
	if err := f.Truncate(n); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestTurn has receivers meet at the file one at a time.
func TestTurn(t *testing.T) {
	const size = 1 << 20
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			from, to := connPair(t)
			var turn sync.Mutex
			var c Counters
			turn.Lock()
			go from.Write(noise(size))
			done := make(chan error, 1)
			dst := fileOf(t, nil)
			go func() {
				_, err := Receive(dst, 0, to, size, Flow{By: s, Idle: time.Minute, Counters: &c, Turn: &turn})
				done <- err
			}()
			select {
			case err := <-done:
				t.Fatalf("ended out of turn: %v", err)
			case <-time.After(20 * time.Millisecond):
			}
			if n := c.Splice.Load() + c.Copied.Load(); n != 0 {
				t.Errorf("%d bytes written out of turn", n)
			}
			turn.Unlock()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if !turn.TryLock() {
				t.Error("the turn was kept")
			}
		})
	}
}

// TestTimes accounts for waits, for the peer and in the file.
func TestTimes(t *testing.T) {
	const size = 1 << 20
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			from, to := connPair(t)
			var in Counters
			began := time.Now()
			done := make(chan error, 1)
			dst := fileOf(t, nil)
			go func() {
				_, err := Receive(dst, 0, to, size, Flow{By: s, Idle: 10 * time.Minute, Counters: &in, WriteBehind: true})
				done <- err
			}()
			// The receiver may be late, and then has nothing to wait for.
			content := noise(size)
			for pause := time.Millisecond; in.SocketWait.Load() == 0; pause *= 4 {
				if pause > time.Minute {
					t.Fatal("a receiver that waits does not count it")
				}
				time.Sleep(pause)
				if _, err := from.Write(content[:1]); err != nil {
					t.Fatal(err)
				}
				content = content[1:]
				for in.Splice.Load()+in.Copied.Load() < int64(size-len(content)) {
					time.Sleep(100 * time.Microsecond)
				}
			}
			go from.Write(content)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			socket, file, cpu := time.Duration(in.SocketWait.Load()), time.Duration(in.FileTime.Load()), time.Duration(in.FileCPU.Load())
			if socket <= 0 || socket > took || file <= 0 || cpu < 0 || cpu > file {
				t.Errorf("socket %v, file %v of which processor %v, in %v", socket, file, cpu, took)
			}
		})
	}
}

func TestMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, err := os.Create(filepath.Join(t.TempDir(), "data"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, ok := device(f); !ok {
			t.Skip("this system knows no way that could be refused")
		}
		m := new(Memory)
		if why := m.refused(f, bySplice); why != "" {
			t.Errorf("an empty memory: %q", why)
		}
		reason := m.remember(f, bySplice, os.ErrInvalid)
		if why := m.refused(f, bySplice); why != reason || why == "" {
			t.Errorf("remembered %q, want %q", why, reason)
		}
		if why := m.refused(f, bySendfile); why != "" {
			t.Errorf("sendfile: %q", why)
		}
		time.Sleep(remembered + time.Second)
		if why := m.refused(f, bySplice); why != "" {
			t.Errorf("remembered for too long: %q", why)
		}
		for i := range uint64(3 * maxRefusals) {
			m.refusals[request{i, bySplice}] = refusal{}
			m.remember(f, bySendfile, os.ErrInvalid)
			if n := len(m.refusals); n > maxRefusals {
				t.Fatalf("%d refusals remembered", n)
			}
		}
		if reason := (*Memory)(nil).remember(f, bySplice, os.ErrInvalid); reason == "" {
			t.Error("no reason without memory")
		}
	})
}
