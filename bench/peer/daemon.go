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
	"bbftp/engine/transfer"
)

// account is the one user of the servers started here.
const account = "bench"

// daemon is a bbftpd of this release that serves one directory.
type daemon struct {
	*process
	login
	transfers chan transfer.Paths
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
	cmd := exec.Command(path, "--demo", dir, "-w", "0", "-m", strconv.Itoa(j.Streams), "--log-format", "json", "-R", "none")
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
	d := &daemon{transfers: make(chan transfer.Paths, 1)}
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
			Msg     string         `json:"msg"`
			Address string         `json:"address"`
			Paths   transfer.Paths `json:"paths"`
		}
		if json.Unmarshal([]byte(line), &entry) != nil {
			return
		}
		switch entry.Msg {
		case "serving":
			serving(entry.Address)
		case "session begins":
			// A password is made costly to check; that is no cost of moving data.
			d.ready()
		case "transfer":
			select {
			case d.transfers <- entry.Paths:
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

func daemonArgs(users, address string, streams int) []string {
	return []string{
		"--users", users, "--bind", address, "-w", "0", "-m", strconv.Itoa(streams),
		"--log-format", "json", "-R", "none",
	}
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

// transfer waits for the server's record of the transfer, which may come a
// round trip after the client's.
func (d *daemon) transfer(ctx context.Context) (transfer.Paths, error) {
	var err error
	select {
	case paths := <-d.transfers:
		return paths, nil
	case <-d.done:
		err = d.exit()
	case <-ctx.Done():
		err = fmt.Errorf("stopped: %w", context.Cause(ctx))
	case <-time.After(startLimit):
		err = errNoTransfer
	}
	return transfer.Paths{}, d.failed(err)
}
