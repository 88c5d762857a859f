package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"bbftp/bench/trial"
)

// Target is a running bbftpd at the other end of a real network.
type Target struct {
	Host         string
	Port         int // of the control connection; 0: the usual one
	User         string
	PasswordFile string
	Dir          string // where files go; "": the login directory
}

// defaultPort is bbftp's control port.
const defaultPort = 5021

// cleanVersion is the version in which files are put ready and removed: 1 has
// no word for removing.
const cleanVersion = 3

// run moves the file of j to the target, or back from it; then it is there
// before the measurement begins, at the cost of another transfer. The file is
// removed afterwards. What a put made there is not compared: the server has
// confirmed its size.
func (t Target) run(ctx context.Context, client string, j Job, s *stage) (Outcome, error) {
	at := login{host: t.Host, port: t.Port, user: t.User}
	if at.port == 0 {
		at.port = defaultPort
	}
	var err error
	if at.passwordFile, err = absolute(t.PasswordFile); err != nil {
		return Outcome{}, err
	}
	remote := path.Join(t.Dir, "bbbench-"+rand.Text()[:12])
	clean := func() error {
		cell := j.Cell
		cell.Version, cell.Streams = cleanVersion, 1
		// Also when ctx is over: the file may be large, and the target's disk full.
		after, cancel := context.WithTimeout(context.WithoutCancel(ctx), startLimit)
		defer cancel()
		return untimed(after, j.Client, client, s, at, cell, "rm "+remote)
	}
	from, to := s.name(), remote
	if j.Direction == trial.Get {
		from, to = remote, s.name()
		ready := j.Cell
		ready.Direction, ready.Window = trial.Put, 0
		if err := untimed(ctx, j.Client, client, s, at, ready, "put "+s.name()+" "+remote); err != nil {
			if ctx.Err() != nil {
				_ = clean() // it may have been complete: nothing is known, so nothing to say
			}
			return Outcome{}, fmt.Errorf("put the file ready: %w", err)
		}
	}
	run, err := startClient(j.Client, exec.Command(client, clientArgs(j.Cell, at, say(j.Cell, from, to))...), s.here)
	if err != nil {
		if j.Direction == trial.Get {
			err = errors.Join(err, clean())
		}
		return Outcome{}, err
	}
	err = await(ctx, run.process, nil)
	o := run.outcome(j.Cell, at)
	if left := clean(); left != nil && err == nil {
		o.Warnings = append(o.Warnings, fmt.Sprintf("%s may be left on %s: %v", remote, t.Host, left))
	}
	if err != nil {
		return o, err
	}
	near, err := run.figures()
	if err != nil {
		return o, err
	}
	o.take(near, figures{}, j.Direction)
	if j.Direction == trial.Get {
		return o, s.verify()
	}
	if near.Bytes != s.size {
		return o, fmt.Errorf("%d bytes moved of a file of %d", near.Bytes, s.size)
	}
	return o, nil
}

// say makes the arguments of one transfer under another name.
func say(c trial.Cell, from, to string) []string {
	commands := script(c)
	return []string{"-e", strings.Join(append(commands, fmt.Sprintf("%s %s %s", c.Direction, from, to)), ";")}
}

// untimed runs a client that is not measured.
func untimed(ctx context.Context, h Host, client string, s *stage, at login, c trial.Cell, script string) error {
	cmd := exec.Command(client, clientArgs(c, at, []string{"-e", script})...)
	cmd.Dir = s.from
	p, err := start(h, program{name: "bbftp", cmd: cmd})
	if err != nil {
		return err
	}
	return await(ctx, p, nil)
}

var errNoPasswordFile = errors.New("the target's password file is not named")

func absolute(passwordFile string) (string, error) {
	if passwordFile == "" {
		return "", errNoPasswordFile
	}
	if _, err := os.Stat(passwordFile); err != nil {
		return "", err
	}
	return filepath.Abs(passwordFile)
}
