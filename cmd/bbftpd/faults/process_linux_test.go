package faults

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience bounds every wait for what must come. It only decides how long a
// failing row takes.
const patience = 30 * time.Second

// await polls until holds or patience is over.
func await(holds func() bool) bool { return awaitFor(patience, holds) }

func awaitFor(limit time.Duration, holds func() bool) bool {
	for deadline := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		if holds() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}

// output collects what a process writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a program under test.
type process struct {
	cmd    *exec.Cmd
	stdout output
	stderr output
	ended  chan struct{}
}

// launch starts a program on a host.
func launch(h *host, cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.stdout, &p.stderr
	if err := h.start(cmd); err != nil {
		return nil, err
	}
	go func() {
		_ = cmd.Wait() // its outcome is in ProcessState
		close(p.ended)
	}()
	return p, nil
}

func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// halt stops it, and waits until all of its threads stand: on a busy machine those
// that have not heard of the signal yet go on for a while.
func (p *process) halt() {
	p.signal(syscall.SIGSTOP)
	await(func() bool { return !p.alive() || stands(p.cmd.Process.Pid) })
}

// stands tells whether every thread of a process is stopped (proc_pid_stat(5)).
func stands(pid int) bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		_, fields, _ := bytes.Cut(text, []byte(") "))
		if err == nil && !bytes.HasPrefix(fields, []byte("T")) {
			return false // one that could not be read has ended
		}
	}
	return err == nil && len(threads) > 0
}

// kill ends it like nothing else, and waits.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// wait waits for its end, at most so long.
func (p *process) wait(limit time.Duration) error {
	select {
	case <-p.ended:
		return nil
	case <-time.After(limit):
		return fmt.Errorf("no end within %v", limit)
	}
}

// memory reads a field of /proc/PID/status in bytes.
func (p *process) memory(field string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, field+":"); found {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return n << 10, err
		}
	}
	return 0, fmt.Errorf("no %s in the status of process %d", field, p.cmd.Process.Pid)
}

// descriptors counts its open files.
func (p *process) descriptors() (int, error) {
	names, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	return len(names), err
}
