package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// TestWorkersBound has many tasks run, no more at a time than there are
// processors.
func TestWorkersBound(t *testing.T) {
	noLeaks(t)
	var (
		w         workers
		all       sync.WaitGroup
		now, most atomic.Int64
	)
	for range 1000 {
		all.Add(1)
		w.do(func() {
			defer all.Done()
			n := now.Add(1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			runtime.Gosched()
			now.Add(-1)
		})
	}
	all.Wait()
	if allowed := runtime.GOMAXPROCS(0); most.Load() > int64(allowed) {
		t.Errorf("%d tasks at a time on %d processors", most.Load(), allowed)
	}
}

// TestWorkersOrder leaves one worker, the others being busy: it takes the tasks
// as they came.
func TestWorkersOrder(t *testing.T) {
	noLeaks(t)
	var w workers
	free := make(chan struct{})
	for range runtime.GOMAXPROCS(0) - 1 {
		w.do(func() { <-free })
	}
	ran := make(chan int, 1000)
	for i := range cap(ran) {
		w.do(func() { ran <- i })
	}
	for i := range cap(ran) {
		if got := <-ran; got != i {
			t.Fatalf("task %d ran when it was the turn of %d", got, i)
		}
	}
	close(free)
}

// TestOrder keeps the workers busy with tasks of random length between the
// blocks of a stream, in both directions: whichever is ready first, blocks leave
// and are written in their order.
func TestOrder(t *testing.T) {
	noLeaks(t)
	const size = 600_001
	content := append(append(text(size/3), noise(size/3)...), text(size-2*(size/3))...)
	var from, to Engine
	stop := make(chan struct{})
	var hindrance func(e *Engine, r *rand.Rand)
	hindrance = func(e *Engine, r *rand.Rand) {
		select {
		case <-stop:
		default:
			time.Sleep(time.Duration(r.IntN(300)) * time.Microsecond)
			e.codec.do(func() { hindrance(e, r) })
		}
	}
	for i, e := range []*Engine{&from, &to} {
		e.codec.do(func() { hindrance(e, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	defer close(stop)
	for _, always := range []bool{true, false} {
		for _, block := range []int{1000, 50_000} {
			dst := newFile(t, nil)
			move(t, &from, &to, 2, newFile(t, content), dst, size, Options{Blocks: true, Always: always, BlockSize: block})
			if !bytes.Equal(fileBytes(t, dst), content) {
				t.Errorf("blocks of %d, always %v: other bytes arrived than were sent", block, always)
			}
		}
	}
}

// TestBadBlockIsNamed puts one bad block among good ones and wants its offset,
// with what is before it written and nothing behind.
func TestBadBlockIsNamed(t *testing.T) {
	noLeaks(t)
	const piece, pieces = 10_000, 12
	content := text(piece * pieces)
	var good [pieces][]byte
	for i := range good {
		good[i] = zlibBlock(content[i*piece:][:piece])
		if i%3 == 2 {
			good[i] = storedBlock(content[i*piece:][:piece])
		}
	}
	for bad := range pieces {
		for _, cut := range []bool{false, true} { // the connection, behind the bad block
			var stream []byte
			for i, b := range good {
				if i == bad {
					b = block(1, 20, make([]byte, 20))
				}
				stream = append(stream, b...)
				if i == bad && cut {
					break
				}
			}
			dst := newFile(t, nil)
			_, err := receive(t, piece*pieces, Options{Blocks: true, BlockSize: piece}, stream, dst)
			if !errors.Is(err, ErrBlock) {
				t.Fatalf("block %d: %v", bad, err)
			}
			want := fmt.Sprintf("data stream 1: receive: bad block at %d: ", bad*piece)
			if got := err.Error(); len(got) < len(want) || got[:len(want)] != want {
				t.Errorf("%q, want it to begin with %q", got, want)
			}
			if got := fileBytes(t, dst); !bytes.Equal(got, content[:bad*piece]) {
				t.Errorf("block %d: %d bytes written, want the %d before it", bad, len(got), bad*piece)
			}
		}
	}
}

// TestBadBlockBeforeSilence has the peer send a bad block and then nothing.
func TestBadBlockBeforeSilence(t *testing.T) {
	noLeaks(t)
	for name, bad := range map[string][]byte{"garbage": block(1, 20, make([]byte, 20)), "empty": zlibBlock(nil)} {
		near, far := connect(t, 1)
		if _, err := near[0].Write(append(zlibBlock(text(100)), bad...)); err != nil {
			t.Fatal(err)
		}
		o := Options{Blocks: true, BlockSize: 1000, Idle: time.Hour}
		err := new(Engine).Receive(t.Context(), far, newFile(t, nil), 1<<20, o, new(Counters))
		checkStreamError(t, err, 1, ErrBlock)
		if want := "bad block at 100: "; !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %q, want %q in it", name, err, want)
		}
	}
}

// TestShortBlocks has a peer send less per block than it may, and hold back what
// follows until the receiver had to make do with what it has.
func TestShortBlocks(t *testing.T) {
	noLeaks(t)
	content := text(1000)
	near, far := connect(t, 1)
	dst := newFile(t, nil)
	received := make(chan error, 1)
	var c Counters
	go func() {
		received <- new(Engine).Receive(t.Context(), far, dst, int64(len(content)), Options{Blocks: true}, &c)
	}()
	for at := 0; at < len(content); at += 100 {
		if _, err := near[0].Write(zlibBlock(content[at:][:100])); err != nil {
			t.Fatal(err)
		}
		for began := time.Now(); c.Deflated.Load() < int64(at+100); time.Sleep(time.Millisecond) {
			if time.Since(began) > 10*time.Second {
				t.Fatalf("%d bytes written after 10 s, want %d", c.Deflated.Load(), at+100)
			}
		}
	}
	if err := wire.ReadAck(near[0]); err != nil {
		t.Error(err)
	}
	if err := <-received; err != nil {
		t.Error(err)
	}
}

// TestAlways deflates all, however fast the connection. Without it the first
// block is deflated, and what follows is for the connection to decide, here one
// whose peer takes all and inflates nothing.
func TestAlways(t *testing.T) {
	noLeaks(t)
	const size = 2 << 20
	src := newFile(t, text(size))
	send := func(o Options) Paths {
		near, far := connect(t, 1)
		gone := drain(far)
		o.Blocks, o.AckWait = true, 50*time.Millisecond // none comes
		var c Counters
		if err := new(Engine).Send(t.Context(), near, src, size, o, &c); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		<-gone
		return c.Paths()
	}
	if p := send(Options{Always: true}); p.Deflated != size {
		t.Errorf("%+v, want all deflated", p)
	}
	if p := send(Options{}); p.Deflated == 0 || p.Deflated+p.Stored != size {
		t.Errorf("%+v", p)
	}
}

// TestSparse leaves out zeros, but keeps the size and everything else.
func TestSparse(t *testing.T) {
	noLeaks(t)
	const size = 2<<20 + 5
	content := make([]byte, size)
	copy(content[1<<20:], noise(100_000))
	for _, tail := range []bool{false, true} {
		if tail {
			content[size-1] = 1
		}
		near, far := connect(t, 1)
		dst := newFile(t, nil)
		sent := make(chan error, 1)
		go func() {
			sent <- new(Engine).Send(t.Context(), near, newFile(t, content), size, Options{Blocks: true}, new(Counters))
		}()
		var c Counters
		if err := new(Engine).Receive(t.Context(), far, dst, size, Options{Blocks: true, Sparse: true}, &c); err != nil {
			t.Fatal(err)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
		if !bytes.Equal(fileBytes(t, dst), content) {
			t.Error("other bytes arrived than were sent")
		}
		if c.Holes.Load() < 1<<20 {
			t.Errorf("%d bytes left out", c.Holes.Load())
		}
	}
}

// TestLook wants what deflates to be told from what does not.
func TestLook(t *testing.T) {
	for _, n := range []int{1, 100, 10_000, 256_000, 1 << 20} {
		if !compressible(text(n)) {
			t.Errorf("%d bytes of text are not worth deflating", n)
		}
		if n >= 10_000 && compressible(noise(n)) {
			t.Errorf("%d bytes of noise are worth deflating", n)
		}
	}
	half := append(noise(100_000), text(100_000)...)
	if !compressible(half) {
		t.Error("noise and text are not worth deflating")
	}
}

// TestCodecCounts wants the cost of both directions counted.
func TestCodecCounts(t *testing.T) {
	noLeaks(t)
	const size = 2 << 20
	near, far := connect(t, 1)
	src := newFile(t, text(size))
	var out, in Counters
	sent := make(chan error, 1)
	go func() {
		sent <- new(Engine).Send(t.Context(), near, src, size, Options{Blocks: true, Always: true}, &out)
	}()
	if err := new(Engine).Receive(t.Context(), far, newFile(t, nil), size, Options{Blocks: true}, &in); err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*Counters{"sender": &out, "receiver": &in} {
		if c.FileTime.Load() == 0 {
			t.Errorf("%s: no time for the file", name)
		}
		if runtime.GOOS == "linux" && c.Codec.Load() == 0 {
			t.Errorf("%s: no processor time for the codec", name)
		}
	}
	if in.SocketWait.Load() == 0 {
		t.Error("receiver: no wait for the connection")
	}
}
