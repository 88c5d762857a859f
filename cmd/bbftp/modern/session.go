package modern

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/client"
	"bbftp/engine/trust"
	"bbftp/engine/tuning"
	"bbftp/engine/wire"
)

// server is what the verbs need of a [client.Client].
type server interface {
	Put(ctx context.Context, local, remote string) (*client.Transfer, error)
	RefusesDirectories() bool
	Get(ctx context.Context, remote, local string) (*client.Transfer, error)
	List(ctx context.Context, pattern string) ([]wire.ListEntry, error)
	Files(ctx context.Context, pattern string) ([]string, error)
	Mkdir(ctx context.Context, dir string) error
	SetRemoteUmask(ctx context.Context, mask fs.FileMode) error
	Remove(ctx context.Context, file string) error
	Stat(ctx context.Context, path string) (string, error)
	Df(ctx context.Context, dir string) (string, error)
	Confine(dir string) error
	MkdirLocal(dir string, perm fs.FileMode) error
	Close() error
}

// connect logs in to the server of r, with whatever the user is asked for.
func (o *options) connect(ctx context.Context, r remote, out output, stdin *os.File, stderr io.Writer) (server, error) {
	cfg := o.cfg
	cfg.Host, cfg.Port, cfg.User = r.host, r.port, r.user
	if cfg.SSH != nil {
		cfg.SSH.Stderr = stderr // why ssh failed, only ssh knows
	} else {
		var err error
		if cfg.Trust, err = o.trust.Policy(); err != nil {
			return nil, usageError{err}
		}
		if cfg.Password, err = o.password(ctx, r, stdin, stderr); err != nil {
			return nil, fmt.Errorf("%w: %w", errPassword, err)
		}
	}
	cfg.OnLogin = func(greeting string) { out.say("server: " + greeting) }
	cfg.OnTrust = func(met trust.Met) {
		out.say("TLS: the server's key is " + met.Fingerprint)
		if met.First {
			out.trusted(met)
		}
	}
	cfg.OnTransfer = out.moving
	cfg.OnWarning = func(w error) { out.warn(warning{cause: w}) }
	cfg.OnRetry = func(wait time.Duration, cause error) {
		out.warn(warning{cause: cause, retry: true, wait: max(wait, 0)})
	}
	cfg.Log = o.logger(out)
	var tuner *tuning.Tuner
	if o.tuned {
		tuner = tuning.New(memoryFile(), cfg.Log)
		cfg.Tuner = tuner
	}
	c, err := client.New(cfg)
	if err != nil {
		return nil, usageError{err}
	}
	if err := c.Connect(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	if tuner != nil {
		return learner{c, tuner}, nil
	}
	return c, nil
}

// learner is a server whose tuner keeps what it learned.
type learner struct {
	server
	tuner *tuning.Tuner
}

// Close also waits for the tuner's file, briefly.
func (l learner) Close() error {
	err := l.server.Close()
	l.tuner.Close()
	return err
}

// memoryFile is the file that remembers how files went to which host, "" where the
// user has no place for such.
func memoryFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "bbftp", "paths.json")
}

// address completes r with what options say, and with the local user.
func (o *options) address(r remote) (remote, error) {
	switch {
	case o.cfg.User != "" && r.user != "" && o.cfg.User != r.user:
		return r, usageErrorf("--user %s, but %s", o.cfg.User, r)
	case o.cfg.SSH != nil && r.port != 0:
		return r, usageErrorf("--ssh excludes the port in the URL; ssh's own is named by --ssh-command 'ssh -p PORT'")
	}
	r.user = cmp.Or(r.user, o.cfg.User)
	if o.cfg.SSH != nil {
		return r, nil
	}
	if r.user == "" {
		me, err := user.Current()
		if err != nil {
			return r, usageErrorf("no user: name one with --user (%v)", err)
		}
		r.user = me.Username
	}
	return o.withPort(r)
}

// defaultPort is the control port of bbftp.
const defaultPort = 5021

func (o *options) withPort(r remote) (remote, error) {
	if o.cfg.Port != 0 && r.port != 0 && o.cfg.Port != r.port {
		return r, usageErrorf("--port %d, but port %d in the URL", o.cfg.Port, r.port)
	}
	r.port = cmp.Or(r.port, o.cfg.Port, defaultPort)
	return r, nil
}

func (o *options) password(ctx context.Context, r remote, stdin *os.File, stderr io.Writer) (string, error) {
	if o.passwordFile == "" {
		return terminal.Password(ctx, stdin, stderr, terminal.Mask(fmt.Sprintf("%s@%s's password: ", r.user, r.host)))
	}
	return terminal.PasswordFile(o.passwordFile)
}

// logger passes on what the engine has to say with --verbose.
func (o *options) logger(out output) *slog.Logger {
	if !o.verbose {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(sayer{out}, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

// sayer lets a log speak through an output.
type sayer struct{ out output }

func (s sayer) Write(b []byte) (int, error) {
	for text := range strings.Lines(string(b)) {
		s.out.say(strings.TrimSuffix(text, "\n"))
	}
	return len(b), nil
}

// oneServer reads the remote operands of a run, which has one session.
func (o *options) oneServer(operands []string) (at remote, paths []string, err error) {
	for i, operand := range operands {
		r, err := parseRemote(operand)
		if err == nil {
			r, err = o.address(r)
		}
		if err != nil {
			return remote{}, nil, asUsage(err)
		}
		paths = append(paths, r.path)
		r.path = ""
		if i == 0 {
			at = r
		} else if r != at {
			return remote{}, nil, usageErrorf("one server at a time: %s and %s", at, r)
		}
	}
	return at, paths, nil
}

func asUsage(err error) error {
	if wrong := (usageError{}); errors.As(err, &wrong) {
		return err
	}
	return usageError{err}
}
