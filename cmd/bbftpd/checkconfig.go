package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"bbftp/cmd/bbftpd/internal/journal"
	"bbftp/cmd/bbftpd/internal/metrics"
	"bbftp/cmd/bbftpd/internal/process"
	"bbftp/cmd/bbftpd/internal/settings"
	"bbftp/engine/auth"
	"bbftp/engine/trust"
	"bbftp/netio"
)

// inspection is what --check-config finds: what would be served, and why it would
// not.
type inspection struct {
	o        *settings.Options
	out      io.Writer
	problems []error
}

// checkConfig looks at everything a daemon with these settings would need, in its
// order and with its rights, and changes nothing.
func checkConfig(ctx context.Context, o *settings.Options, stdout io.Writer) error {
	i := &inspection{o: o, out: stdout}
	i.settings()
	accounts := i.accounts()
	i.identity()
	i.files()
	i.ports(ctx)
	i.limits()
	i.rights()
	i.directories(accounts)
	for _, problem := range i.problems {
		i.say("problem", "%v", problem)
	}
	switch n := len(i.problems); n {
	case 0:
		return nil
	case 1:
		return errors.New("--check-config: 1 problem")
	default:
		return fmt.Errorf("--check-config: %d problems", n)
	}
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
	file := i.o.File
	if file == "" {
		file = "none"
	}
	i.say("configuration", "%s", file)
	for _, line := range i.o.Start.Ignored {
		i.say("remark", "start-up file: not a setting of this program: %s", line)
	}
}

// accounts returns those that are known by name.
func (i *inspection) accounts() accounts {
	if i.o.Demo != "" {
		i.say("accounts", "one, for a demonstration of %s", i.o.Demo)
		i.try(readableDirectory(i.o.Demo))
		return nil
	}
	if i.o.Shell {
		i.say("accounts", "the user of the shell")
		return nil
	}
	found, err := openAccounts(i.o, i.log())
	if !i.try(err) {
		return nil
	}
	if i.o.SystemAccounts != "" {
		i.say("accounts", "those of this machine, by %s", i.o.SystemAccounts)
		return nil
	}
	i.say("accounts", "%d of %s", len(found.list()), i.o.Users)
	return found
}

// log shows as remarks what the daemon would warn of.
func (i *inspection) log() *slog.Logger {
	return slog.New(remarks{slog.DiscardHandler, func(text string) { i.say("remark", "%s", text) }})
}

// remarks is a log of warnings for somebody at a terminal.
type remarks struct {
	slog.Handler
	say func(text string)
}

func (remarks) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (r remarks) Handle(_ context.Context, record slog.Record) error {
	text := record.Message
	record.Attrs(func(a slog.Attr) bool {
		text += fmt.Sprintf(", %s: %v", a.Key, a.Value)
		return true
	})
	r.say(text)
	return nil
}

func (i *inspection) identity() {
	switch {
	case i.o.TLSKey == "":
		i.say("TLS", "not offered")
	case !i.try(trust.CheckIdentity(i.o.TLSKey, i.o.TLSCert)):
	case absent(i.o.TLSKey):
		i.say("TLS", "%s will be made", i.o.TLSKey)
	default:
		if identity, err := trust.LoadIdentity(i.o.TLSKey, i.o.TLSCert); i.try(err) {
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
	if i.o.LogFormat == "journal" {
		l, err := journal.Open(journal.Config{Format: i.o.LogFormat, File: i.o.LogFile, Out: i.out})
		if i.try(err) {
			_ = l.Close()
		}
	}
	i.appendable("--log", i.o.LogFile)
	i.appendable("--audit", i.o.Audit)
	_, closeMass, err := openMassStorage(i.o)
	if i.try(err) {
		closeMass()
	}
}

// appendable looks whether a file can be added to, or made.
func (i *inspection) appendable(option, name string) {
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	if errors.Is(err, os.ErrNotExist) {
		err = readableDirectory(filepath.Dir(name))
	} else if err == nil {
		err = f.Close()
	}
	if err != nil {
		i.try(fmt.Errorf("%s: %w", option, err))
	}
}

func (i *inspection) ports(ctx context.Context) {
	l, err := listen(ctx, i.o)
	if i.free(err) {
		_ = l.Close()
	}
	i.say("port", "%d of %s", i.o.Port, cmp.Or(i.o.Bind, "every address"))
	if i.o.DataPorts.Max > 0 {
		i.say("data ports", "%d:%d", i.o.DataPorts.Min, i.o.DataPorts.Max)
	}
	if len(i.o.Allow)+len(i.o.Deny) > 0 {
		i.say("networks", "%s without %s", words(i.o.Allow, "all"), words(i.o.Deny, "exception"))
	}
	if i.o.Metrics != "" {
		l, err := metrics.Listen(ctx, i.o.Metrics)
		if i.free(err) {
			_ = l.Close()
		}
		i.say("metrics", "%s", i.o.Metrics)
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
	if r, err := furnish(i.o); i.try(err) {
		i.say("limits", "%d sessions, %d data streams, with %d descriptors", r.Sessions, r.Streams, r.Descriptors)
	}
}

// rights become those of the sessions.
func (i *inspection) rights() {
	if i.o.SystemAccounts != "" {
		name := cmp.Or(i.o.RunAs, nobody)
		if _, _, _, err := process.User(name); err != nil {
			i.try(fmt.Errorf("--run-as %s: %w", name, err))
		}
		i.try(netio.CheckCongestionUnprivileged(i.o.Congestion))
		return
	}
	if !i.try(process.Become(i.o.RunAs)) {
		return
	}
	i.try(netio.CheckCongestion(i.o.Congestion))
	if !i.o.Shell && i.o.Demo == "" {
		checkReload(i.o, i.log())
	}
}

func (i *inspection) directories(accounts accounts) {
	var known []auth.Account
	if accounts != nil {
		known = accounts.list()
	}
	i.try(checkDirectories(i.o, known, i.log()))
}
