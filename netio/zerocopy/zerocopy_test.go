package zerocopy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

var strategies = map[string]Strategy{"auto": Auto, "kernel": Kernel, "copy": Copy}

var ranges = []struct{ off, n int64 }{
	{0, 0},
	{0, 1},
	{1, 1},
	{4095, 2},
	{0, bufferSize - 1},
	{0, bufferSize},
	{0, bufferSize + 1},
	{1, bufferSize},
	{12345, 5*bufferSize + 17},
}

func TestSend(t *testing.T) {
	content := noise(6 << 20)
	for name, s := range strategies {
		for _, tiny := range []bool{false, true} {
			for _, r := range ranges {
				t.Run(fmt.Sprintf("%s/tiny=%v/%d+%d", name, tiny, r.off, r.n), func(t *testing.T) {
					src := fileOf(t, content)
					if _, err := src.Seek(77, io.SeekStart); err != nil {
						t.Fatal(err)
					}
					from, to := connPair(t)
					if tiny {
						shrinkBuffers(t, from, to)
					}
					got := collect(to)
					var c Counters
					n, err := Send(from, src, r.off, r.n, Flow{By: s, Idle: time.Minute, Counters: &c})
					if err != nil || n != r.n {
						t.Fatalf("sent %d, %v", n, err)
					}
					from.Close()
					if !bytes.Equal(<-got, content[r.off:r.off+r.n]) {
						t.Error("other bytes arrived than were sent")
					}
					if sum := c.Sendfile.Load() + c.Copied.Load(); sum != r.n || c.Splice.Load() != 0 {
						t.Errorf("counted %d of %d bytes, spliced %d", sum, r.n, c.Splice.Load())
					}
					if at, _ := src.Seek(0, io.SeekCurrent); at != 77 {
						t.Errorf("the file's own offset moved to %d", at)
					}
				})
			}
		}
	}
}

func TestReceive(t *testing.T) {
	content := noise(6 << 20)
	for name, s := range strategies {
		for _, tiny := range []bool{false, true} {
			for _, r := range ranges {
				t.Run(fmt.Sprintf("%s/tiny=%v/%d+%d", name, tiny, r.off, r.n), func(t *testing.T) {
					dst := fileOf(t, nil)
					from, to := connPair(t)
					if tiny {
						shrinkBuffers(t, from, to)
					}
					// One byte more than is wanted must stay on the connection.
					go from.Write(content[:r.n+1])
					var c Counters
					n, err := Receive(dst, r.off, to, r.n, Flow{By: s, Idle: time.Minute, Counters: &c})
					if err != nil || n != r.n {
						t.Fatalf("received %d, %v", n, err)
					}
					if got := fileBytes(t, dst, r.off); !bytes.Equal(got, content[:r.n]) {
						t.Error("other bytes in the file than were sent")
					}
					next := make([]byte, 1)
					if _, err := io.ReadFull(to, next); err != nil || next[0] != content[r.n] {
						t.Errorf("next byte on the connection %x, %v, want %x", next, err, content[r.n])
					}
					if sum := c.Splice.Load() + c.Copied.Load(); sum != r.n || c.Sendfile.Load() != 0 {
						t.Errorf("counted %d of %d bytes, sendfile %d", sum, r.n, c.Sendfile.Load())
					}
					if at, _ := dst.Seek(0, io.SeekCurrent); at != 0 {
						t.Errorf("the file's own offset moved to %d", at)
					}
				})
			}
		}
	}
}

// TestSharedFiles has several streams read one *os.File and write another.
func TestSharedFiles(t *testing.T) {
	const streams, part = 4, 3<<20 + 1
	content := noise(streams * part)
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			src, dst := fileOf(t, content), fileOf(t, nil)
			results := make(chan error)
			for i := range int64(streams) {
				from, to := connPair(t)
				go func() {
					_, err := Send(from, src, i*part, part, Flow{By: s, Idle: time.Minute})
					results <- err
				}()
				go func() {
					_, err := Receive(dst, i*part, to, part, Flow{By: s, Idle: time.Minute})
					results <- err
				}()
			}
			for range 2 * streams {
				if err := <-results; err != nil {
					t.Error(err)
				}
			}
			if !bytes.Equal(fileBytes(t, dst, 0), content) {
				t.Error("streams mixed up their segments")
			}
		})
	}
}

func TestImpossibleRange(t *testing.T) {
	from, to := connPair(t)
	f := fileOf(t, []byte("x"))
	for _, r := range []struct{ off, n int64 }{{-1, 1}, {0, -1}, {1, 1<<63 - 1}} {
		if n, err := Send(from, f, r.off, r.n, Flow{}); n != 0 || !errors.Is(err, os.ErrInvalid) {
			t.Errorf("send %d+%d: %d, %v", r.off, r.n, n, err)
		}
		if n, err := Receive(f, r.off, to, r.n, Flow{}); n != 0 || !errors.Is(err, os.ErrInvalid) {
			t.Errorf("receive %d+%d: %d, %v", r.off, r.n, n, err)
		}
	}
}

func TestShortSource(t *testing.T) {
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			from, to := connPair(t)
			got := collect(to)
			n, err := Send(from, fileOf(t, noise(1000)), 100, 901, Flow{By: s, Idle: time.Minute})
			if n != 900 || !errors.Is(err, ErrShortSource) {
				t.Errorf("sent %d, %v, want 900 and ErrShortSource", n, err)
			}
			from.Close()
			if b := <-got; len(b) != 900 {
				t.Errorf("%d bytes arrived", len(b))
			}
		})
	}
}

func TestSourceShrinksWhileSending(t *testing.T) {
	const size = 32 << 20 // far more than the buffers on the way hold
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			from, to := connPair(t)
			shrinkBuffers(t, from, to)
			src := fileOf(t, make([]byte, size))
			result := make(chan error, 1)
			go func() {
				_, err := Send(from, src, 0, size, Flow{By: s, Idle: time.Minute})
				result <- err
			}()
			if _, err := io.CopyN(io.Discard, to, 1<<20); err != nil {
				t.Fatal(err)
			}
			if err := src.Truncate(0); err != nil {
				t.Fatal(err)
			}
			collect(to)
			if err := <-result; !errors.Is(err, ErrShortSource) {
				t.Errorf("got %v, want ErrShortSource", err)
			}
		})
	}
}

func TestPeerCloses(t *testing.T) {
	for name, s := range strategies {
		t.Run("receive/"+name, func(t *testing.T) {
			from, to := connPair(t)
			if _, err := from.Write(noise(500)); err != nil {
				t.Fatal(err)
			}
			from.Close()
			dst := fileOf(t, nil)
			n, err := Receive(dst, 0, to, 1000, Flow{By: s, Idle: time.Minute})
			if n != 500 || !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("received %d, %v, want 500 and io.ErrUnexpectedEOF", n, err)
			}
			if got := fileBytes(t, dst, 0); !bytes.Equal(got, noise(500)) {
				t.Errorf("file holds %d bytes", len(got))
			}
		})
		t.Run("send/"+name, func(t *testing.T) {
			const size = 32 << 20
			from, to := connPair(t)
			shrinkBuffers(t, from, to)
			result := make(chan error, 1)
			go func() {
				_, err := Send(from, fileOf(t, make([]byte, size)), 0, size, Flow{By: s, Idle: time.Minute})
				result <- err
			}()
			if _, err := io.CopyN(io.Discard, to, 1<<20); err != nil {
				t.Fatal(err)
			}
			to.Close()
			if err := <-result; !errors.Is(err, syscall.EPIPE) && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("got %v, want EPIPE or ECONNRESET", err)
			}
		})
	}
}
