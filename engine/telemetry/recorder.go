package telemetry

import (
	"fmt"
	"net"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"bbftp/netio"
	"bbftp/netio/clock"
)

// interval parts the samples of a stream. A transfer that is over sooner has
// the first and the last one, and starts no goroutine.
const interval = 100 * time.Millisecond

// Recorder watches the streams of one transfer. The zero value is ready and
// records one transfer. Its methods may be called from any goroutine. Its memory
// does not grow with the length of the transfer.
//
//	new ──Begin──► recording ──End──► ended
//	                 │   ▲
//	                 └───┘ tick, StreamDone
type Recorder struct {
	mu      sync.Mutex
	timer   *time.Timer // nil: new
	ended   bool
	sending bool
	local   bool
	began   time.Time
	elapsed time.Duration // of what has ended
	streams []watched
	course  course
	machine machine
	// Of the first stream, which are those of all.
	sendFixed, recvFixed int
	// Processor time of the process before Begin, and since once ended.
	user, system time.Duration
	crash        string
}

// contain is deferred where streams are sampled: a panic there ends the
// sampling, not the transfer, of whose goroutines none would survive it.
func (r *Recorder) contain() {
	if v := recover(); v != nil {
		r.crash = fmt.Sprintf("panic: %v\n%s", v, debug.Stack())
		r.ended = true
	}
}

// Begin takes the streams, in the order of their segments, and samples them
// until End.
func (r *Recorder) Begin(sending bool, streams []*net.TCPConn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.contain()
	if r.timer != nil || len(streams) == 0 {
		return
	}
	r.sending, r.began = sending, time.Now()
	r.user, r.system = clock.Process()
	r.sendFixed, r.recvFixed = netio.Fixed(streams[0])
	r.local = loopback(streams[0])
	r.streams = make([]watched, len(streams))
	for i, conn := range streams {
		r.streams[i].conn = conn
		r.streams[i].sample(sending)
	}
	r.timer = time.AfterFunc(interval, r.tick)
}

// tick runs in the timer's goroutine, which is gone again after it.
func (r *Recorder) tick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.contain()
	if r.ended {
		return
	}
	// Not in Begin: reading it takes as long as a small file.
	r.machine.begin()
	r.sample()
	r.timer.Reset(interval)
}

// sample is called with mu held.
func (r *Recorder) sample() {
	var bytes int64
	for i := range r.streams {
		r.streams[i].sample(r.sending)
		bytes += r.streams[i].Bytes
	}
	r.course.add(time.Since(r.began), bytes)
}

// StreamDone takes the last sample of stream i, from 0, which its owner is about
// to close.
func (r *Recorder) StreamDone(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.contain()
	if r.ended || i >= len(r.streams) {
		return
	}
	r.streams[i].done(r.sending, time.Since(r.began))
}

// End takes the last sample of streams that are not done, and ends the sampling.
// It may be called again.
func (r *Recorder) End() {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.contain()
	if r.timer == nil || r.ended {
		return
	}
	r.timer.Stop()
	r.elapsed = time.Since(r.began)
	r.sample()
	for i := range r.streams {
		r.streams[i].done(r.sending, r.elapsed)
	}
	user, system := clock.Process()
	r.user, r.system = user-r.user, system-r.system
	r.machine.end()
	r.ended = true
}

// Report is what was found, once the recorder has ended; before, it has no more
// than the Work, which is what the streams' owner counted.
func (r *Recorder) Report(w Work) Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := Report{Sending: r.sending, Loopback: r.local, Idle: -1, Cores: runtime.GOMAXPROCS(0), Work: w, Crash: r.crash}
	if !r.ended || r.crash != "" {
		return report
	}
	report.Elapsed = r.elapsed
	report.Ramp, report.Steady = r.course.speed()
	report.SendFixed, report.RecvFixed = r.sendFixed, r.recvFixed
	report.User, report.System, report.Idle = r.user, r.system, r.machine.share()
	for _, s := range r.streams {
		report.Streams = append(report.Streams, s.Stream)
	}
	report.Verdict = judge(report)
	return report
}

// loopback tells whether a connection stays in this machine: over whatever
// address, the two ends have the same one.
func loopback(conn *net.TCPConn) bool {
	local, ok := conn.LocalAddr().(*net.TCPAddr)
	remote, ok2 := conn.RemoteAddr().(*net.TCPAddr)
	return ok && ok2 && local.IP.Equal(remote.IP)
}
