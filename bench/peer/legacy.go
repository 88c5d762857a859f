package peer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"bbftp/bench/trial"
)

// legacy is a client and a server of a release before ours. With tuned, its
// windows are made for the path; else they are those it sets by itself.
//
// The server insists on an account of the system and on root to check its
// password. It gets a private one: serveInetd, in namespaces of its own, is
// what starts it for each connection, and its only account is the one who runs
// the bench, under a password made for the trial.
type legacy struct {
	programs Programs
	tuned    bool
}

func (l *legacy) Name() string {
	if l.tuned {
		return LegacyTuned
	}
	return Legacy
}

func (l *legacy) Version(ctx context.Context) (string, error) {
	client, server, err := l.inspect(ctx)
	if err != nil {
		return "", err
	}
	return client.line + ", " + server.line, nil
}

func (l *legacy) inspect(ctx context.Context) (client, server binary, err error) {
	client, clientErr := inspect(ctx, "bbftp", l.programs.LegacyClient, true)
	server, serverErr := inspect(ctx, "bbftpd", l.programs.LegacyServer, true)
	return client, server, errors.Join(clientErr, serverErr)
}

// legacyWindow is what a legacy client sets and asks for by itself, in bytes.
const legacyWindow = 256 << 10

// TunedWindow is the window in bytes of a data stream of LegacyTuned: the one
// asked for, or twice the stream's share of the bandwidth-delay product, so
// that neither the kernel's bookkeeping nor a slower neighbour makes it the
// limit; at least the programs' own. It is 0 where there is nothing to size it
// by.
func TunedWindow(c trial.Cell) int64 {
	switch {
	case c.Window > 0:
		return kib(c.Window) * 1024
	case c.BDP() == 0 || c.Streams < 1:
		return 0
	}
	return max(legacyWindow, kib(2*c.BDP()/int64(c.Streams))*1024)
}

// heapStreams is the most streams of version 3 that release 3.2.1 survives
// (wire.md 11.22).
const heapStreams = 12

func (l *legacy) Supports(c trial.Cell) error {
	if err := common(c); err != nil {
		return err
	}
	switch {
	case c.Version != 2 && c.Version != 3:
		return fmt.Errorf("legacy programs speak versions 2 and 3 of the protocol, not %d", c.Version)
	case c.Path == trial.Network:
		return errors.New("legacy programs are compared on one machine")
	case !l.tuned && c.Window != 0:
		return fmt.Errorf("%s keeps its windows of %d KiB; %s sets others", Legacy, legacyWindow>>10, LegacyTuned)
	case l.tuned && TunedWindow(c) == 0:
		return errors.New("no rate and round-trip time to size windows by")
	case TunedWindow(c) > maxWindow:
		return fmt.Errorf("a window of %d bytes: TCP has at most %d", TunedWindow(c), int64(maxWindow))
	}
	return nil
}

func (l *legacy) Run(ctx context.Context, j Job) (Outcome, error) {
	if err := l.Supports(j.Cell); err != nil {
		return Outcome{}, err
	}
	clientProgram, serverProgram, err := l.inspect(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if strings.Contains(serverProgram.line, " 3.2.1") && j.Version == 3 && j.Streams > heapStreams {
		return Outcome{}, fmt.Errorf("release 3.2.1 corrupts its memory with more than %d streams of version 3", heapStreams)
	}
	s, err := prepare(j)
	if err != nil {
		return Outcome{}, err
	}
	password := rand.Text()
	server, at, err := startLegacyServer(ctx, serverProgram.path, j, s, password)
	if err != nil {
		return Outcome{}, err
	}
	defer server.stop()
	streams := watchFamily(server)
	commands, err := tell(j, l.script(j.Cell, s.names...), clientCommands)
	if err != nil {
		return Outcome{}, err
	}
	client, err := startLegacyClient(j, clientProgram.path, s, at, l.args(j.Cell, at, commands), password)
	if err != nil {
		return Outcome{}, err
	}
	err = await(ctx, client.process, server)
	server.stop()
	o := client.outcome(at)
	o.tookServer(server, streams, j)
	if l.tuned {
		if cut := capped(TunedWindow(j.Cell)); cut != "" {
			o.Warnings = append(o.Warnings, cut)
		}
	}
	if err != nil {
		return o, err
	}
	o.Bytes = s.size
	return o, s.verify()
}

// tookServer enters what a legacy server cost, and what its client waited for.
func (o *Outcome) tookServer(server *process, streams *family, j Job) {
	o.ServerCPU, o.ServerMemory = server.cpu(), streams.memory()
	if j.Files > 0 {
		return // of many files: whose stream is whose is not known
	}
	longest, wait := stalled(streams.idle(streamDepth), j.RoundTrip())
	if o.Stall = longest; wait != "" {
		o.Warnings = append(o.Warnings, wait)
	}
}

// script makes the commands, windows first.
func (l *legacy) script(c trial.Cell, names ...string) []string {
	window := c.Window
	c.Window = 0 // whose own commands are not of this release's words
	commands := script(c, names...)
	if c.Window = window; l.tuned {
		commands = append(windowCommands(TunedWindow(c)/1024), commands...)
	}
	return commands
}

// args makes the client's command line: -V says what happens when. One try, as
// another would hide a failure and cost 30 s.
func (l *legacy) args(c trial.Cell, at login, commands []string) []string {
	args := []string{
		"-R", "none", "-r", "1", "-V", "-W", "-u", at.user, "-w", fmt.Sprint(at.port), "-p", fmt.Sprint(c.Streams),
	}
	if c.Version == 2 {
		args = append(args, "-D")
	}
	if c.Compressed {
		args = append(args, "-c")
	}
	return append(append(args, commands...), at.host)
}
