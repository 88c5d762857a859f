package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// framings are the three kinds of payload on the wire.
var framings = []struct {
	name    string
	blocks  bool
	content func(int) []byte
}{
	{"raw", false, noise},
	{"zlib", true, text},
	{"stored", true, noise},
}

// move sends src to dst over loopback streams and returns both sides' counts.
func move(t testing.TB, from, to *Engine, streams int, src, dst *os.File, size int64, o Options) (out, in Paths) {
	t.Helper()
	near, far := connect(t, streams)
	var sent, received Counters
	done := make(chan error, 1)
	go func() { done <- from.Send(t.Context(), near, src, size, o, &sent) }()
	err := to.Receive(t.Context(), far, dst, size, o, &received)
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	return sent.Paths(), received.Paths()
}

func TestSendReceive(t *testing.T) {
	noLeaks(t)
	var engine Engine // one for all, so that its buffers are used again
	for _, f := range framings {
		for _, size := range []int{0, 1, 3, 255999, 256000, 256001, 800_003} {
			for _, streams := range []int{1, 3, 10} {
				t.Run(fmt.Sprintf("%s/%d/%d", f.name, size, streams), func(t *testing.T) {
					content := f.content(size)
					dst := newFile(t, nil)
					out, in := move(t, &engine, &engine, streams, newFile(t, content), dst, int64(size), Options{Blocks: f.blocks, Always: true})
					if got := fileBytes(t, dst); !bytes.Equal(got, content) {
						t.Errorf("%d other bytes arrived than the %d sent", len(got), size)
					}
					checkPaths(t, f.name, int64(size), streams, out, in)
				})
			}
		}
	}
}

// checkPaths holds the counters of both sides against what was moved.
func checkPaths(t *testing.T, framing string, size int64, streams int, out, in Paths) {
	t.Helper()
	if framing == "raw" {
		if got := out.Sendfile + out.Copied; got != size || out.Splice != 0 {
			t.Errorf("sender counts %+v for %d bytes", out, size)
		}
		if got := in.Splice + in.Copied; got != size || in.Sendfile != 0 {
			t.Errorf("receiver counts %+v for %d bytes", in, size)
		}
		if out.Deflated+out.Stored+out.BlockBytes+in.Deflated+in.Stored+in.BlockBytes != 0 {
			t.Errorf("blocks in a raw transfer: sent %+v, received %+v", out, in)
		}
		return
	}
	if out != in {
		t.Errorf("sent %+v, received %+v", out, in)
	}
	if out.Deflated+out.Stored != size || out.Sendfile+out.Splice+out.Copied != 0 {
		t.Errorf("counts %+v for %d bytes", out, size)
	}
	const header = 8
	blocks := int64(0)
	for _, s := range Split(size, streams) {
		blocks += (s.Length + 255999) / 256000
	}
	switch {
	case framing == "stored" && (out.Stored != size || out.BlockBytes != size+header*blocks):
		t.Errorf("counts %+v for %d incompressible bytes in %d blocks", out, size, blocks)
	case framing == "zlib" && size > 1000 && (out.Deflated < size-10 || out.BlockBytes >= size/2): // the last block may be too short to gain
		t.Errorf("counts %+v for %d bytes of text", out, size)
	}
}

// TestReceiveIntoPreallocated has the destination hold other bytes first, as a
// file prepared by a server does.
func TestReceiveIntoPreallocated(t *testing.T) {
	noLeaks(t)
	for _, f := range framings {
		t.Run(f.name, func(t *testing.T) {
			content := f.content(1<<20 + 1)
			dst := newFile(t, bytes.Repeat([]byte{0xee}, len(content)))
			move(t, new(Engine), new(Engine), 3, newFile(t, content), dst, int64(len(content)), Options{Blocks: f.blocks})
			if !bytes.Equal(fileBytes(t, dst), content) {
				t.Error("other bytes arrived than were sent")
			}
		})
	}
}

// TestOffsetUntouched lets several transfers share one open file.
func TestOffsetUntouched(t *testing.T) {
	for _, f := range framings {
		src, dst := newFile(t, f.content(100)), newFile(t, nil)
		for _, file := range []*os.File{src, dst} {
			if _, err := file.Seek(42, 0); err != nil {
				t.Fatal(err)
			}
		}
		move(t, new(Engine), new(Engine), 3, src, dst, 100, Options{Blocks: f.blocks})
		for _, file := range []*os.File{src, dst} {
			if at, err := file.Seek(0, 1); err != nil || at != 42 {
				t.Errorf("%s: offset is now %d, %v", f.name, at, err)
			}
		}
	}
}

// TestStreamsClosed finds every stream closed on return, whatever happened.
func TestStreamsClosed(t *testing.T) {
	noLeaks(t)
	for _, f := range framings {
		for announced, fate := range map[int64]string{300: "good", 301: "failed"} {
			t.Run(f.name+"/"+fate, func(t *testing.T) {
				near, far := connect(t, 3)
				src, dst := newFile(t, f.content(300)), newFile(t, nil)
				o := Options{Blocks: f.blocks}
				var both sync.WaitGroup
				both.Go(func() {
					err := new(Engine).Send(t.Context(), near, src, announced, o, new(Counters))
					checkClosed(t, near, err, fate)
				})
				both.Go(func() {
					err := new(Engine).Receive(t.Context(), far, dst, announced, o, new(Counters))
					checkClosed(t, far, err, fate)
				})
				both.Wait()
			})
		}
	}
}

func checkClosed(t *testing.T, streams []*net.TCPConn, err error, fate string) {
	t.Helper()
	if (err == nil) != (fate == "good") {
		t.Error(err)
	}
	for i, conn := range streams {
		if err := conn.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("stream %d is still open (%v)", i+1, err)
		}
	}
}

// TestCancel ends both directions while the peer does nothing. The cause comes
// back and nothing stays.
func TestCancel(t *testing.T) {
	noLeaks(t)
	const size = 8 << 20 // more than the kernel's buffers take
	because := errors.New("because")
	for _, f := range framings {
		for _, streams := range []int{1, 10} {
			for _, op := range []string{"send", "receive"} {
				t.Run(fmt.Sprintf("%s/%s/%d", op, f.name, streams), func(t *testing.T) {
					near, _ := narrow(t, streams)
					file := newSparse(t, size)
					ctx, cancel := context.WithCancelCause(t.Context())
					done := make(chan error, 1)
					go func() {
						work := new(Engine).Send
						if op == "receive" {
							work = new(Engine).Receive
						}
						done <- work(ctx, near, file, size, Options{Blocks: f.blocks}, new(Counters))
					}()
					time.Sleep(20 * time.Millisecond) // let it get somewhere; any place is good
					cancel(because)
					if err := <-done; !errors.Is(err, because) {
						t.Errorf("got %v, want the cause", err)
					}
				})
			}
		}
	}
}

// TestCancelBefore has nothing begin.
func TestCancelBefore(t *testing.T) {
	noLeaks(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	near, far := connect(t, 2)
	src, dst := newFile(t, noise(1000)), newFile(t, nil)
	if err := new(Engine).Send(ctx, near, src, 1000, Options{}, new(Counters)); !errors.Is(err, context.Canceled) {
		t.Errorf("Send: %v", err)
	}
	if err := new(Engine).Receive(ctx, far, dst, 1000, Options{}, new(Counters)); !errors.Is(err, context.Canceled) {
		t.Errorf("Receive: %v", err)
	}
}

// TestIdlePeer has a peer that holds the stream open and does nothing.
func TestIdlePeer(t *testing.T) {
	noLeaks(t)
	const size = 8 << 20
	for _, f := range framings {
		// Without a floor: a machine that stands still makes the last bytes a trickle.
		o := Options{Blocks: f.blocks, Idle: 50 * time.Millisecond, Floor: -1}
		t.Run("send/"+f.name, func(t *testing.T) {
			near, _ := narrow(t, 2)
			// Noise, since zero bytes deflate into what fits the buffers.
			src := newFile(t, noise(size))
			err := new(Engine).Send(t.Context(), near, src, size, o, new(Counters))
			checkStreamError(t, err, 0, os.ErrDeadlineExceeded)
		})
		t.Run("receive/"+f.name, func(t *testing.T) {
			near, _ := connect(t, 2)
			err := new(Engine).Receive(t.Context(), near, newFile(t, nil), size, o, new(Counters))
			checkStreamError(t, err, 0, os.ErrDeadlineExceeded)
		})
	}
}

// checkStreamError wants err to name a stream (0: any) and its cause (nil: any).
func checkStreamError(t *testing.T, err error, stream int, cause error) {
	t.Helper()
	var e *StreamError
	if !errors.As(err, &e) || (cause != nil && !errors.Is(err, cause)) || (stream != 0 && e.Stream != stream) {
		t.Errorf("got %v, want stream %d and %v", err, stream, cause)
	}
}
