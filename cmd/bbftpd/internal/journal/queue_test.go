package journal

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// disk is a file that can be made to hang and to fail.
type disk struct {
	mu    sync.Mutex
	gate  chan struct{} // a write waits for it, if there is one
	err   error
	lines []string
}

func (d *disk) write(line []byte) error {
	d.mu.Lock()
	gate := d.gate
	d.mu.Unlock()
	if gate != nil {
		<-gate
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	d.lines = append(d.lines, string(line))
	return nil
}

func (d *disk) set(gate chan struct{}, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gate, d.err = gate, err
}

type changes struct {
	began atomic.Int64
	ended atomic.Int64
	lost  atomic.Int64
}

func (c *changes) change(cause error, lost int64) {
	if cause != nil {
		c.began.Add(1)
		return
	}
	c.ended.Add(1)
	c.lost.Add(lost)
}

// TestHungDisk has nobody wait, some lines kept, the others counted, and all
// that was kept written when the disk is back.
func TestHungDisk(t *testing.T) {
	for _, tt := range []struct {
		name string
		size int
		kept int // at least, and at most one more, which is being written
	}{
		{"many lines", 10, queueItems},
		{"long lines", 64 << 10, queueBytes / (64 << 10)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var d disk
				var c changes
				back := make(chan struct{})
				d.set(back, nil)
				q := newQueue(d.write, lineSize, c.change)
				const offered = 10000
				line := make([]byte, tt.size)
				for range offered {
					q.offer(line)
				}
				synctest.Wait()
				lost := q.lost.Load()
				if kept := offered - int(lost); kept < tt.kept || kept > tt.kept+1 {
					t.Errorf("%d kept, want %d", kept, tt.kept)
				}
				if c.began.Load() != 1 || c.ended.Load() != 0 {
					t.Errorf("told %d times", c.began.Load())
				}
				d.set(nil, nil)
				close(back)
				synctest.Wait()
				if c.ended.Load() != 1 || c.lost.Load() != lost {
					t.Errorf("%d ends, %d lost, want %d", c.ended.Load(), c.lost.Load(), lost)
				}
				if err := q.close(); err != nil || len(d.lines)+int(lost) != offered {
					t.Errorf("%d written, %d lost: %v", len(d.lines), lost, err)
				}
			})
		})
	}
}

func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		var c changes
		q := newQueue(d.write, lineSize, c.change)
		send := func(n int) {
			for range n {
				q.offer([]byte("line\n"))
			}
			synctest.Wait()
		}
		send(3)
		d.set(nil, errors.New("no space left on device"))
		send(5)
		d.set(nil, nil)
		send(3)
		d.set(nil, errors.New("no space left on device"))
		send(2)
		d.set(nil, nil)
		send(1)
		if err := q.close(); err != nil {
			t.Fatal(err)
		}
		if len(d.lines) != 7 || q.lost.Load() != 7 || c.began.Load() != 2 || c.ended.Load() != 2 || c.lost.Load() != 7 {
			t.Errorf("%d written, %d lost, told %d and %d times of %d", len(d.lines), q.lost.Load(), c.began.Load(), c.ended.Load(), c.lost.Load())
		}
	})
}

// TestCloseGivesUp has the program end although the disk hangs.
func TestCloseGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d disk
		back := make(chan struct{})
		d.set(back, nil)
		q := newQueue(d.write, lineSize, func(error, int64) {})
		q.offer([]byte("1"))
		q.offer([]byte("2"))
		began := time.Now()
		if err := q.close(); err == nil {
			t.Error("no error")
		}
		if waited := time.Since(began); waited != flushWait {
			t.Error("waited", waited)
		}
		close(back)
		if err := q.flush(); err != nil || len(d.lines) != 2 {
			t.Error(err)
		}
	})
}

// notified closes told when it has handled a record.
type notified struct {
	slog.Handler
	told chan struct{}
}

func (n notified) Handle(ctx context.Context, r slog.Record) error {
	defer close(n.told)
	return n.Handler.Handle(ctx, r)
}
