package tuning

import (
	"encoding/json"
	"time"
)

// disk is where the memory's file is. A home directory on a file server that does
// not answer may keep either call for hours.
type disk struct {
	load    func(path string, now time.Time) (*memory, error)
	replace func(path string, content []byte) error
}

const (
	// readPatience is how long the first file waits for what is known of its path:
	// less than a count of streams that is not the best costs.
	readPatience = time.Second
	// writePatience is how long the end of a program waits.
	writePatience = 5 * time.Second
)

// recall reads the file once. What comes too late is for the files after this one.
func (t *Tuner) recall() {
	if t.path == "" {
		return
	}
	t.read.Do(func() {
		if !within(readPatience, t.arrive) {
			t.log.Warn("what was learned of paths is not known yet", "file", t.path, "after", readPatience)
		}
	})
}

// arrive adds what the file has to what was learned since.
func (t *Tuner) arrive() {
	m, err := t.disk.load(t.path, t.now())
	if err != nil {
		t.log.Warn("what was learned of paths is forgotten", "error", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, r := range m.Paths {
		if t.memory.Paths[k] == nil {
			t.memory.Paths[k] = r
		}
	}
	t.memory.prune(t.now())
}

// Close writes what was learned to the file, and waits for it for 5 s at most. The
// tuner can be used further, and closed again.
func (t *Tuner) Close() {
	t.mu.Lock()
	learned := len(t.learned)
	t.mu.Unlock()
	if t.path == "" || learned == 0 {
		return
	}
	if !within(writePatience, t.keep) {
		t.log.Warn("what was learned of paths is not kept yet", "file", t.path, "after", writePatience)
	}
}

// keep replaces the file by what it holds, as other processes may have written it
// meanwhile, and what was learned since the last time. Of two that do so at the
// same time the last one stays.
func (t *Tuner) keep() {
	all, _ := t.disk.load(t.path, t.now()) // what can't be read, or is of nobody's making, is begun anew
	content, err := t.merge(all)
	if err == nil {
		err = t.disk.replace(t.path, content)
	}
	if err != nil {
		t.log.Warn("what was learned of paths is not kept", "error", err)
	}
}

// merge adds to all what was learned, and returns it as the file has it.
func (t *Tuner) merge(all *memory) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range t.learned {
		if r := t.memory.Paths[k]; r != nil {
			all.Paths[k] = r
		}
	}
	clear(t.learned)
	all.prune(t.now())
	content, err := json.MarshalIndent(all, "", "\t")
	return append(content, '\n'), err
}

// within has work done in a goroutine of its own and tells whether it was over in
// time. If not it goes on.
func within(limit time.Duration, work func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work()
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
