package storage

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestPromises: what was promised earlier counts, as far as it was not taken.
func TestPromises(t *testing.T) {
	dir := tempDir(t)
	file := func(name string, written int) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err == nil {
			_, err = f.Write(make([]byte, written))
		}
		if err = errors.Join(err, f.Sync()); err != nil { // before, blocks may not be counted yet
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	const block = 64 << 10
	l := NewLedger()
	want := func(before func() int64, n int64) {
		t.Helper()
		if got := before(); got < n-block/2 || got > n {
			t.Errorf("%d bytes promised before, want %d", got, n)
		}
	}
	none, settleFirst := l.promise(1, file("a", block), 4*block)
	first, settleSecond := l.promise(1, file("b", 0), 2*block)
	both, settleThird := l.promise(1, file("c", 0), block)
	other, settleOther := l.promise(2, file("d", 0), block)
	want(none, 0)
	want(first, 3*block)
	want(both, 5*block)
	want(other, 0)
	for _, settle := range []func(){settleFirst, settleFirst, settleThird, settleSecond, settleOther} {
		settle()
	}
	if len(l.promised) != 0 {
		t.Errorf("%d devices are left", len(l.promised))
	}
	last, settle := l.promise(1, file("e", 0), block)
	defer settle()
	want(last, 0)
	closed := file("f", 0)
	closed.Close()
	if _, settle := l.promise(3, closed, block); settle != nil {
		defer settle()
	}
	after, settle := l.promise(3, closed, block)
	defer settle()
	want(after, 0)
}

func TestDue(t *testing.T) {
	l := NewLedger()
	now := time.Now()
	for i := range uint64(2 * maxSwept) {
		if !l.due(identity{1, i}, now) {
			t.Fatalf("directory %d was swept", i)
		}
		if len(l.swept) > maxSwept {
			t.Fatalf("%d directories are remembered", len(l.swept))
		}
	}
	for i, want := range []bool{true, false, false, true, false} {
		if got := l.due(identity{2, 1}, now.Add(time.Duration(i)*sweepAge*2/5)); got != want {
			t.Errorf("look %d: due %v", i, got)
		}
	}
}

// TestCanNameOnce asks a device once.
func TestCanNameOnce(t *testing.T) {
	l := NewLedger()
	tried := 0
	for _, c := range []struct {
		device uint64
		can    bool
	}{{1, true}, {2, false}, {1, true}, {2, false}} {
		if got := l.canName(c.device, func() bool { tried++; return c.can }); got != c.can {
			t.Errorf("device %d: %v", c.device, got)
		}
	}
	if tried != 2 {
		t.Errorf("tried %d times", tried)
	}
}
