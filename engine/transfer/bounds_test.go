package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"bbftp/engine/wire"
	"bbftp/netio/zerocopy"
)

// TestAnnouncedBlock has a peer announce a large block, and send little of it:
// a header must not take the memory.
func TestAnnouncedBlock(t *testing.T) {
	noLeaks(t)
	const limit = 32 << 20
	for _, code := range []wire.BlockCode{wire.BlockStored, wire.BlockZlib} {
		stream := block(int32(code), limit, []byte{0x78, 0x9c})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := receive(t, limit, Options{Blocks: true, BlockSize: limit}, stream, newFile(t, nil))
		runtime.ReadMemStats(&after)
		checkStreamError(t, err, 1, io.ErrUnexpectedEOF)
		if took := after.TotalAlloc - before.TotalAlloc; took > limit/4 {
			t.Errorf("code %d: %d bytes allocated for two", code, took)
		}
	}
}

// TestLookahead takes all there is, and more.
func TestLookahead(t *testing.T) {
	var l holding
	const block = 1 << 20
	n := int64(0)
	for l.reserve(block) {
		n++
	}
	if n*block > lookaheadLimit || (n+1)*block <= lookaheadLimit {
		t.Errorf("%d bytes, want %d", n*block, lookaheadLimit)
	}
	l.release(n * block)
	if !l.reserve(block) {
		t.Error("nothing of what was released")
	}
}

// TestLargeBlocks moves a file in blocks as large as may be agreed on.
func TestLargeBlocks(t *testing.T) {
	noLeaks(t)
	const limit = 64 << 20
	const size = 3 << 20
	dst := newFile(t, nil)
	// A peer's block that is larger than any of ours grows its memory.
	words, random := bytes.Repeat(text(size/3072), 3072), noise(size)
	for _, b := range []struct{ content, block []byte }{{words, zlibBlock(words)}, {random, storedBlock(random)}} {
		if _, err := receive(t, int64(len(b.content)), Options{Blocks: true, BlockSize: limit}, b.block, dst); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(fileBytes(t, dst), b.content) {
			t.Error("other bytes arrived than were sent")
		}
	}
	content := append(words, random...)
	var e Engine
	o := Options{Blocks: true, BlockSize: limit}
	move(t, &e, &e, 3, newFile(t, content), dst, int64(len(content)), o)
	if !bytes.Equal(fileBytes(t, dst), content) {
		t.Error("other bytes arrived than were sent")
	}
	if left := inUse(&e); left != 0 {
		t.Errorf("%d bytes are still held", left)
	}
}

// TestHeldIsGivenBack fails transfers halfway and wants all memory back.
func TestHeldIsGivenBack(t *testing.T) {
	noLeaks(t)
	var from, to Engine
	content := append(text(1<<19), noise(3<<19)...)
	out := Options{Blocks: true, Always: true}
	into := Options{Blocks: true}
	for range 3 {
		near, far := narrow(t, 4)
		sent := make(chan error, 1)
		go func() {
			sent <- from.Send(t.Context(), near, newFile(t, content), int64(len(content)), out, new(Counters))
		}()
		var in Counters
		received := make(chan error, 1)
		go func() {
			received <- to.Receive(t.Context(), far, newFile(t, nil), int64(len(content)), into, &in)
		}()
		for in.BlockBytes.Load() == 0 {
			runtime.Gosched()
		}
		_ = far[2].Close()
		<-sent
		<-received
	}
	for name, e := range map[string]*Engine{"sender": &from, "receiver": &to} {
		if left := inUse(e); left != 0 {
			t.Errorf("%s: %d bytes are still held", name, left)
		}
	}
}

// TestSharedEngine has transfers of all kinds share two engines while some fail:
// a buffer that were given back too early would show in the files of others.
func TestSharedEngine(t *testing.T) {
	noLeaks(t)
	var from, to Engine
	content := append(text(300_000), noise(100_000)...)
	src := newFile(t, content)
	var all sync.WaitGroup
	for i := range 12 {
		near, far := connect(t, 1+i%3)
		dst := newFile(t, nil)
		all.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := Options{Blocks: true, BlockSize: []int{1 << 12, 100_000, 256 << 10, 3 << 20}[i%4], Always: i%2 == 0}
			sent := make(chan error, 1)
			go func() { sent <- from.Send(ctx, near, src, int64(len(content)), o, new(Counters)) }()
			switch i % 6 {
			case 1:
				defer time.AfterFunc(time.Duration(i)*time.Millisecond, cancel).Stop()
			case 3:
				defer time.AfterFunc(time.Duration(i)*time.Millisecond, func() { _ = far[0].Close() }).Stop()
			}
			err := to.Receive(ctx, far, dst, int64(len(content)), o, new(Counters))
			err = errors.Join(err, <-sent)
			switch {
			case err == nil && !bytes.Equal(fileBytes(t, dst), content):
				t.Error("other bytes arrived than were sent")
			case err != nil && i%6 != 1 && i%6 != 3:
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// TestCancelBehindOthers ends a transfer whose blocks wait for workers that
// others keep busy. They are not deflated any more.
func TestCancelBehindOthers(t *testing.T) {
	noLeaks(t)
	for _, always := range []bool{false, true} {
		t.Run(fmt.Sprint(always), func(t *testing.T) {
			var e Engine
			free := make(chan struct{})
			for range runtime.GOMAXPROCS(0) {
				e.codec.do(func() { <-free })
			}
			near, _ := connect(t, 3)
			src := newFile(t, text(1<<20))
			because := errors.New("because")
			ctx, cancel := context.WithCancelCause(t.Context())
			sent := make(chan error, 1)
			var c Counters
			o := Options{Blocks: true, Always: always}
			go func() { sent <- e.Send(ctx, near, src, 1<<20, o, &c) }()
			for c.FileTime.Load() == 0 {
				runtime.Gosched() // a block is read
			}
			cancel(because)
			close(free)
			if err := <-sent; !errors.Is(err, because) {
				t.Errorf("got %v, want the cause", err)
			}
			if left := inUse(&e); left != 0 {
				t.Errorf("%d bytes are still held", left)
			}
		})
	}
}

// TestLeftBlockShrinks cuts the source while a block of it is left as it is: its
// header has gone out already.
func TestLeftBlockShrinks(t *testing.T) {
	near, far := connect(t, 1)
	defer func() { <-drain(far) }()
	defer near[0].Close()
	o, c := Options{Idle: time.Minute}, new(Counters)
	s := &blockSender{conn: near[0], src: newFile(t, noise(500)), o: o, c: c, out: newBlockWriter(near[0], o, c)}
	if err := s.sendFile(wire.BlockHeader{Len: 1000}, 0); !errors.Is(err, zerocopy.ErrShortSource) {
		t.Errorf("got %v, want ErrShortSource", err)
	}
}
