// Package legacy is the command line that deployed scripts are written for: its
// options, its control language, its output and its numbers.
package legacy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"bbftp/cmd/bbftp/internal/firsterr"
	"bbftp/cmd/internal/umask"
	"bbftp/engine/client"
)

// Run runs the command line args and returns the exit status: 0, or the number
// of the last failure.
func Run(ctx context.Context, args []string, stdin *os.File, stdout, stderr io.Writer) int {
	prompt := stdout // stays when standard output goes to a file
	o, err := parse(args)
	files, ferr := o.redirect(&stdout, &stderr)
	defer files.close()
	out := firsterr.New(stdout)
	c := &console{stdout: out, stderr: stderr, verbose: o.verbose, warnings: o.warnings, debug: o.debug, stamping: o.stamping}
	if err = errors.Join(ferr, err); err == nil {
		j := &job{options: o, console: c, stdin: stdin, stdout: stdout, prompt: prompt}
		err = j.run(ctx, args)
	}
	status := c.end(err, subject{name: o.host})
	if err := out.Err(); err != nil {
		return c.end(misusef(10, "Error writing output : %s", cause(err)), subject{})
	}
	return status
}

// end reports an error that ends the program, and returns the exit status.
func (c *console) end(err error, about subject) int {
	var reported exitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &reported):
		return int(reported)
	}
	f := describe(err, about)
	c.fail(f)
	return f.number
}

// exitStatus is the outcome of commands whose failures were reported where they
// happened.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// job is one run, from the start-up file to the last command.
type job struct {
	*options
	console *console
	stdin   *os.File
	stdout  io.Writer // itself, to be inherited by a process in the background
	prompt  io.Writer
}

// run does things in the order in which scripts see their outcome.
func (j *job) run(ctx context.Context, args []string) (err error) {
	switch {
	case j.help:
		_, _ = io.WriteString(j.console.stdout, usage())
		return nil
	case j.version:
		_, _ = io.WriteString(j.console.stdout, versionText())
		return nil
	}
	foreground := !j.background || !detached()
	c := j.console
	if !foreground {
		c = c.quiet() // the process at the terminal said it
	}
	j.settings.Umask = umask.Current()
	if err := j.load(c); err != nil {
		return err
	}
	results, err := j.openResults()
	if err != nil {
		return err
	}
	defer func() {
		if cut := results.Close(); cut != nil {
			_ = j.console.end(err, subject{name: j.host}) // the last number counts
			err = cut
		}
	}()
	lines, err := j.script()
	if err != nil {
		return err
	}
	if err := j.checkPeer(ctx); err != nil {
		return err
	}
	if err := j.chooseTrust(); err != nil {
		return err
	}
	j.options.trace(c)
	var password string
	if foreground {
		if password, err = j.readPassword(ctx); err != nil {
			return fmt.Errorf("%w: %w", errPassword, err)
		}
		if j.background {
			return detach(args, password, j.stdin, j.stdout, j.console.stderr)
		}
	} else {
		if password, err = handedOver(); err != nil {
			return fmt.Errorf("%w: %w", errPassword, err)
		}
		j.console.say("Starting under pid %d", os.Getpid())
	}
	return j.transfer(ctx, password, results, lines)
}

// transfer connects and runs the commands.
func (j *job) transfer(ctx context.Context, password string, results io.Writer, lines []string) error {
	r := &report{console: j.console, options: j.options, results: results, watched: j.watched()}
	if j.ssh != nil {
		j.ssh.Stderr = j.console.stderr
	}
	config := j.config(password)
	config.OnLogin, config.OnReply, config.OnWarning, config.OnRetry, config.OnTransfer = r.login, r.reply, r.warning, r.retry, r.moving
	config.OnTrust = r.trusted
	config.Log = j.logger(j.console)
	cl, err := client.New(config)
	if err != nil {
		return misuse{6, err}
	}
	defer func() { _ = cl.Close() }()
	s := &script{client: cl, report: r}
	if err := s.connect(ctx, j.options); err != nil {
		return err
	}
	return s.run(ctx, lines)
}

func (o *options) config(password string) client.Config {
	return client.Config{
		Host: o.host, Port: o.port, User: o.user, Password: password,
		ClearText: o.clear, Trust: o.policy, SSH: o.ssh,
		Protocol: o.protocol, Active: o.active, DataPorts: o.dataPorts, DataFrom: o.dataFrom,
		Tries: o.tries, RetryWait: o.retryWait, Settings: o.settings,
	}
}
