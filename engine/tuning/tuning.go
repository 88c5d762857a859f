// Package tuning chooses how many data streams each file takes, and the windows
// of servers that fix theirs, and learns from how it went.
//
// The first file on a path takes what its round-trip time and size ask for
// (start.go). Those after it climb, count by count, towards what was fastest
// (climb.go, by path and size: route.go), guided by what TCP said of its losses and
// queues (hint.go). What was found is kept from one run to the next (memory.go), in
// a file that nobody waits for while files move (keep.go).
package tuning

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/telemetry"
)

// Tuner is a [client.Tuner] that remembers paths in a file. It is safe for
// concurrent use; programs that use the file at the same time may lose some of
// what the others learned, never more.
type Tuner struct {
	path string
	log  *slog.Logger
	now  func() time.Time
	disk disk
	read sync.Once

	mu      sync.Mutex
	memory  *memory
	learned map[string]bool // the keys of what is not in the file yet
}

// New makes a tuner that keeps what it learns in the file at path, or if that
// is "" only in memory, and writes it when it is closed. Nothing that is wrong with
// the file fails a transfer, or delays it for more than a second once: it is told
// to log, which may be nil.
func New(path string, log *slog.Logger) *Tuner {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Tuner{
		path: path, log: log, now: time.Now, disk: disk{load, replace},
		memory: newMemory(), learned: make(map[string]bool),
	}
}

// Choose implements [client.Tuner].
func (t *Tuner) Choose(p client.Path) client.Choice {
	t.recall()
	t.mu.Lock()
	defer t.mu.Unlock()
	p.MaxStreams = max(p.MaxStreams, 1)
	r := t.memory.Paths[key(p)]
	if r != nil && r.moved(p.RTT) {
		r = nil
	}
	if r != nil && p.RTT == 0 {
		p.RTT = r.rtt()
	}
	var c client.Choice
	if p.Streams > 0 {
		c.Streams = p.Streams
	} else if e := r.like(p.Size); e != nil {
		c.Streams, c.Why = e.next(p)
	} else {
		c.Streams, c.Why = first(p)
	}
	if p.Fixes && p.Version > 1 {
		window := window(p, c.Streams, r.rate())
		c.SendWindow, c.RecvWindow = window, window
		c.Why = append(c.Why, fmt.Sprintf("windows of %d KiB, as this server fixes them to what it is asked for", window))
	}
	return c
}

// Learn implements [client.Tuner].
func (t *Tuner) Learn(p client.Path, done *client.Transfer) {
	if done.Simulated || done.Bytes < leastLesson || done.Duration <= 0 || done.Streams <= 0 {
		return
	}
	t.recall()
	t.mu.Lock()
	defer t.mu.Unlock()
	k := key(p)
	if p.RTT == 0 {
		p.RTT = leastRTT(done.Report)
	}
	r := t.memory.Paths[k]
	if r == nil || r.moved(p.RTT) {
		r = new(route)
	}
	r.Seen = t.now()
	if p.RTT > 0 {
		r.RTT = milliseconds(p.RTT)
	}
	if elsewhere(done.Report.Verdict.Limit) {
		t.log.Debug("nothing to learn of streams", "path", k, "limit", string(done.Report.Verdict.Limit))
	} else {
		r.learn(done, p.RTT, hint(done.Report))
	}
	t.memory.Paths[k] = r
	t.memory.prune(r.Seen)
	t.learned[k] = true
}

// leastLesson is in bytes: what is less is over too soon to tell counts apart.
const leastLesson = 1 << 20

// key names what is learned together: streams do otherwise in the other
// direction, with another congestion control, and where blocks are deflated. The
// version is not in it: it only bounds the count.
func key(p client.Path) string {
	words := []string{p.Host + ":" + strconv.Itoa(int(p.Port)), "get"}
	if p.Put {
		words[1] = "put"
	}
	if p.Congestion != "" {
		words = append(words, p.Congestion)
	}
	if p.Compress {
		words = append(words, "compressed")
	}
	return strings.Join(words, " ")
}

// elsewhere tells whether a transfer was held back by what no number of streams
// changes.
func elsewhere(l telemetry.Limit) bool {
	switch l {
	case telemetry.DiskRead, telemetry.DiskWrite, telemetry.CPU, telemetry.Compression, telemetry.RateLimited:
		return true
	}
	return false
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
