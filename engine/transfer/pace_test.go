package transfer

import (
	"bytes"
	"errors"
	"testing"
)

// TestBlocksKeepPace has blocks of all kinds, headers included, tell of each of
// their pieces: what a limit counts is what is on the wire.
func TestBlocksKeepPace(t *testing.T) {
	noLeaks(t)
	const (
		turn   = 10_000
		header = 8
	)
	content := append(append(text(700_000), noise(300_001)...), text(77)...)
	size := int64(len(content))
	for _, always := range []bool{true, false} {
		counting := func(sum *int64) Options {
			o := Options{Blocks: true, Always: always}
			o.piece = func() int64 { return turn }
			o.pace = func(n int64) error {
				if n <= 0 || n > turn+header {
					t.Errorf("a piece of %d bytes", n)
				}
				*sum += n
				return nil
			}
			return o
		}
		near, far := connect(t, 1)
		dst := newFile(t, nil)
		var out, in int64
		var counters Counters
		sent := make(chan error, 1)
		go func() {
			sent <- new(Engine).Send(t.Context(), near, newFile(t, content), size, counting(&out), new(Counters))
		}()
		err := new(Engine).Receive(t.Context(), far, dst, size, counting(&in), &counters)
		if err = errors.Join(err, <-sent); err != nil {
			t.Fatal(err)
		}
		if wire := counters.BlockBytes.Load(); out != wire || in != wire {
			t.Errorf("always %v: told of %d bytes sent, %d received, of %d", always, out, in, wire)
		}
		if !bytes.Equal(fileBytes(t, dst), content) {
			t.Error("other bytes arrived than were sent")
		}
	}
}
