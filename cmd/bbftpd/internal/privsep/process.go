package privsep

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is one that the monitor has started.
type process struct {
	*channel
	cmd   *exec.Cmd
	words *lastWords
	ended chan struct{} // closed when it was reaped
	err   error         // how it ended; set before ended is closed
}

// The parts a process can have, told by its environment.
const (
	partVariable = "BBFTPD_PART"
	partDoor     = "door"
	partSession  = "session"
)

// Descriptors of a process the monitor has started.
const (
	monitorFile = 3 + iota
	connFile    // the client's connection, or what a door makes of it
	relayFile   // a door's: where the session is, should it need the door
)

// leftover is how long something may still come of a process that has ended.
const leftover = time.Second

// watch reaps the process when it ends.
func (p *process) watch() {
	err := p.cmd.Wait()
	// Who was passed its end of the channel by it is nobody we listen to for long.
	_ = p.conn.SetReadDeadline(time.Now().Add(leftover))
	if words := p.words.String(); err != nil && words != "" {
		err = fmt.Errorf("%w: %s", err, words)
	}
	p.err = err
	close(p.ended)
}

func (p *process) kill() { _ = p.cmd.Process.Kill() }

// end ends what is left of the process, whatever became of who had started it.
func (p *process) end() {
	p.kill()
	_ = p.Close()
}

// wait returns how the process ended, which it must do of itself within grace.
func (p *process) wait(grace time.Duration) error {
	timer := time.AfterFunc(grace, p.kill)
	defer timer.Stop()
	<-p.ended
	return p.err
}

// lastWords are the beginning of what a process writes to its standard error: a
// crash. An error ends the copying of more.
type lastWords struct {
	mu   sync.Mutex
	text []byte // guarded by mu
}

const maxLastWords = 2 << 10

func (w *lastWords) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	room := maxLastWords - len(w.text)
	if len(b) <= room {
		w.text = append(w.text, b...)
		return len(b), nil
	}
	w.text = append(w.text, b[:room]...)
	return room, os.ErrClosed
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.TrimSpace(string(w.text))
}
