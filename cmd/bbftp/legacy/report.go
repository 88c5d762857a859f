package legacy

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/client"
	"bbftp/engine/command"
	"bbftp/engine/wire"
)

// report writes what the user asked to see: results always, the dialogue with
// -V, figures with -m, or nothing but JSON.
type report struct {
	*console
	options *options
	results io.Writer

	watched   bool   // somebody at a terminal reads standard error
	secured   bool   // the control connection goes through TLS
	greeted   bool   // the server let this client in
	connected bool   // and spoke a version in common
	command   string // as written
	shown     string // as the dialogue shows it
	name      string // what its failure names
	text      string // what the server said to it
	last      *client.Transfer
}

// connecting tells where to.
func (r *report) connecting() {
	r.warn(warnAddress, "connect to address %s", r.options.host)
}

func (r *report) login(greeting string) {
	r.greeted = true
	switch {
	case r.options.ssh != nil:
	case r.options.clear && !r.secured:
		r.say(">> MSG_CRYPT message sent")
		r.say("Uncrypted login dialog accepted")
		r.say(">> USERNAME %s PASS", r.options.user)
		r.say("<< %s", greeting)
	default:
		r.say(">> USER %s PASS", r.options.user)
		r.say("<< %s", greeting)
	}
	r.trace("Connection and authentication correct")
}

// reply keeps what the server says to a command.
func (r *report) reply(text string) { r.text = text }

func (r *report) warning(warning error) {
	if as[client.PasswordExposed](warning) {
		r.remark(warning.Error())
		return
	}
	f := describeWarning(warning)
	r.warn(f.number, "%s", f.text)
}

func (r *report) moving(p client.Progress) { r.trace("Accepted stream number = %d", p.Streams) }

// retry reports a try that failed and that there will be another. It does not
// count: what succeeds in the end succeeded.
func (r *report) retry(wait time.Duration, err error) {
	r.failed(err)
	pause := fmt.Sprintf("%g s", max(wait, 0).Seconds())
	if r.reaches(err) {
		r.warn(warnRetry, "Retrying connection waiting %s", pause)
		r.connecting()
		return
	}
	r.say("Retrying command waiting %s", pause)
	r.say(">> COMMAND : %s", r.shown)
}

// reaches tells whether err is one of reaching the server, not of a command.
func (r *report) reaches(err error) bool {
	var session *client.SessionError
	return !r.connected || errors.As(err, &session)
}

// failed shows an error, with -V also as the answer that it was, and returns
// its number.
func (r *report) failed(err error) int {
	var refused *client.RefusedError
	answered := errors.As(err, &refused)
	switch {
	case r.greeted || !answered:
	case r.options.clear:
		r.say(">> MSG_CRYPT message sent")
	default:
		r.say(">> USER %s PASS", r.options.user)
	}
	f := r.describe(err)
	r.fail(f)
	if r.greeted && answered {
		r.say("<< %s", f.text)
	}
	return f.number
}

// describe words err for the command under way.
func (r *report) describe(err error) failure {
	switch {
	case r.greeted:
	case r.options.ssh != nil:
		err = fmt.Errorf("%w: %w", errShell, untried(err))
	default:
		err = fmt.Errorf("%w: %w", errLogin, untried(err))
	}
	return describe(err, subject{command: r.command, name: r.name})
}

// next prepares for a command.
func (r *report) next(text string) {
	r.command, r.shown, r.name, r.text, r.last = text, text, "", "", nil
}

// begin shows a command, with the names that were left out.
func (r *report) begin(format string, args ...any) {
	r.shown = fmt.Sprintf(format, args...)
	r.say(">> COMMAND : %s", r.shown)
}

// done ends a command that has nothing to tell but what the server said.
func (r *report) done(err error) {
	switch {
	case err != nil:
	case r.text != "":
		r.say("<< OK : %s", r.text)
	default:
		r.say("<< OK")
	}
}

// transfer reports a copied file. Rates are those scripts read: powers of 1024.
func (r *report) transfer(t *client.Transfer) {
	r.last = t
	r.say("<< OK")
	if t.Bytes == 0 {
		return
	}
	seconds := t.Duration.Seconds()
	if r.options.machine {
		compression := "nogzip"
		if t.Compressed {
			compression = "gzip"
		}
		r.figure("%s %d %.3f %d %d %d %d %s",
			t.Op, t.Bytes, seconds, t.BufferSize, t.SendWindow, t.RecvWindow, t.Streams, compression)
	}
	if t.Simulated {
		return
	}
	did := map[string]string{"put": "send", "get": "got"}[t.Op]
	rate := float64(t.Bytes) / max(seconds, 1e-9)
	r.say("%d bytes %s in %.3g secs (%.3g Kbytes/sec or %.3g Mbits/s)", t.Bytes, did, seconds, rate/1024, rate*8/(1024*1024))
}

// listed ends the request for a listing within a command.
func (r *report) listed(n int) {
	if n == 0 {
		r.say("<< OK : no file")
		return
	}
	r.say("<< OK")
}

// listing shows a directory to programs; the dialogue never names its entries.
func (r *report) listing(dir string, entries []wire.ListEntry) {
	switch {
	case r.options.json:
		r.listingEvent(dir, entries)
	case r.options.machine:
		r.figure("dir %s", dir)
		for _, e := range entries {
			r.figure("%c%c %s", blank(e.Type[0]), blank(e.Type[1]), e.Path)
		}
	}
	r.say("<< OK")
}

// blank stands for a type that the server did not tell.
func blank(b byte) byte {
	if b == 0 {
		return ' '
	}
	return b
}

// told ends a command that asked for a line of figures.
func (r *report) told(verb command.Verb, line string) {
	r.text = line
	r.say("<< OK : %s", line)
	if r.options.machine {
		r.figure("%s %s", verb, line)
	}
}

// figure writes a line of -m, one whatever the server calls its files.
func (r *report) figure(format string, args ...any) {
	_, _ = io.WriteString(r.stdout, terminal.Mask(fmt.Sprintf(format, args...))+"\n")
}

// result ends a command, or one file of mput and mget.
func (r *report) result(text string, err error) {
	switch {
	case r.options.json:
		r.commandEvent(text, err)
	case err != nil:
		fmt.Fprintf(r.results, "%s FAILED\n", oneLine(text))
	default:
		fmt.Fprintf(r.results, "%s OK\n", oneLine(text))
	}
	r.last = nil
}

// oneLine takes controls out of a result: a name of the server's must neither
// pass for two results nor command the terminal at which somebody reads them.
// Names are bytes otherwise, of whatever character set.
func oneLine(text string) string {
	line := []byte(strings.TrimSuffix(text, "\r")) // of a control file with such lines
	for i, b := range line {
		if b < ' ' && b != '\t' || b == 0x7f {
			line[i] = '?'
		}
	}
	return string(line) + text[len(line):]
}
