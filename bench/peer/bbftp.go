package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"bbftp/bench/trial"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// bbftp is the client and the server of this release.
type bbftp struct {
	programs Programs
	auto     bool // as its users call it, without options that tune it
}

func (b *bbftp) Name() string {
	if b.auto {
		return BBFTPAuto
	}
	return BBFTP
}

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
	chosen := c
	if b.auto && c.Streams == 0 {
		chosen.Streams = 1 // or however many
	}
	if err := common(chosen); err != nil {
		return err
	}
	most := wire.MaxStreams
	if c.Version == 1 {
		most = wire.MaxStreamsV1
	}
	switch {
	case c.Version < 1 || c.Version > 3:
		return fmt.Errorf("protocol version %d: want 1 to 3", c.Version)
	case b.auto && (c.Streams != 0 || c.Window != 0):
		return fmt.Errorf("%s chooses streams and windows itself", BBFTPAuto)
	case b.auto && c.Path == trial.Network:
		return fmt.Errorf("%s has a server of its own", BBFTPAuto)
	case c.Streams > most:
		return fmt.Errorf("version %d of the protocol has at most %d streams, not %d", c.Version, most, c.Streams)
	case c.Window > maxWindow:
		return fmt.Errorf("a window of %d bytes: TCP has at most %d", c.Window, int64(maxWindow))
	case c.Files > 0 && c.Path == trial.Network:
		return errors.New("a network path is measured with one file")
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
	run, err := b.start(j, program.path, s, d.login)
	if err != nil {
		return Outcome{}, err
	}
	err = await(ctx, run.process, d.process)
	o := run.outcome(j.Cell, d.login)
	if err != nil {
		d.stop()
		o.ServerCPU, o.ServerMemory = d.cpu(), d.memory()
		return o, err
	}
	far, err := d.transferred(ctx, j.Count())
	d.stop()
	o.ServerCPU, o.ServerMemory = d.cpu(), d.memory()
	if err != nil {
		return o, err
	}
	near, err := run.figures()
	if err != nil {
		return o, err
	}
	o.take(near, far, j.Direction)
	return o, s.verify()
}

// start starts the client.
func (b *bbftp) start(j Job, path string, s *stage, at login) (*client, error) {
	var args []string
	if b.auto {
		args = plainArgs(j.Cell, at, s)
	} else {
		commands, err := tell(j, script(j.Cell, s.names...), clientCommands)
		if err != nil {
			return nil, err
		}
		args = clientArgs(j.Cell, at, commands)
	}
	cmd := exec.Command(path, args...)
	// What it may have learnt of earlier paths is not there.
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(j.Work, "cache"))
	return startClient(j.Client, cmd, s.here)
}

// take enters what both ends say of a transfer.
func (o *Outcome) take(near, far figures, direction string) {
	o.Bytes = near.Bytes
	o.Moving = time.Duration(near.Seconds * float64(time.Second))
	o.ClientVerdict, o.ServerVerdict = near.verdict(), far.verdict()
	o.Sender, o.Receiver = near.Paths, far.Paths
	if direction == trial.Get {
		o.Sender, o.Receiver = far.Paths, near.Paths
	}
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

// script makes the commands that move files, whose names have no blanks and
// are the same at both ends.
func script(c trial.Cell, names ...string) []string {
	var commands []string
	if c.Window > 0 {
		commands = windowCommands(askedWindow(c))
	}
	for _, name := range names {
		commands = append(commands, fmt.Sprintf("%s %s %s", c.Direction, name, name))
	}
	return commands
}

// clientCommands is the file with the commands of a client.
const clientCommands = "commands"

// tell makes the arguments that hand a client its commands: few on the command
// line, many in a file.
func tell(j Job, commands []string, file string) ([]string, error) {
	if j.Files == 0 {
		return []string{"-e", strings.Join(commands, ";")}, nil
	}
	path := filepath.Join(j.Work, file)
	return []string{"-i", path}, os.WriteFile(path, []byte(strings.Join(commands, "\n")+"\n"), 0o600)
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
func clientArgs(c trial.Cell, at login, commands []string) []string {
	args := []string{
		"-R", "none", "-r", "1", "--json", "-W", "-u", at.user, "--password-file", at.passwordFile,
		"-w", strconv.Itoa(at.port), "--protocol", strconv.Itoa(c.Version), "-p", strconv.Itoa(c.Streams),
	}
	if c.Compressed {
		args = append(args, "-c")
	}
	return append(append(args, commands...), at.host)
}

// plainArgs makes the command line of a user who knows nothing of tuning.
func plainArgs(c trial.Cell, at login, s *stage) []string {
	args := []string{
		c.Direction, "--json", "--tries", "1", "--user", at.user, "--password-file", at.passwordFile,
		"--port", strconv.Itoa(at.port), "--protocol", strconv.Itoa(c.Version),
	}
	if c.Compressed {
		args = append(args, "--compress")
	}
	there, here := at.host+":", "."
	switch {
	case c.Direction == trial.Put && c.Files == 0:
		return append(args, s.name(), there+s.name())
	case c.Direction == trial.Put:
		return append(append(args, s.names...), there+"./")
	case c.Files == 0:
		here = s.name()
	}
	for _, name := range s.names {
		args = append(args, there+name)
	}
	return append(args, here)
}

// client is a run of ours.
type client struct {
	*process

	mu       sync.Mutex
	files    int     // that it reported
	moved    figures // of all of them
	warnings []string
}

// figures are those of --json and of a server's log.
type figures struct {
	Bytes   int64          `json:"bytes"`
	Seconds float64        `json:"seconds"`
	Streams int            `json:"streams"`
	Paths   transfer.Paths `json:"paths"`
	// The verdict of a client and, in its log, of a server.
	Telemetry struct {
		Verdict trial.Verdict `json:"verdict"`
	} `json:"telemetry"`
	Verdict trial.Verdict `json:"verdict"`
}

// add counts another file. Of streams and verdict the last one's stay.
func (f *figures) add(other figures) {
	sum := other
	sum.Bytes += f.Bytes
	sum.Seconds += f.Seconds
	sum.Paths = transfer.Paths{
		Sendfile: f.Paths.Sendfile + other.Paths.Sendfile, Splice: f.Paths.Splice + other.Paths.Splice,
		Copied: f.Paths.Copied + other.Paths.Copied, Deflated: f.Paths.Deflated + other.Paths.Deflated,
		Stored: f.Paths.Stored + other.Paths.Stored, BlockBytes: f.Paths.BlockBytes + other.Paths.BlockBytes,
	}
	*f = sum
}

// verdict is what was said, nil if nothing was.
func (f *figures) verdict() *trial.Verdict {
	for _, v := range []*trial.Verdict{&f.Telemetry.Verdict, &f.Verdict} {
		if v.Limit != "" {
			return v
		}
	}
	return nil
}

func startClient(h Host, cmd *exec.Cmd, dir string) (*client, error) {
	c := &client{}
	cmd.Dir = dir
	var err error
	c.process, err = start(h, program{name: "bbftp", cmd: cmd, stdout: c.event, stderr: c.warning})
	return c, err
}

// event reads a line of --json: of the scripts' form, with the figures in
// "transfer", or of the other, whose "file" event has them itself.
func (c *client) event(line string) {
	var e struct {
		Event    string   `json:"event"`
		Op       string   `json:"op"`
		OK       bool     `json:"ok"`
		Transfer *figures `json:"transfer"`
		figures
	}
	if json.Unmarshal([]byte(line), &e) != nil {
		return
	}
	moved := e.Transfer
	if moved == nil && e.Event == "file" && e.OK && (e.Op == trial.Put || e.Op == trial.Get) {
		moved = &e.figures
	}
	if moved == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files++
	c.moved.add(*moved)
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
	o := Outcome{
		Began: c.began, Ended: c.ended, ClientCPU: c.cpu(), ClientMemory: c.memory(), Streams: c.moved.Streams,
		DataPort: at.dataPort, Warnings: c.warnings,
	}
	if c.files > 0 && cell.Streams > 0 && c.moved.Streams != cell.Streams {
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
	if c.files == 0 {
		return figures{}, c.failed(errNoFigures)
	}
	return c.moved, nil
}

// versionLimit is how long a program may take to say its version.
const versionLimit = 10 * time.Second
