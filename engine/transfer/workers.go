package transfer

import (
	"runtime"
	"sync"
)

// workers run tasks in the order they came, at most as many at a time as there
// are processors: more would only take memory. The zero value is ready.
//
// A worker starts when there is a task for it and ends when there is none, so
// an engine that moves nothing has no goroutines and needs no closing.
type workers struct {
	mu      sync.Mutex
	tasks   []func()
	running int
}

// do has task run, soon and in another goroutine.
func (w *workers) do(task func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tasks = append(w.tasks, task)
	if w.running < runtime.GOMAXPROCS(0) {
		w.running++
		go w.work()
	}
}

func (w *workers) work() {
	for {
		w.mu.Lock()
		if len(w.tasks) == 0 {
			w.tasks = nil
			w.running--
			w.mu.Unlock()
			return
		}
		task := w.tasks[0]
		w.tasks[0] = nil
		w.tasks = w.tasks[1:]
		w.mu.Unlock()
		task()
	}
}

// depth is how many blocks of a stream may be under way: one for each worker,
// so that a single stream keeps all processors busy, and one for the connection.
func depth() int { return runtime.GOMAXPROCS(0) + 1 }
