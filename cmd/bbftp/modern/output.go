package modern

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/client"
	"bbftp/engine/trust"
)

// output shows what happens: as text, as text with progress bars, or as JSON.
// Its methods are called from one goroutine.
type output interface {
	// start begins a run of put or get; bytes is -1 if the sizes of the files
	// are not known yet.
	start(op string, files int, bytes int64)
	// moving tells that the data of a file begin to move.
	moving(client.Progress)
	// done ends one operand: a file, or a question to the server.
	done(outcome)
	// warn shows what did not stop an operation.
	warn(warning)
	// trusted tells that the key of a server was new and is trusted from now on.
	trusted(trust.Met)
	// say shows the dialogue with the server, if that is wanted.
	say(text string)
	// finish ends the run.
	finish(summary)
}

// outcome is what became of one operand.
type outcome struct {
	op     string
	object string           // what error lines name
	server bool             // object is the server, or nothing, not an operand
	copied *client.Transfer // of put and get
	answer answer           // of what asks for something to show
	err    error
}

// answer is what the server told, for people and for programs.
type answer interface {
	// lines are for people; control characters in them are masked later.
	lines() []string
	// events are for programs, to be encoded as JSON.
	events() []any
}

// warning is a client's warning, or a pause before another try.
type warning struct {
	cause error
	retry bool
	wait  time.Duration // before the next try
}

// summary is the end of a run.
type summary struct {
	op string
	tally
	took time.Duration
}

// rate is in bytes per second, 0 for no time at all.
func rate(bytes int64, took time.Duration) float64 {
	if took <= 0 {
		return 0
	}
	return float64(bytes) / took.Seconds()
}

// plain writes lines: successes and answers to out, the rest to err.
type plain struct {
	out, err                io.Writer
	quiet, verbose, explain bool
}

func (p *plain) start(string, int, int64) {}

func (p *plain) moving(client.Progress) {}

func (p *plain) done(o outcome) {
	if o.answer != nil {
		for _, text := range o.answer.lines() {
			line(p.out, text)
		}
	}
	switch {
	case o.err != nil:
		line(p.err, "bbftp: "+failure(o))
	case o.copied != nil && !p.quiet:
		line(p.out, transferred(o.copied))
		for _, text := range p.remarks(o.copied) {
			line(p.out, "  "+text)
		}
	}
}

func (p *plain) warn(w warning) {
	switch {
	case w.retry:
		// Also with --quiet: a wait of minutes needs a reason.
		line(p.err, fmt.Sprintf("bbftp: trying again in %v: %v", w.wait, w.cause))
	case !p.quiet:
		line(p.err, fmt.Sprintf("bbftp: warning: %v", w.cause))
	}
}

func (p *plain) trusted(met trust.Met) {
	if !p.quiet {
		line(p.err, "bbftp: "+met.String())
	}
}

func (p *plain) say(text string) {
	if p.verbose {
		line(p.err, text)
	}
}

// finish says nothing of a run that had one operand: its line said it all.
func (p *plain) finish(s summary) {
	if files := s.done + s.failed + s.skipped; files < 2 || p.quiet && s.failed+s.skipped == 0 {
		return
	}
	switch {
	case s.failed+s.skipped > 0:
		text := fmt.Sprintf("bbftp: %s: %d done, %d failed", s.op, s.done, s.failed)
		if s.skipped > 0 {
			text += fmt.Sprintf(", %d not tried", s.skipped)
		}
		line(p.err, text)
	case s.op == "put" || s.op == "get":
		line(p.out, fmt.Sprintf("%d files, %s", s.done, figures(s.bytes, s.took)))
	}
}

// line writes one line for people. Texts of legacy servers may end in a blank.
func line(w io.Writer, text string) { fmt.Fprintln(w, strings.TrimRight(terminal.Mask(text), " ")) }

// failure names operation, object and cause, each once: errors of the engine
// begin with operation and object already.
func failure(o outcome) string {
	prefix := o.op
	if o.object != "" {
		prefix += " " + o.object
	}
	prefix += ": "
	return prefix + strings.Replace(o.err.Error(), prefix, "", 1)
}

// transferred is the line of a copied file.
func transferred(t *client.Transfer) string {
	name := t.Local
	if t.Op == "get" {
		name = t.Remote
	}
	if t.Simulated {
		return fmt.Sprintf("%s  %s  simulated", name, bytesText(t.Bytes))
	}
	return fmt.Sprintf("%s  %s", name, figures(t.Bytes, t.Duration))
}

// figures are size, seconds and rates. MB are 10^6 bytes.
func figures(bytes int64, took time.Duration) string {
	text := fmt.Sprintf("%s  %.2f s", bytesText(bytes), took.Seconds())
	if r := rate(bytes, took); r > 0 {
		text += fmt.Sprintf("  %.1f MB/s  %.3f Gbit/s", r/1e6, r*8/1e9)
	}
	return text
}

// bytesText is a size in units of powers of 1000.
func bytesText(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

// linesOf are the lines of text without their ends.
func linesOf(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for l := range strings.Lines(text) {
			if !yield(strings.TrimRight(l, "\r\n")) {
				return
			}
		}
	}
}
