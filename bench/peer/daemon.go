package peer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"bbftp/bench/trial"
	"bbftp/engine/auth"
)

// account is the one user of the servers started here.
const account = "bench"

// daemon is a bbftpd of this release that serves one directory.
type daemon struct {
	*process
	login
	transfers chan figures
}

// startDaemon starts bbftpd on the job's server and waits until it serves.
func startDaemon(ctx context.Context, path string, j Job, dir string) (*daemon, error) {
	d, err := startServing(ctx, path, j, dir)
	if err != nil && j.Path == trial.Loopback && namespacesRefused(err) {
		return startDemo(ctx, path, j, dir)
	}
	return d, err
}

// startServing starts bbftpd with an account of its own.
func startServing(ctx context.Context, path string, j Job, dir string) (*daemon, error) {
	d := newDaemon(j)
	d.user = account
	password := rand.Text()
	if err := d.keep(password); err != nil {
		return nil, err
	}
	users := filepath.Join(j.Work, "users")
	if err := auth.SetPassword(users, auth.Change{User: account, Password: password, Dir: &dir}); err != nil {
		return nil, err
	}
	cmd := exec.Command(path, daemonArgs(users, j.Server.Addr().String(), j.Streams)...)
	unprivileged(cmd)
	var once sync.Once
	serving := make(chan string, 1)
	return d.run(ctx, j, serving, program{name: "bbftpd", cmd: cmd, stderr: d.log(func(address string) {
		once.Do(func() { serving <- address })
	})})
}

// startDemo starts bbftpd as it may run for root too, with the password it makes
// and on the loopback address: where root may not have user namespaces, as in
// most containers.
func startDemo(ctx context.Context, path string, j Job, dir string) (*daemon, error) {
	d := newDaemon(j)
	cmd := exec.Command(path, append([]string{"--demo", dir}, servingArgs(j.Streams)...)...)
	var address string
	serving := make(chan string, 1)
	// The password is the last of the lines "word value".
	announce := func(line string) {
		switch word, value, _ := strings.Cut(line, " "); word {
		case "address":
			address = value
		case "user":
			d.user = value
		case "password":
			if d.keep(value) == nil {
				serving <- address
			}
		}
	}
	return d.run(ctx, j, serving, program{name: "bbftpd", cmd: cmd, stdout: announce, stderr: d.log(func(string) {})})
}

func newDaemon(j Job) *daemon {
	d := &daemon{transfers: make(chan figures, j.Count())}
	d.passwordFile = filepath.Join(j.Work, "password")
	return d
}

// keep writes the password where the client reads it.
func (d *daemon) keep(password string) error {
	return os.WriteFile(d.passwordFile, []byte(password+"\n"), 0o600)
}

// log reads bbftpd's.
func (d *daemon) log(serving func(address string)) func(line string) {
	return func(line string) {
		var entry struct {
			Msg     string `json:"msg"`
			Address string `json:"address"`
		}
		if json.Unmarshal([]byte(line), &entry) != nil {
			return
		}
		switch entry.Msg {
		case "serving":
			serving(entry.Address)
		case "transfer":
			// What it doesn't have stays 0.
			var f figures
			_ = json.Unmarshal([]byte(line), &f)
			select {
			case d.transfers <- f:
			default:
			}
		}
	}
}

// run starts the program and waits until it says where it serves.
func (d *daemon) run(ctx context.Context, j Job, serving <-chan string, from program) (*daemon, error) {
	d.process = newProcess(from)
	if err := d.start(j.Server, from); err != nil {
		return nil, err
	}
	address, err := announced(ctx, d.process, serving)
	if err != nil {
		return nil, err
	}
	d.settle(ctx)
	host, port, err := net.SplitHostPort(address)
	if err == nil {
		d.host = host
		d.port, err = strconv.Atoi(port)
	}
	if err != nil {
		d.stop()
		return nil, d.failed(err)
	}
	return d, nil
}

const (
	// settled is how long a server has nothing to do that is done with its start.
	settled = 60 * time.Millisecond
	// settleLimit is how long it may take; after that it is as ready as it gets.
	settleLimit = 5 * time.Second
	// dozing is the CPU time of a process with nothing to do, meanwhile.
	dozing = time.Millisecond
)

// settle waits until the server has made the keys it keeps ahead for logins: it
// would do so during the trial, which is nothing that a server does that has
// been up for a second.
func (d *daemon) settle(ctx context.Context) {
	limit := time.After(settleLimit)
	for before := cpuTime(d.cmd.Process.Pid); ; {
		select {
		case <-time.After(settled):
		case <-limit:
			return
		case <-d.done:
			return
		case <-ctx.Done():
			return
		}
		now := cpuTime(d.cmd.Process.Pid)
		if now-before < dozing {
			d.ready()
			return
		}
		before = now
	}
}

func daemonArgs(users, address string, streams int) []string {
	return append([]string{"--users", users, "--bind", address}, servingArgs(streams)...)
}

// servingArgs are those of every server: any port, a log that is read, and as
// many streams as the trial wants or, where the client chooses, what bbftpd
// allows by itself.
func servingArgs(streams int) []string {
	args := []string{"-w", "0", "--log-format", "json", "-R", "none"}
	if streams > 0 {
		args = append(args, "-m", strconv.Itoa(streams))
	}
	return args
}

// announced waits for what a server says when it serves. Without it, the server
// is ended.
func announced(ctx context.Context, p *process, said <-chan string) (string, error) {
	var err error
	select {
	case text := <-said:
		p.ready()
		return text, nil
	case <-p.done:
		err = p.exit()
	case <-ctx.Done():
		err = fmt.Errorf("stopped: %w", context.Cause(ctx))
	case <-time.After(startLimit):
		err = fmt.Errorf("not serving after %v", startLimit)
	}
	p.stop()
	return "", p.failed(err)
}

var errNoTransfer = errors.New("it logged no transfer")

// transferred waits for the server's records of so many transfers, which may
// come a round trip after the client's, and sums them up.
func (d *daemon) transferred(ctx context.Context, files int) (sum figures, err error) {
	overdue := time.After(startLimit)
	for range files {
		select {
		case f := <-d.transfers:
			sum.add(f)
			continue
		case <-d.done:
			err = d.exit()
		case <-ctx.Done():
			err = fmt.Errorf("stopped: %w", context.Cause(ctx))
		case <-overdue:
			err = errNoTransfer
		}
		return sum, d.failed(err)
	}
	return sum, nil
}
