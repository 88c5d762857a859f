package journal

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	queueItems = 4096    // some seconds of a busy server
	queueBytes = 4 << 20 // what may wait for a disk that hangs
	flushWait  = 5 * time.Second
)

var errFull = errors.New("the lines before are not written yet")

// queue has one goroutine write what any number of others offer, so that no
// session ever waits for a disk. What finds no room is lost, and counted.
//
//	      no room, or a write failed: tell(cause)
//	whole ──────────────────────────────────────▶ losing
//	      ◀──────────────────────────────────────
//	      a write succeeded and nothing waits: told(lost)
type queue[T any] struct {
	write func(T) error
	size  func(T) int
	// change is told of each change of state, in a goroutine of its own as it may
	// wait: the cause when things begin to be lost; nil and how many when that is over.
	change func(cause error, lost int64)

	lost atomic.Int64

	mu      sync.Mutex
	changed sync.Cond // of what follows
	waiting []T
	bytes   int
	taken   int64 // that were offered and not lost at once
	done    int64 // of them
	losing  bool
	before  int64 // lost when it last was whole
	closed  bool
}

func newQueue[T any](write func(T) error, size func(T) int, change func(error, int64)) *queue[T] {
	q := &queue[T]{write: write, size: size, change: change}
	q.changed.L = &q.mu
	go q.run()
	return q
}

// offer never waits.
func (q *queue[T]) offer(item T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := q.size(item)
	if q.closed || len(q.waiting) >= queueItems || q.bytes+size > queueBytes {
		q.lose(errFull)
		return
	}
	q.waiting = append(q.waiting, item)
	q.bytes += size
	q.taken++
	q.changed.Broadcast()
}

// lose counts one more. The lock is held.
func (q *queue[T]) lose(cause error) {
	q.lost.Add(1)
	if !q.losing && !q.closed {
		q.losing = true
		go q.change(cause, 0)
	}
}

func (q *queue[T]) run() {
	for {
		item, ok := q.next()
		if !ok {
			return
		}
		q.wrote(q.write(item))
	}
}

func (q *queue[T]) next() (item T, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 {
		if q.closed {
			return item, false
		}
		q.changed.Wait()
	}
	item, q.waiting[0] = q.waiting[0], item // append would keep what was written
	q.waiting = q.waiting[1:]
	q.bytes -= q.size(item)
	return item, true
}

func (q *queue[T]) wrote(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.done++
	q.changed.Broadcast()
	switch {
	case err != nil:
		q.lose(err)
	case q.losing && len(q.waiting) == 0:
		q.losing = false
		lost := q.lost.Load()
		go q.change(nil, lost-q.before)
		q.before = lost
	}
}

func (q *queue[T]) dropped() int64 { return q.lost.Load() }

// flush waits for what was offered so far, but not for ever.
func (q *queue[T]) flush() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	late := false
	defer time.AfterFunc(flushWait, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		late = true
		q.changed.Broadcast()
	}).Stop()
	for taken := q.taken; q.done < taken; q.changed.Wait() {
		if late {
			return fmt.Errorf("%d lines are not written after %v", taken-q.done, flushWait)
		}
	}
	return nil
}

// close ends the goroutine once all is written, and waits for that as flush does.
func (q *queue[T]) close() error {
	q.mu.Lock()
	q.closed = true
	q.changed.Broadcast()
	q.mu.Unlock()
	return q.flush()
}
