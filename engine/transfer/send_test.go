package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio/zerocopy"
)

// TestSourceChanged announces another size than the file has. Whatever was
// sent, no segment that the change touches may be complete: the receiver would
// commit it.
func TestSourceChanged(t *testing.T) {
	noLeaks(t)
	const size = 600_000
	for _, f := range framings {
		for _, tt := range []struct {
			name string
			has  int
			want []error
		}{
			{"grown by a byte", size + 1, []error{ErrChanged}},
			{"grown by much", 2 * size, []error{ErrChanged}},
			{"a byte short", size - 1, []error{ErrChanged, zerocopy.ErrShortSource}},
			{"half gone", size / 2, []error{ErrChanged, zerocopy.ErrShortSource}},
			{"empty", 0, []error{ErrChanged, zerocopy.ErrShortSource}},
		} {
			for _, streams := range []int{1, 3} {
				t.Run(fmt.Sprintf("%s/%s/%d", f.name, tt.name, streams), func(t *testing.T) {
					near, far := connect(t, streams)
					dst := newFile(t, nil)
					o := Options{Blocks: f.blocks}
					received := make(chan error, 1)
					var in Counters
					go func() { received <- new(Engine).Receive(t.Context(), far, dst, size, o, &in) }()
					err := new(Engine).Send(t.Context(), near, newFile(t, f.content(tt.has)), size, o, new(Counters))
					if !isOneOf(err, tt.want) {
						t.Errorf("sender: got %v, want one of %v", err, tt.want)
					}
					if err := <-received; err == nil {
						t.Error("receiver takes the file for complete")
					}
					p := in.Paths()
					if got := p.Splice + p.Copied + p.Deflated + p.Stored; got >= size {
						t.Errorf("receiver got all %d bytes", got)
					}
				})
			}
		}
	}
}

// TestFirstReasonCounts has the receiver answer a changed source the way peers
// do, by closing the other streams and, through its caller, ending ctx. Neither
// may hide the reason.
func TestFirstReasonCounts(t *testing.T) {
	noLeaks(t)
	for range 20 {
		near, far := connect(t, 3)
		ctx, cancel := context.WithCancel(t.Context())
		for _, conn := range far {
			go func() {
				_, _ = io.Copy(io.Discard, conn)
				for _, conn := range far {
					conn.Close()
				}
				cancel()
			}()
		}
		err := new(Engine).Send(ctx, near, newFile(t, noise(1001)), 1000, Options{}, new(Counters))
		cancel()
		if !errors.Is(err, ErrChanged) {
			t.Fatalf("got %v, want ErrChanged", err)
		}
	}
}

func isOneOf(err error, causes []error) bool {
	for _, cause := range causes {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// TestSourceChangesHalfway changes the file once the receiver has some of it,
// and before the buffers can have taken the rest.
func TestSourceChangesHalfway(t *testing.T) {
	noLeaks(t)
	const size = 8 << 20
	for _, f := range framings {
		if f.name == "zlib" {
			continue // it would all fit the buffers
		}
		for name, has := range map[string]int64{"shrinks": size / 2, "grows": size + 1} {
			t.Run(f.name+"/"+name, func(t *testing.T) {
				near, far := narrow(t, 1)
				src := newFile(t, f.content(size))
				sent := make(chan error, 1)
				go func() {
					sent <- new(Engine).Send(t.Context(), near, src, size, Options{Blocks: f.blocks}, new(Counters))
				}()
				if _, err := io.CopyN(io.Discard, far[0], 1<<20); err != nil {
					t.Fatal(err)
				}
				if err := src.Truncate(has); err != nil {
					t.Fatal(err)
				}
				rest := <-drain(far)
				if err := <-sent; !isOneOf(err, []error{ErrChanged, zerocopy.ErrShortSource}) {
					t.Errorf("sender: %v", err)
				}
				if rest[0].n+1<<20 >= size {
					t.Error("the whole segment was sent")
				}
			})
		}
	}
}

// TestSourceUnreadable sends from descriptors that give nothing.
func TestSourceUnreadable(t *testing.T) {
	noLeaks(t)
	for _, f := range framings {
		o := Options{Blocks: f.blocks}
		t.Run(f.name+"/directory", func(t *testing.T) {
			dir, err := os.Open(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			near, far := connect(t, 2)
			got := drain(far)
			err = new(Engine).Send(t.Context(), near, dir, 1<<20, o, new(Counters))
			checkStreamError(t, err, 0, syscall.EISDIR)
			for _, d := range <-got {
				if d.n != 0 {
					t.Errorf("%d bytes sent from a directory", d.n)
				}
			}
		})
		t.Run(f.name+"/write-only", func(t *testing.T) {
			src, err := os.OpenFile(newFile(t, noise(1<<20)).Name(), os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer src.Close()
			near, far := connect(t, 2)
			got := drain(far)
			err = new(Engine).Send(t.Context(), near, src, 1<<20, o, new(Counters))
			checkStreamError(t, err, 0, syscall.EBADF)
			<-got
		})
		t.Run(f.name+"/closed", func(t *testing.T) {
			src := newFile(t, noise(1<<20))
			src.Close()
			near, far := connect(t, 2)
			got := drain(far)
			err := new(Engine).Send(t.Context(), near, src, 1<<20, o, new(Counters))
			checkStreamError(t, err, 0, nil)
			<-got
		})
		t.Run(f.name+"/closed halfway", func(t *testing.T) {
			const size = 8 << 20
			src := newFile(t, noise(size))
			near, far := narrow(t, 1)
			sent := make(chan error, 1)
			go func() { sent <- new(Engine).Send(t.Context(), near, src, size, o, new(Counters)) }()
			first, err := io.CopyN(io.Discard, far[0], 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			src.Close()
			rest := <-drain(far)
			checkStreamError(t, <-sent, 1, nil)
			if first+rest[0].n >= size {
				t.Error("the whole segment was sent")
			}
		})
	}
}

// TestAck answers a complete segment with everything but an ACK.
func TestAck(t *testing.T) {
	noLeaks(t)
	ack := wire.AppendAck(nil)
	for _, f := range framings {
		for _, tt := range []struct {
			name   string
			answer []byte
			hold   bool // keep the stream open afterwards
			want   error
		}{
			{"good", ack, false, nil},
			{"good and more", append(bytes.Clone(ack), ack...), false, nil},
			{"other code", wire.Reply{Kind: wire.MsgOK}.Append(nil), false, wire.ErrNotAck},
			{"garbage", []byte("HTTP/1.1"), false, wire.ErrNotAck},
			{"half", ack[:4], false, io.ErrUnexpectedEOF},
			{"none", nil, false, io.ErrUnexpectedEOF},
			{"never", nil, true, os.ErrDeadlineExceeded},
			{"never the second half", ack[:4], true, os.ErrDeadlineExceeded},
		} {
			t.Run(f.name+"/"+tt.name, func(t *testing.T) {
				const size = 2000
				o := Options{Blocks: f.blocks}
				streams := 2
				if tt.hold {
					// A second one could be late itself, and be the one that is named.
					streams, o.AckWait = 1, 50*time.Millisecond
				}
				near, far := connect(t, streams)
				last := far[streams-1]
				var peers sync.WaitGroup
				if streams > 1 {
					peers.Go(func() {
						// Once the other stream has failed this one is closed, anywhere.
						if readSegment(far[0], f.blocks, size/2) == nil {
							_, _ = far[0].Write(ack)
						}
					})
				}
				peers.Go(func() {
					if err := readSegment(last, f.blocks, size/streams); err != nil {
						t.Errorf("read segment: %v", err)
					}
					if _, err := last.Write(tt.answer); err != nil && !tt.hold {
						t.Error(err) // to one that holds it may come too late
					}
					if !tt.hold {
						last.Close()
					}
				})
				err := new(Engine).Send(t.Context(), near, newFile(t, f.content(size)), size, o, new(Counters))
				peers.Wait()
				if tt.want == nil {
					if err != nil {
						t.Error(err)
					}
					return
				}
				checkStreamError(t, err, streams, tt.want)
			})
		}
	}
}

// readSegment takes n bytes of payload off the stream.
func readSegment(conn *net.TCPConn, blocks bool, n int) error {
	if blocks {
		_, err := readBlocks(conn, n)
		return err
	}
	_, err := io.CopyN(io.Discard, conn, int64(n))
	return err
}

// TestAckOfSlowPeer has a peer that takes far longer than AckWait, but never
// stops taking: what counts is that the queue shrinks. A run in which the machine
// stood still for that long itself tells nothing.
func TestAckOfSlowPeer(t *testing.T) {
	noLeaks(t)
	for range 20 {
		err, stood := slowAck(t)
		switch {
		case err == nil:
			return
		case !stood:
			t.Fatal(err)
		}
		t.Logf("another try, as the machine stood still: %v", err)
	}
	t.Error("the machine stands still all the time")
}

// slowAck sends to a slow peer. stood tells whether that was slower than it was
// meant to be.
func slowAck(t *testing.T) (err error, stood bool) {
	t.Helper()
	const (
		size  = 2 << 20
		steps = 16
		limit = time.Second
	)
	near, far := connect(t, 1)
	// All of the segment stands in the sender's kernel when the wait begins.
	if err := errors.Join(near[0].SetWriteBuffer(2*size), far[0].SetReadBuffer(size/steps)); err != nil {
		t.Fatal(err)
	}
	longest := make(chan time.Duration, 1)
	go func() {
		var gap time.Duration
		defer func() { longest <- gap }()
		last := time.Now()
		for range steps {
			time.Sleep(2 * limit / steps)
			if _, err := io.CopyN(io.Discard, far[0], size/steps); err != nil {
				return // the sender tells why
			}
			gap = max(gap, time.Since(last))
			last = time.Now()
		}
		_, _ = far[0].Write(wire.AppendAck(nil))
		gap = max(gap, time.Since(last))
	}()
	err = new(Engine).Send(t.Context(), near, newFile(t, noise(size)), size, Options{AckWait: limit}, new(Counters))
	far[0].Close()
	return err, <-longest > limit/2
}

// TestPeerGone has the receiver of one stream close or reset it at once.
func TestPeerGone(t *testing.T) {
	noLeaks(t)
	const size = 8 << 20
	for _, f := range framings {
		t.Run(f.name, func(t *testing.T) {
			near, far := narrow(t, 3)
			if err := far[1].SetLinger(0); err != nil {
				t.Fatal(err)
			}
			far[1].Close()
			err := new(Engine).Send(t.Context(), near, newFile(t, noise(size)), size, Options{Blocks: f.blocks}, new(Counters))
			var e *StreamError
			if !errors.As(err, &e) || e.Stream != 2 {
				t.Errorf("got %v, want a failure of stream 2", err)
			}
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
				t.Errorf("got %v, want ECONNRESET or EPIPE", err)
			}
			// They read nothing before, or might have had all by then.
			for i, d := range <-drain([]*net.TCPConn{far[0], far[2]}) {
				if d.n >= size/3 {
					t.Errorf("stream %d of a failed transfer is complete", i+1)
				}
			}
		})
	}
}
