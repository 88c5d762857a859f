package peer

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// legacyClient is a run of it. What it writes tells when it did what.
type legacyClient struct {
	*process
	children *family

	mu       sync.Mutex
	finished time.Time // the file's last word
	warnings []string
}

// startLegacyClient starts the client and tells it the password: in a session
// without a terminal it reads it from standard input.
func startLegacyClient(j Job, path string, s *stage, at login, args []string, password string) (*legacyClient, error) {
	out, err := newTerminal()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Dir = s.here
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	typed, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	c := &legacyClient{}
	from := program{name: "legacy bbftp", cmd: cmd, terminal: out, stdout: c.line}
	c.process = newProcess(from)
	if err := c.start(j.Client, from); err != nil {
		return nil, err
	}
	c.children = watchFamily(c.process)
	// It fits into the pipe: nobody is waited for.
	_, err = typed.Write([]byte(password + "\n"))
	if closed := typed.Close(); err == nil {
		err = closed
	}
	if err != nil {
		c.stop()
		return nil, c.failed(err)
	}
	return c, nil
}

// connecting is the number of the warning that only tells the address.
const connecting = "00028"

// onPort is what makes each stream's warning another one.
var onPort = regexp.MustCompile(` on port \d+`)

// warningsIn are the warnings of an output line: the client writes them one
// behind the other, and its verdict behind them.
func warningsIn(line string) (all []string) {
	for _, text := range strings.Split(line, "BBFTP-WARNING-")[1:] {
		text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "<< OK"))
		if !strings.HasPrefix(text, connecting) {
			all = append(all, "legacy bbftp: "+onPort.ReplaceAllString(text, ""))
		}
	}
	return all
}

func (c *legacyClient) line(text string) {
	text = strings.TrimPrefix(text, "Password: ") // a prompt ends no line
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.Contains(text, " bytes send in ") || strings.Contains(text, " bytes got in ") {
		c.finished = time.Now()
	}
	for _, w := range warningsIn(text) {
		if !slices.Contains(c.warnings, w) {
			c.warnings = append(c.warnings, w)
		}
	}
}

// shortPause is a pause before the end that is not worth a warning.
const shortPause = 100 * time.Millisecond

func (c *legacyClient) outcome(at login) Outcome {
	children, memory := c.children.cpu(), c.children.memory()
	c.mu.Lock()
	defer c.mu.Unlock()
	o := Outcome{
		Began: c.began, Ended: c.ended, ClientCPU: c.cpu() + children, ClientMemory: c.memory() + memory,
		DataPort: at.dataPort, Warnings: c.warnings,
	}
	if c.finished.IsZero() {
		return o
	}
	if pause := c.ended.Sub(c.finished); pause > shortPause {
		o.Warnings = append(o.Warnings, fmt.Sprintf("the client's own pause before it ends: %.2f s (wire.md 5)", pause.Seconds()))
	}
	return o
}

// Where the processes of a legacy server's streams are below serveInetd, which
// starts the session.
const streamDepth = 2

// lostSignal is how long a stream of the server does nothing at least if the
// signal to begin was lost (wire.md 5): it looks once a second.
const lostSignal = 900 * time.Millisecond

// stalled returns the longest wait of a stream for a lost signal, and says so; 0
// and "" if none was lost. A stream without a signal is known from one whose
// data has yet to come by the round-trip time.
func stalled(streams []time.Duration, rtt time.Duration) (longest time.Duration, text string) {
	const rounds = 4 // of connection and first data
	for _, idle := range streams {
		if idle > lostSignal+rounds*rtt {
			longest = max(longest, idle)
		}
	}
	if longest == 0 {
		return 0, ""
	}
	return longest, fmt.Sprintf("the server's start signal was lost on streams that waited up to %.1f s (wire.md 5)", longest.Seconds())
}
