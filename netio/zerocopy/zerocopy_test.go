package zerocopy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
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

func TestIdle(t *testing.T) {
	const idle, size = 30 * time.Millisecond, 32 << 20
	for name, s := range strategies {
		t.Run("receive/"+name, func(t *testing.T) {
			from, to := connPair(t)
			dst := fileOf(t, nil)
			if _, err := from.Write([]byte("abc")); err != nil {
				t.Fatal(err)
			}
			n, err := Receive(dst, 0, to, 1000, Flow{By: s, Idle: idle})
			if n != 3 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("received %d, %v, want 3 and os.ErrDeadlineExceeded", n, err)
			}
			go from.Write([]byte("d"))
			if _, err := to.Read(make([]byte, 1)); err != nil {
				t.Errorf("the deadline outlived the transfer: %v", err)
			}
		})
		t.Run("send/"+name, func(t *testing.T) {
			from, to := connPair(t)
			n, err := Send(from, fileOf(t, make([]byte, size)), 0, size, Flow{By: s, Idle: idle})
			if n == 0 || n == size || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("sent %d, %v, want a part and os.ErrDeadlineExceeded", n, err)
			}
			collect(to)
			if _, err := from.Write([]byte("d")); err != nil {
				t.Errorf("the deadline outlived the transfer: %v", err)
			}
		})
	}
}

// TestCloseCancels ends transfers that would wait for ever.
func TestCloseCancels(t *testing.T) {
	const size = 32 << 20
	for name, s := range strategies {
		for _, idle := range []time.Duration{0, time.Hour} {
			t.Run(fmt.Sprintf("receive/%s/%v", name, idle), func(t *testing.T) {
				from, to := connPair(t)
				dst := fileOf(t, nil)
				var c Counters
				result := make(chan error, 1)
				go func() {
					_, err := Receive(dst, 0, to, size, Flow{By: s, Idle: idle, Counters: &c})
					result <- err
				}()
				if _, err := from.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
				for c.Splice.Load()+c.Copied.Load() == 0 {
					time.Sleep(time.Millisecond)
				}
				to.Close()
				if err := <-result; !errors.Is(err, net.ErrClosed) {
					t.Errorf("got %v, want net.ErrClosed", err)
				}
			})
			t.Run(fmt.Sprintf("send/%s/%v", name, idle), func(t *testing.T) {
				from, to := connPair(t)
				src := fileOf(t, make([]byte, size))
				result := make(chan error, 1)
				go func() {
					_, err := Send(from, src, 0, size, Flow{By: s, Idle: idle})
					result <- err
				}()
				if _, err := io.ReadFull(to, make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
				from.Close()
				if err := <-result; !errors.Is(err, net.ErrClosed) {
					t.Errorf("got %v, want net.ErrClosed", err)
				}
			})
		}
	}
}

// TestSlowBuffer has a deadline pass while one buffer is only partly written:
// that was progress.
func TestSlowBuffer(t *testing.T) {
	from, to := connPair(t)
	p := &patience{idle: time.Hour, set: func(time.Time) error {
		collect(to)
		return from.SetWriteDeadline(time.Time{})
	}}
	content := make([]byte, 32<<20) // far more than the buffers on the way hold
	result := make(chan error, 1)
	go func() {
		n, err := (&carrier{c: new(Counters), patience: p}).writeAll(from, content)
		if n != len(content) {
			err = errors.Join(err, io.ErrShortWrite)
		}
		result <- err
	}()
	if _, err := io.ReadFull(to, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := from.SetWriteDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
}

// TestPatience counts how often the deadline moves and where it ends up.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var deadlines []time.Time
		p := &patience{idle: time.Minute, set: func(at time.Time) error {
			deadlines = append(deadlines, at)
			return nil
		}}
		check := func(what string, moves int) {
			t.Helper()
			if len(deadlines) != moves {
				t.Fatalf("%s: deadline moved %d times, want %d", what, len(deadlines), moves)
			}
		}
		if err := p.start(); err != nil {
			t.Fatal(err)
		}
		check("start", 1)
		for range 100 {
			time.Sleep(9 * time.Millisecond)
			if err := p.progress(); err != nil {
				t.Fatal(err)
			}
		}
		check("progress within a second", 1)
		time.Sleep(time.Second)
		if err := p.progress(); err != nil {
			t.Fatal(err)
		}
		check("progress after a second", 2)
		if left := time.Until(deadlines[1]); left < time.Minute || left > time.Minute+time.Second {
			t.Errorf("deadline in %v, want the idle limit and at most a second", left)
		}
		p.stop()
		check("stop", 3)
		if !deadlines[2].IsZero() {
			t.Errorf("deadline left at %v", deadlines[2])
		}
	})
}

func TestPatienceWithoutLimit(t *testing.T) {
	p := &patience{set: func(time.Time) error { return errors.New("touched the deadline") }}
	if err := errors.Join(p.start(), p.progress()); err != nil {
		t.Error(err)
	}
	p.stop()
	if err := p.explain(os.ErrDeadlineExceeded); err != os.ErrDeadlineExceeded {
		t.Errorf("the caller's own deadline was explained as %v", err)
	}
}
