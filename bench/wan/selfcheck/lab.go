package selfcheck

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os/exec"
	"time"

	"bbftp/bench/wan"
)

// lab has what measurements are made with.
type lab struct {
	worker  []string // Options.Worker
	backend string
}

// scene is one path with workers at its ends.
type scene struct {
	ctx     context.Context
	lab     lab
	path    *wan.Path
	workers []*worker
}

// open makes a path. What is started on it ends with close, or with ctx.
func (l lab) open(ctx context.Context, c wan.Config) (*scene, error) {
	c.Backend = l.backend
	path, err := wan.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	return &scene{ctx: ctx, lab: l, path: path}, nil
}

// close ends workers and path. It may be called again.
func (s *scene) close() (wan.Report, error) {
	for _, w := range s.workers {
		w.end()
	}
	s.workers = nil
	return s.path.Close()
}

// worker is a process at one of the hosts.
type worker struct {
	task   task
	cmd    *exec.Cmd
	stdin  io.Closer
	out    *json.Decoder
	stderr bytes.Buffer
	target netip.AddrPort // where it can be sent to
}

// start returns once the worker is ready.
func (s *scene) start(host *wan.Host, t task) (*worker, error) {
	t.Listen = host.Addr()
	arg, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", t.Role, err)
	}
	line := append(s.lab.worker[:len(s.lab.worker):len(s.lab.worker)], string(arg))
	w := &worker{task: t, cmd: exec.CommandContext(s.ctx, line[0], line[1:]...)}
	w.cmd.Stderr = &w.stderr
	stdin, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", t.Role, err)
	}
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", t.Role, err)
	}
	w.stdin, w.out = stdin, json.NewDecoder(stdout)
	if err := host.Start(w.cmd); err != nil {
		return nil, fmt.Errorf("start %s: %w", t.Role, err)
	}
	s.workers = append(s.workers, w)
	var r ready
	if err := w.out.Decode(&r); err != nil {
		return nil, w.failed(err)
	}
	w.target = netip.AddrPortFrom(host.Addr(), r.Port)
	return w, nil
}

// stop asks the worker to end. Its result can be had before or after.
func (w *worker) stop() { _ = w.stdin.Close() }

// result waits for the worker's.
func (w *worker) result() (done, error) {
	var d done
	if err := w.out.Decode(&d); err != nil {
		return done{}, w.failed(err)
	}
	return d, nil
}

// failed says why the worker did not say what was read for.
func (w *worker) failed(err error) error {
	w.end()
	if text := bytes.TrimSpace(w.stderr.Bytes()); len(text) > 0 {
		err = errors.New(string(text))
	}
	return fmt.Errorf("%s: %w", w.task.Role, err)
}

// end stops the worker the hard way: it has nothing to clean up.
func (w *worker) end() {
	w.stop()
	if w.cmd.ProcessState == nil {
		_ = w.cmd.Process.Kill()
		_ = w.cmd.Wait()
	}
}

// stillness is how long nothing may move on a path before what is missing is
// taken for lost: longer than a busy machine keeps the emulator from a core.
const stillness = 2 * time.Second

// drained waits until all packets sent one way have come in and gone, or nothing
// has moved for longer than a packet can be on its way.
func (s *scene) drained(back bool, sent int64, longest time.Duration) error {
	const step = 5 * time.Millisecond
	var before wan.Counters
	for still := time.Duration(0); still < longest+stillness; still += step {
		now, other := s.path.Counters()
		if back {
			now = other
		}
		if now.PacketsIn == sent && now.PacketsIn == now.PacketsOut+now.LostRandom+now.LostQueue+now.LostRefused {
			return nil
		}
		if now != before {
			before, still = now, 0
		}
		select {
		case <-s.ctx.Done():
			return fmt.Errorf("wait until the path is empty: %w", context.Cause(s.ctx))
		case <-time.After(step):
		}
	}
	return nil
}
