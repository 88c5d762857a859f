package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"bbftp/cmd/bbftpd/internal/metrics"
	"bbftp/engine/trust"
)

// inspection is what --check-config finds: what would be served, and why it would
// not.
type inspection struct {
	o        *options
	out      io.Writer
	problems []error
}

// checkConfig looks at everything a daemon with these settings would need, in its
// order and with its rights, and changes nothing.
func checkConfig(ctx context.Context, o *options, stdout io.Writer) error {
	i := &inspection{o: o, out: stdout}
	i.settings()
	accounts := i.accounts()
	i.identity()
	i.files()
	i.ports(ctx)
	i.limits()
	if o.systemAccounts == "" {
		i.try(become(o.runAs))
	}
	i.directories(accounts)
	for _, problem := range i.problems {
		i.say("problem", "%v", problem)
	}
	if n := len(i.problems); n > 0 {
		return fmt.Errorf("--check-config: %d problems", n)
	}
	return nil
}

// say writes a line of a word and what it is about.
func (i *inspection) say(word, format string, args ...any) {
	_, _ = fmt.Fprintf(i.out, "%-13s %s\n", word, fmt.Sprintf(format, args...))
}

// try takes note of what is wrong.
func (i *inspection) try(err error) bool {
	if err != nil {
		i.problems = append(i.problems, err)
	}
	return err == nil
}

func (i *inspection) settings() {
	file := i.o.file
	if file == "" {
		file = "none"
	}
	i.say("configuration", "%s", file)
	for _, line := range i.o.start.ignored {
		i.say("remark", "start-up file: not a setting of this program: %s", line)
	}
}

// accounts returns those that are known by name.
func (i *inspection) accounts() accounts {
	if i.o.demo != "" {
		i.say("accounts", "one, for a demonstration of %s", i.o.demo)
		i.try(readableDirectory(i.o.demo))
		return nil
	}
	if i.o.shell {
		i.say("accounts", "the user of the shell")
		return nil
	}
	logs, err := i.logs()
	if !i.try(err) {
		return nil
	}
	defer logs.close()
	found, err := openAccounts(i.o, logs.log)
	if !i.try(err) {
		return nil
	}
	if i.o.systemAccounts != "" {
		i.say("accounts", "those of this machine, by %s", i.o.systemAccounts)
		return nil
	}
	i.say("accounts", "%d of %s", len(found.list()), i.o.users)
	return found
}

// logs shows as remarks what the daemon would log.
func (i *inspection) logs() (*logs, error) {
	quiet := *i.o
	quiet.logFile, quiet.logFormat, quiet.audit = "", "text", ""
	return quiet.openLogs(i.out)
}

func (i *inspection) identity() {
	switch {
	case i.o.tlsKey == "":
		i.say("TLS", "not offered")
	case !i.try(trust.CheckIdentity(i.o.tlsKey, i.o.tlsCert)):
	case absent(i.o.tlsKey):
		i.say("TLS", "%s will be made", i.o.tlsKey)
	default:
		if identity, err := trust.LoadIdentity(i.o.tlsKey, i.o.tlsCert); i.try(err) {
			i.say("TLS", "%s", identity.Fingerprint())
		}
	}
}

func absent(name string) bool {
	_, err := os.Stat(name)
	return errors.Is(err, os.ErrNotExist)
}

// files looks whether those that are written can be.
func (i *inspection) files() {
	for option, name := range map[string]string{"--log": i.o.logFile, "--audit": i.o.audit} {
		if name != "" {
			i.try(appendable(option, name))
		}
	}
	_, closeMass, err := openMassStorage(i.o)
	if i.try(err) {
		closeMass()
	}
}

// appendable looks whether a file can be added to, or made.
func appendable(option, name string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		err = readableDirectory(filepath.Dir(name))
	} else if err == nil {
		err = f.Close()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", option, err)
	}
	return nil
}

func (i *inspection) ports(ctx context.Context) {
	l, err := listen(ctx, i.o)
	if i.free(err) {
		_ = l.Close()
	}
	i.say("port", "%d of %s", i.o.port, cmp.Or(i.o.bind, "every address"))
	if i.o.dataPorts.Max > 0 {
		i.say("data ports", "%d:%d", i.o.dataPorts.Min, i.o.dataPorts.Max)
	}
	if len(i.o.allow)+len(i.o.deny) > 0 {
		i.say("networks", "%s without %s", words(i.o.allow, "all"), words(i.o.deny, "exception"))
	}
	if i.o.metrics != "" {
		l, err := metrics.Listen(ctx, i.o.metrics)
		if i.free(err) {
			_ = l.Close()
		}
		i.say("metrics", "%s", i.o.metrics)
	}
}

// free takes note of a port that can't be listened on. One in use may be the
// running daemon's.
func (i *inspection) free(err error) bool {
	if errors.Is(err, syscall.EADDRINUSE) {
		i.say("remark", "%v: of the running daemon?", err)
		return false
	}
	return i.try(err)
}

func words(networks []netip.Prefix, none string) string {
	if len(networks) == 0 {
		return none
	}
	texts := make([]string, len(networks))
	for i, n := range networks {
		texts[i] = n.String()
	}
	return strings.Join(texts, " ")
}

func (i *inspection) limits() {
	if r, err := i.o.furnish(); i.try(err) {
		i.say("limits", "%d sessions, %d data streams, with %d descriptors", r.sessions, r.streams, r.descriptors)
	}
}

func (i *inspection) directories(accounts accounts) {
	if accounts == nil {
		i.try(checkDirectories(i.o, nil, nil))
		return
	}
	logs, err := i.logs()
	if !i.try(err) {
		return
	}
	defer logs.close()
	i.try(checkDirectories(i.o, accounts.list(), logs.log))
}
