package transfer

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// checkPanic wants a failure that tells where it came from.
func checkPanic(t *testing.T, err error, in string) {
	t.Helper()
	var p *Panic
	var stream *StreamError
	if !errors.As(err, &p) || !errors.As(err, &stream) {
		t.Fatalf("got %v, want a panic of a stream", err)
	}
	if p.Value != "broken" || !strings.Contains(string(p.Stack), in) {
		t.Errorf("%v at\n%s\nwant it in %s", p.Value, p.Stack, in)
	}
	if strings.Contains(err.Error(), "goroutine") {
		t.Errorf("the error tells the stack: %v", err)
	}
}

// TestStreamPanics: a panic in one of the streams is the end of its transfer,
// and of nothing else.
func TestStreamPanics(t *testing.T) {
	noLeaks(t)
	content := text(3 << 20)
	for _, blocks := range []bool{false, true} {
		var e Engine
		for _, sender := range []bool{true, false} {
			near, far := connect(t, 4)
			broken, whole := Options{Blocks: blocks}, Options{Blocks: blocks}
			broken.piece = func() int64 { return 64 << 10 }
			broken.pace = func(int64) error { panic("broken") }
			out, into := broken, whole
			if !sender {
				out, into = whole, broken
			}
			sent := make(chan error, 1)
			go func() {
				sent <- e.Send(t.Context(), near, newFile(t, content), int64(len(content)), out, new(Counters))
			}()
			received := e.Receive(t.Context(), far, newFile(t, nil), int64(len(content)), into, new(Counters))
			if sender {
				checkPanic(t, <-sent, "TestStreamPanics")
				if received == nil {
					t.Error("the other end believes in it")
				}
			} else {
				checkPanic(t, received, "TestStreamPanics")
				<-sent
			}
		}
		if n := inUse(&e); n != 0 {
			t.Errorf("%d bytes are still held", n)
		}
		dst := newFile(t, nil)
		move(t, &e, &e, 4, newFile(t, content), dst, int64(len(content)), Options{Blocks: blocks})
	}
}

// TestWorkerPanics: the worker goes on with the blocks of others.
func TestWorkerPanics(t *testing.T) {
	noLeaks(t)
	content := text(3 << 20)
	size := int64(len(content))
	broken := func() any { panic("broken") }
	var e Engine
	e.codec.inflaters.New = broken
	near, far := connect(t, 1)
	go func() { _, _ = near[0].Write(zlibBlock(content[:100_000])) }()
	err := e.Receive(t.Context(), far, newFile(t, nil), 100_000, Options{Blocks: true}, new(Counters))
	checkPanic(t, err, "unpack")
	e.codec.inflaters.New = nil

	e.codec.deflaters[fast].New = broken
	near, far = connect(t, 3)
	ended := drain(far)
	checkPanic(t, e.Send(t.Context(), near, newFile(t, content), size, Options{Blocks: true, Always: true}, new(Counters)), "pack")
	<-ended
	e.codec.deflaters[fast].New = nil

	if n := inUse(&e); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
	dst := newFile(t, nil)
	move(t, &e, &e, 4, newFile(t, content), dst, size, Options{Blocks: true, Always: true})
	if !bytes.Equal(fileBytes(t, dst), content) {
		t.Error("other bytes arrived than were sent")
	}
}
