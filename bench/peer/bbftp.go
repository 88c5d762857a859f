package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"bbftp/bench/trial"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// bbftp is the client and the server of this release.
type bbftp struct{ programs Programs }

func (b *bbftp) Name() string { return BBFTP }

func (b *bbftp) Version(ctx context.Context) (string, error) {
	client, err := b.client(ctx)
	if err != nil || b.programs.Target.Host != "" {
		return client.line, err
	}
	server, err := b.server(ctx)
	if err != nil {
		return "", err
	}
	if client.build() == server.build() {
		return client.line, nil
	}
	return client.line + ", " + server.line, nil
}

func (b *bbftp) client(ctx context.Context) (binary, error) {
	return inspect(ctx, "bbftp", b.programs.Client, false)
}

func (b *bbftp) server(ctx context.Context) (binary, error) {
	return inspect(ctx, "bbftpd", b.programs.Server, false)
}

func (b *bbftp) Supports(c trial.Cell) error {
	if err := common(c); err != nil {
		return err
	}
	most := wire.MaxStreams
	if c.Version == 1 {
		most = wire.MaxStreamsV1
	}
	switch {
	case c.Version < 1 || c.Version > 3:
		return fmt.Errorf("protocol version %d: want 1 to 3", c.Version)
	case c.Streams > most:
		return fmt.Errorf("version %d of the protocol has at most %d streams, not %d", c.Version, most, c.Streams)
	case c.Window > maxWindow:
		return fmt.Errorf("a window of %d bytes: TCP has at most %d", c.Window, int64(maxWindow))
	case c.Path == trial.Network && b.programs.Target.Host == "":
		return errors.New("a network path needs the host of a running bbftpd")
	}
	return nil
}

// maxWindow is what TCP can announce (RFC 7323), in bytes.
const maxWindow = 1 << 30

func (b *bbftp) Run(ctx context.Context, j Job) (Outcome, error) {
	if err := b.Supports(j.Cell); err != nil {
		return Outcome{}, err
	}
	program, err := b.client(ctx)
	if err != nil {
		return Outcome{}, err
	}
	s, err := prepare(j)
	if err != nil {
		return Outcome{}, err
	}
	if j.Path == trial.Network {
		return b.programs.Target.run(ctx, program.path, j, s)
	}
	served, err := b.server(ctx)
	if err != nil {
		return Outcome{}, err
	}
	d, err := startDaemon(ctx, served.path, j, s.served)
	if err != nil {
		return Outcome{}, err
	}
	defer d.stop()
	at := d.login
	run, err := startClient(j.Client, program.path, s.here, at, clientArgs(j.Cell, at, script(j.Cell, s.name, s.name)))
	if err != nil {
		return Outcome{}, err
	}
	err = await(ctx, run.process, d.process)
	o := run.outcome(j.Cell, at)
	if err != nil {
		d.stop()
		o.ServerCPU = d.cpu()
		return o, err
	}
	far, err := d.transfer(ctx)
	d.stop()
	o.ServerCPU = d.cpu()
	if err != nil {
		return o, err
	}
	near, err := run.figures()
	if err != nil {
		return o, err
	}
	o.Bytes = near.Bytes
	o.Sender, o.Receiver = near.Paths, far
	if j.Direction == trial.Get {
		o.Sender, o.Receiver = far, near.Paths
	}
	return o, s.verify()
}

// login is how to get into a bbftpd.
type login struct {
	host         string
	port         int
	user         string
	passwordFile string
}

// dataPort tells data streams from the control connection.
func (l login) dataPort(local, remote int) bool { return local != l.port && remote != l.port }

// script makes the commands of one transfer. from and to are names without
// blanks.
func script(c trial.Cell, from, to string) string {
	commands := []string{fmt.Sprintf("%s %s %s", c.Direction, from, to)}
	if c.Window > 0 {
		commands = append(windowCommands(askedWindow(c)), commands...)
	}
	return strings.Join(commands, ";")
}

func windowCommands(kib int64) []string {
	return []string{fmt.Sprintf("setsendwinsize %d", kib), fmt.Sprintf("setrecvwinsize %d", kib)}
}

// unasked is the window in KiB that bbftp tells the other side when its user
// gave none. A server of this release leaves that one to its kernel.
const unasked = 256

// askedWindow is the window of c in KiB, as bbftp is told it.
func askedWindow(c trial.Cell) int64 {
	if k := kib(c.Window); k != unasked {
		return k
	}
	return unasked + 1 // or the server would take it for no wish
}

// clientArgs makes the command line: one try, as another would hide a failure
// and cost a pause, and nobody's start-up file.
func clientArgs(c trial.Cell, at login, script string) []string {
	args := []string{
		"-R", "none", "-r", "1", "--json", "-W", "-u", at.user, "--password-file", at.passwordFile,
		"-w", strconv.Itoa(at.port), "--protocol", strconv.Itoa(c.Version), "-p", strconv.Itoa(c.Streams),
	}
	if c.Compressed {
		args = append(args, "-c")
	}
	return append(args, "-e", script, at.host)
}

// client is a run of ours.
type client struct {
	*process

	mu       sync.Mutex
	moved    *figures // what it reported last
	warnings []string
}

// figures are those of --json.
type figures struct {
	Bytes   int64          `json:"bytes"`
	Streams int            `json:"streams"`
	Paths   transfer.Paths `json:"paths"`
}

func startClient(h Host, path, dir string, at login, args []string) (*client, error) {
	c := &client{}
	cmd := exec.Command(path, args...)
	cmd.Dir = dir
	var err error
	c.process, err = start(h, program{name: "bbftp", cmd: cmd, stdout: c.event, stderr: c.warning})
	return c, err
}

// event reads a line of --json.
func (c *client) event(line string) {
	var e struct{ Transfer *figures }
	if json.Unmarshal([]byte(line), &e) != nil || e.Transfer == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moved = e.Transfer
}

// warning keeps the warnings, all but the one of the address connected to.
func (c *client) warning(line string) {
	text, is := strings.CutPrefix(line, "BBFTP-WARNING-")
	if !is || strings.HasPrefix(text, "00028") {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.warnings = append(c.warnings, "bbftp: "+text)
}

// outcome is what is known of it once it is done.
func (c *client) outcome(cell trial.Cell, at login) Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := Outcome{Began: c.began, Ended: c.ended, ClientCPU: c.cpu(), DataPort: at.dataPort, Warnings: c.warnings}
	if c.moved != nil && c.moved.Streams != cell.Streams {
		o.Warnings = append(o.Warnings, fmt.Sprintf("%d streams instead of %d", c.moved.Streams, cell.Streams))
	}
	if cell.Window == 0 {
		return o
	}
	if asked := askedWindow(cell); asked != kib(cell.Window) {
		o.Warnings = append(o.Warnings, fmt.Sprintf("window: %d KiB instead of %d, which bbftpd takes for no wish", asked, kib(cell.Window)))
	}
	if cell.Version == 1 {
		o.Warnings = append(o.Warnings, "window: the client's only, as version 1 has no word for the server's")
	}
	if cut := capped(cell.Window); cut != "" {
		o.Warnings = append(o.Warnings, cut)
	}
	return o
}

var errNoFigures = errors.New("it reported no transfer")

func (c *client) figures() (figures, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.moved == nil {
		return figures{}, c.failed(errNoFigures)
	}
	return *c.moved, nil
}

// versionLimit is how long a program may take to say its version.
const versionLimit = 10 * time.Second
