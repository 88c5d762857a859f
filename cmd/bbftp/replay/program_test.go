package replay

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// program is a client that is held against recordings.
type program struct {
	path   string
	key    *key // of the servers it meets
	legacy bool // it is what was recorded, with its own options and several writes a message
}

// play plays one session.
func (with program) play(t *testing.T, r recording) {
	w := newPlace(t, &r)
	p, err := newPlayer(&r, with.key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	cmd := w.command(t, with, portOf(p.listener))
	shown := startAtTerminal(t, cmd, r.password)
	p.client = cmd.Process.Signal
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its outcome is in ProcessState
		p.exited.Store(true)
		close(ended)
	}()
	if err := p.play(); err != nil {
		t.Error(err)
		_ = cmd.Process.Kill()
	}
	select {
	case <-ended:
	case <-time.After(patience):
		t.Error("the client does not end")
		_ = cmd.Process.Kill()
		<-ended
	}
	if err := p.nobodyElse(); err != nil {
		t.Error(err)
	}
	for i, c := range p.conns {
		if err := p.expectEnd(c); err != nil && !t.Failed() {
			t.Errorf("connection %d: %v", i, err)
		}
		if err := c.oneWriteEach(); err != nil && !with.legacy && !t.Failed() {
			t.Error(err)
		}
	}
	p.close() // which ends a remote shell, so that nobody has the terminal open
	text := strings.NewReplacer(w.root+"/", localRoot, host.String(), r.run[len(r.run)-1]).Replace(shown())
	if exit := exitOf(cmd.ProcessState); exit != r.exit {
		t.Errorf("exit %s, want %s", exit, r.exit)
	}
	if diff := cmp.Diff(r.says, lines(text)); diff != "" {
		t.Errorf("on the terminal, - want, + got:\n%s", diff)
	}
	if diff := cmp.Diff(describe(r.left), describe(w.after(t))); diff != "" {
		t.Errorf("files left, - want, + got:\n%s", diff)
	}
}

func exitOf(state *os.ProcessState) string {
	if code := state.ExitCode(); code >= 0 {
		return fmt.Sprint(code)
	}
	return "killed"
}

func describe(files []file) []string {
	var all []string
	for _, f := range files {
		all = append(all, fmt.Sprintf("%s %v %d %s %s", f.path, f.mode, f.size, f.sum, f.times))
	}
	return all
}

// nobodyElse fails if the client, which has ended, opened a control connection
// that was not recorded: connections are accepted in the order they came.
func (p *player) nobodyElse() error {
	marker, err := net.Dial("tcp4", p.listener.Addr().String())
	if err != nil {
		return err
	}
	defer marker.Close()
	if err := p.listener.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	next, err := p.listener.Accept()
	if err != nil {
		return err
	}
	defer next.Close()
	if next.RemoteAddr().String() != marker.LocalAddr().String() {
		return fmt.Errorf("the client connected once more than recorded")
	}
	return nil
}
