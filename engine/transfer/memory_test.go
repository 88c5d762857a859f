package transfer

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"bbftp/engine/wire"
)

// inUse is what an engine's compressed transfers hold at the moment.
func inUse(e *Engine) int64 {
	e.budget.begin(e.Memory)
	for n := e.budget.all; n > 0; n-- {
		if e.budget.free.TryAcquire(n) {
			e.budget.free.Release(n)
			return e.budget.all - n
		}
	}
	return e.budget.all
}

// TestMemoryShared has many transfers share little memory: all come to their end,
// one after the other where there is not enough for two, and give all back.
func TestMemoryShared(t *testing.T) {
	noLeaks(t)
	content := append(text(700_000), noise(300_000)...)
	for name, memory := range map[string]int64{
		"one at a time": 4 << 19, // four streams, two blocks each
		"a few":         6 << 20,
		"plenty":        0,
	} {
		t.Run(name, func(t *testing.T) {
			from, to := Engine{Memory: memory}, Engine{Memory: memory}
			src := newFile(t, content)
			var all sync.WaitGroup
			for range 8 {
				dst := newFile(t, nil)
				near, far := connect(t, 4)
				all.Go(func() {
					sent := make(chan error, 1)
					o := Options{Blocks: true, Always: true}
					go func() { sent <- from.Send(t.Context(), near, src, int64(len(content)), o, new(Counters)) }()
					err := to.Receive(t.Context(), far, dst, int64(len(content)), o, new(Counters))
					if err = errors.Join(err, <-sent); err != nil {
						t.Error(err)
					} else if !bytes.Equal(fileBytes(t, dst), content) {
						t.Error("other bytes arrived than were sent")
					}
				})
			}
			all.Wait()
			for _, e := range []*Engine{&from, &to} {
				if n := inUse(e); n != 0 {
					t.Errorf("%d bytes are still held", n)
				}
			}
		})
	}
}

// TestMemoryTaken: who finds no memory waits, no longer than it may, and the
// others are not disturbed.
func TestMemoryTaken(t *testing.T) {
	noLeaks(t)
	const size = 1 << 20
	e := Engine{Memory: 1 << 20}
	e.budget.begin(e.Memory)
	if !e.budget.free.TryAcquire(1 << 20) {
		t.Fatal("no memory at all")
	}
	for way, move := range map[direction]func(context.Context, time.Duration) error{
		sending: func(ctx context.Context, idle time.Duration) error {
			near, _ := connect(t, 2)
			return e.Send(ctx, near, newFile(t, text(size)), size, Options{Blocks: true, Idle: idle}, new(Counters))
		},
		receiving: func(ctx context.Context, idle time.Duration) error {
			_, far := connect(t, 2)
			return e.Receive(ctx, far, newFile(t, nil), size, Options{Blocks: true, Idle: idle}, new(Counters))
		},
	} {
		if err := move(t.Context(), 10*time.Millisecond); !errors.Is(err, ErrMemory) {
			t.Errorf("%s: %v, want ErrMemory", way, err)
		}
		because := errors.New("because")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(because)
		if err := move(ctx, time.Hour); !errors.Is(err, because) {
			t.Errorf("%s: %v, want the cause", way, err)
		}
	}
	tiny := Engine{Memory: 64 << 10}
	near, _ := connect(t, 1)
	if err := tiny.Send(t.Context(), near, newFile(t, text(size)), size, Options{Blocks: true}, new(Counters)); !errors.Is(err, ErrMemory) {
		t.Errorf("more than all: %v, want ErrMemory at once", err)
	}
	near, _ = connect(t, 1)
	ended := make(chan []drained, 1)
	near2, far2 := connect(t, 1)
	go func() { ended <- <-drain(far2) }()
	_ = e.Send(t.Context(), near2, newFile(t, text(100)), 100, Options{Idle: time.Minute, AckWait: 10 * time.Millisecond}, new(Counters))
	if got := (<-ended)[0]; got.n != 100 {
		t.Errorf("a transfer without blocks sent %d bytes", got.n)
	}
	near[0].Close()
	e.budget.free.Release(1 << 20)
	if n := inUse(&e); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

// TestMemoryOfLargeBlocks: a peer that announces a block larger than a share waits
// for memory before a byte of it is read.
func TestMemoryOfLargeBlocks(t *testing.T) {
	noLeaks(t)
	const limit = 32 << 20
	e := Engine{Memory: 8 << 20}
	near, far := connect(t, 1)
	go func() { _, _ = near[0].Write(block(int32(wire.BlockZlib), 16<<20, make([]byte, 100))) }()
	// What the transfer itself holds does not become free: no use in waiting.
	o := Options{Blocks: true, BlockSize: limit, Idle: time.Hour}
	if err := e.Receive(t.Context(), far, newFile(t, nil), 64<<20, o, new(Counters)); !errors.Is(err, ErrMemory) {
		t.Errorf("got %v, want ErrMemory", err)
	}
	if n := inUse(&e); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

// TestHoldingEnds gives back even what a stream that ended in a panic forgot.
func TestHoldingEnds(t *testing.T) {
	e := Engine{Memory: 8 << 20}
	h, err := e.hold(t.Context(), sending, Split(1<<20, 2), Options{Blocks: true}.withDefaults())
	if err != nil || !h.reserve(1<<20) {
		t.Fatalf("no memory: %v", err)
	}
	h.end()
	if n := inUse(&e); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
	// All but a byte would be free at the end of others, a larger block never fits.
	if h, err = e.hold(t.Context(), receiving, Split(1<<20, 1), Options{Blocks: true}.withDefaults()); err != nil {
		t.Fatal(err)
	}
	defer h.end()
	if err := h.need(t.Context(), e.Memory-h.shares+1, time.Hour); !errors.Is(err, ErrMemory) {
		t.Errorf("got %v, want ErrMemory at once", err)
	}
}

func TestFootprint(t *testing.T) {
	for n, want := range map[int64]int64{0: 1, 1: 1, 2: 2, 3: 4, 256000: 1 << 18, 1 << 18: 1 << 18, 1<<18 + 1: 1 << 19} {
		if got := footprint(n); got != want {
			t.Errorf("footprint(%d) = %d, want %d", n, got, want)
		}
	}
}
