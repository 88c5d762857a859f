package peer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// grace is how long a process may take to end by itself once asked to, and
	// the client to notice that its server is gone.
	grace = 2 * time.Second
	// startLimit is how long a server may take until it serves.
	startLimit = 30 * time.Second
	// outputGrace is how long output is read that somebody holds open after the
	// end of the process. It is long, as what is there by then must be read on a
	// busy machine too.
	outputGrace = 10 * time.Second
	// lineLimit is the longest line kept together, in bytes.
	lineLimit = 64 << 10
)

// program is what start makes a process of. Its standard files are files:
// nothing of ours stands between it and its end.
type program struct {
	name string // for people
	cmd  *exec.Cmd
	// stdout and stderr get each line, without its end; nil: nobody wants them.
	// They run on goroutines of their own.
	stdout, stderr func(line string)
	// terminal, if any, is both outputs: what reads it and what the process gets.
	terminal *terminal
}

// process is a program at work, in a process group of its own: whoever it
// starts and leaves behind ends with it.
//
//	start ──► running ──exit, ctx, stop──► group killed ──► reaped, output read: done
type process struct {
	name string
	cmd  *exec.Cmd
	said tail
	// starter tells that the program that counts is a child of it.
	starter bool

	began   time.Time
	ended   time.Time    // valid once done
	err     error        // of its exit; likewise
	idle    atomic.Int64 // CPU time in ns before it was of use
	peak    atomic.Int64 // of its resident memory, in bytes, as last seen
	done    chan struct{}
	readers sync.WaitGroup
}

// start starts a program on a host.
func start(h Host, p program) (*process, error) {
	r := newProcess(p)
	if err := r.start(h, p); err != nil {
		return nil, err
	}
	return r, nil
}

func newProcess(p program) *process {
	return &process{name: p.name, cmd: p.cmd, done: make(chan struct{})}
}

func (p *process) start(h Host, from program) error {
	if p.cmd.SysProcAttr == nil {
		p.cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	p.cmd.SysProcAttr.Setpgid = !p.cmd.SysProcAttr.Setsid // a session is a group, too
	outputs, theirs, err := from.outputs()
	if err == nil {
		p.began = time.Now()
		err = h.Start(p.cmd)
	}
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		for _, o := range outputs {
			_ = o.from.Close()
		}
		return fmt.Errorf("%s: start: %w", p.name, err)
	}
	for _, o := range outputs {
		p.readers.Go(func() { p.lines(o) })
	}
	go p.reap(outputs)
	go p.watchMemory()
	return nil
}

// output is what a process writes, and who wants its lines.
type output struct {
	from *os.File
	line func(string)
}

// outputs makes the standard files. theirs are the process's ends.
func (p program) outputs() (ours []output, theirs []*os.File, err error) {
	if t := p.terminal; t != nil {
		p.cmd.Stdout, p.cmd.Stderr = t.tty, t.tty
		return []output{{t.master, p.stdout}}, []*os.File{t.tty}, nil
	}
	for _, o := range []struct {
		to   *io.Writer
		line func(string)
	}{{&p.cmd.Stdout, p.stdout}, {&p.cmd.Stderr, p.stderr}} {
		from, to, err := os.Pipe()
		if err != nil {
			return ours, theirs, err
		}
		*o.to = to
		ours, theirs = append(ours, output{from, o.line}), append(theirs, to)
	}
	return ours, theirs, nil
}

// reap waits for the end.
func (p *process) reap(outputs []output) {
	defer close(p.done)
	pid := p.cmd.Process.Pid
	if exited(pid) {
		p.ended = time.Now()
		// The group's number can't belong to others yet: its leader is not reaped.
		_ = syscall.Kill(-pid, syscall.SIGKILL)
	}
	p.err = p.cmd.Wait()
	if p.ended.IsZero() {
		p.ended = time.Now()
	}
	defer time.AfterFunc(outputGrace, func() {
		for _, o := range outputs {
			_ = o.from.Close()
		}
	}).Stop()
	p.readers.Wait()
}

// memoryInterval is how often the peak of a process's memory is looked at,
// which is gone with the process. It only grows: what is missed is what came in
// the last moments.
const memoryInterval = 10 * time.Millisecond

func (p *process) watchMemory() {
	tick := time.NewTicker(memoryInterval)
	defer tick.Stop()
	for {
		p.seeMemory()
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
	}
}

func (p *process) seeMemory() {
	if peak := peakMemory(p.cmd.Process.Pid); peak > p.peak.Load() {
		p.peak.Store(peak)
	}
}

// memory is the peak of its resident memory in bytes; 0 for what only starts
// the program that counts.
func (p *process) memory() int64 {
	if p.starter {
		return 0
	}
	return p.peak.Load()
}

// lines hands on what o brings, and keeps the last of it for an error text.
func (p *process) lines(o output) {
	defer func() { _ = o.from.Close() }()
	lines := bufio.NewReaderSize(o.from, lineLimit)
	for {
		line, _, err := lines.ReadLine()
		if err != nil {
			return // of a terminal also EIO, when nobody has it open any more
		}
		text := strings.TrimSuffix(string(line), "\r")
		p.said.add(text)
		if o.line != nil {
			o.line(text)
		}
	}
}

// ready marks the end of a server's preparations.
func (p *process) ready() {
	p.idle.Store(int64(cpuTime(p.cmd.Process.Pid)))
	p.seeMemory() // of one that ends by itself nobody else may get to see it
}

// stop ends the process group: politely, then not. It is done afterwards.
func (p *process) stop() {
	pid := p.cmd.Process.Pid
	select {
	case <-p.done:
		return
	default:
	}
	p.seeMemory()
	_ = syscall.Kill(-pid, syscall.SIGTERM)
	select {
	case <-p.done:
		return
	case <-time.After(grace):
	}
	p.kill()
	<-p.done
}

// kill ends it at once. The group may not hold the process itself yet.
func (p *process) kill() {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		_ = p.cmd.Process.Kill()
	}
}

// cpu is the time that it and its reaped descendants had, once done.
func (p *process) cpu() time.Duration {
	state := p.cmd.ProcessState
	if state == nil {
		return 0
	}
	return max(state.UserTime()+state.SystemTime()-time.Duration(p.idle.Load()), 0)
}

// failed words err as this process's, with what it said last.
func (p *process) failed(err error) error {
	return fmt.Errorf("%s: %w%s", p.name, err, &p.said)
}

var errEnded = errors.New("ended early")

// exit returns how it ended, which for a server is always too early.
func (p *process) exit() error {
	if p.err != nil {
		return p.err
	}
	return errEnded
}
