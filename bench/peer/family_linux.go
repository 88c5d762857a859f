package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// familyInterval is how often the descendants are looked at: each may have had
// this much more CPU time than is known.
const familyInterval = 10 * time.Millisecond

// atWork is the CPU time that tells a process that does something from one that
// wakes up once a second to look whether it may.
const atWork = 200 * time.Microsecond

// family follows the descendants of a process: a legacy client does not wait
// for its children, so that what its streams used is nobody's once they end,
// and those of a legacy server may sleep before they begin.
type family struct {
	members map[int]*member // by process number
	done    chan struct{}
}

// member is one descendant.
type member struct {
	depth       int // 1: a child
	seen        time.Time
	first, last time.Duration // CPU time
	idle        time.Duration // since seen, without being at work
	peak        int64         // of its resident memory, in bytes
}

// watchFamily follows the descendants of p until its end.
func watchFamily(p *process) *family {
	f := &family{members: map[int]*member{}, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		tick := time.NewTicker(familyInterval)
		defer tick.Stop()
		for {
			select {
			case <-p.done:
				return
			case now := <-tick.C:
				f.look(p.cmd.Process.Pid, 1, now)
			}
		}
	}()
	return f
}

// look reads the descendants of a process of that depth less one.
func (f *family) look(pid, depth int, now time.Time) {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return
	}
	for _, name := range lists {
		list, _ := os.ReadFile(name) // nothing, if it has ended
		for _, word := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(word); err == nil {
				f.update(child, depth, now)
				f.look(child, depth+1, now)
			}
		}
	}
}

func (f *family) update(pid, depth int, now time.Time) {
	used := cpuTime(pid)
	m := f.members[pid]
	if m == nil {
		m = &member{depth: depth, seen: now, first: used}
		f.members[pid] = m
	}
	m.peak = max(m.peak, peakMemory(pid))
	if m.last = max(m.last, used); m.last-m.first < atWork {
		m.idle = now.Sub(m.seen)
	}
}

// cpu is the sum of the descendants' CPU time, once the process is done.
func (f *family) cpu() time.Duration {
	<-f.done
	var sum time.Duration
	for _, m := range f.members {
		sum += m.last
	}
	return sum
}

// memory is the sum of the descendants' peaks, once the process is done.
func (f *family) memory() int64 {
	<-f.done
	var sum int64
	for _, m := range f.members {
		sum += m.peak
	}
	return sum
}

// idle lists how long each descendant of a depth had nothing to do at first,
// once the process is done.
func (f *family) idle(depth int) []time.Duration {
	<-f.done
	var all []time.Duration
	for _, m := range f.members {
		if m.depth == depth {
			all = append(all, m.idle)
		}
	}
	return all
}
