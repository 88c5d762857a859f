package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"bbftp/engine/client"
	"bbftp/engine/transfer"
)

// report writes what the user asked to see: result lines always, the dialogue
// with -V, figures with -m, or nothing but JSON.
type report struct {
	o              *options
	stdout, stderr io.Writer
	last           *client.Transfer // of the command under way
}

func newReport(o *options, stdout, stderr io.Writer) *report {
	return &report{o: o, stdout: stdout, stderr: stderr}
}

// line writes one line for people. Names and refusals are the server's words:
// control characters in them could command the terminal.
func line(w io.Writer, format string, args ...any) {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, fmt.Sprintf(format, args...))
	fmt.Fprintln(w, text)
}

// logger passes on the engine's warnings, such as a retry and its reason.
func (r *report) logger() *slog.Logger {
	if r.o.warnings || r.o.verbose {
		return slog.New(slog.NewTextHandler(r.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	return slog.New(slog.DiscardHandler)
}

func (r *report) warn(format string, args ...any) {
	if r.o.warnings || r.o.verbose {
		line(r.stderr, "BBFTP-WARNING-00026 : "+format, args...)
	}
}

// retry is shown whatever the options: a wait of minutes needs a reason.
func (r *report) retry(wait time.Duration, cause error) {
	line(r.stderr, "BBFTP-WARNING-00022 : retrying in %v: %v", max(wait, 0), cause)
}

func (r *report) say(format string, args ...any) {
	if r.o.verbose {
		line(r.stdout, format, args...)
	}
}

func (r *report) login(greeting string) {
	r.say(">> USER %s PASS", r.o.user)
	r.say("<< %s", greeting)
}

func (r *report) begin(text string) {
	r.last = nil
	r.say(">> COMMAND : %s", text)
}

func (r *report) detail(err error, format string, args ...any) {
	if err == nil {
		r.say("<< OK : "+format, args...)
	}
}

// done ends a command that has nothing to tell.
func (r *report) done(err error) {
	if err == nil {
		r.say("<< OK")
	}
}

// transfer reports a copied file. Rates are those scripts for the legacy
// client read: powers of 1024.
func (r *report) transfer(t *client.Transfer) {
	r.last = t
	if t.Bytes == 0 {
		r.say("<< OK")
		return
	}
	seconds := t.Duration.Seconds()
	if r.o.machine {
		compression := "nogzip"
		if t.Compressed {
			compression = "gzip"
		}
		fmt.Fprintf(r.stdout, "%s %d %.3f 0 0 0 %d %s\n", t.Op, t.Bytes, seconds, t.Streams, compression)
	}
	did := map[string]string{"put": "send", "get": "got"}[t.Op]
	rate := float64(t.Bytes) / seconds
	r.say("<< OK")
	r.say("%d bytes %s in %.3g secs (%.3g Kbytes/sec or %.3g Mbits/s)", t.Bytes, did, seconds, rate/1024, rate*8/(1024*1024))
}

func (r *report) listing(dir string, names []string) {
	switch {
	case r.o.json:
		r.event(event{Event: "listing", Command: "dir " + dir, OK: true, Names: names})
	case r.o.machine:
		fmt.Fprintf(r.stdout, "dir %s\n", dir)
		for _, name := range names {
			fmt.Fprintf(r.stdout, "   %s\n", name) // version 1 sends no types
		}
	case len(names) == 0:
		r.say("<< OK : no file")
	default:
		for _, name := range names {
			line(r.stdout, "%s", name)
		}
	}
}

// result ends a command.
func (r *report) result(text string, err error, number int) {
	if err != nil {
		line(r.stderr, "BBFTP-ERROR-%05d : %v", number, err)
		r.say("<< %v", err)
	}
	switch {
	case r.o.json:
		e := event{Event: "command", Command: text, OK: err == nil}
		if err != nil {
			e.Error, e.Number = err.Error(), number
		} else if t := r.last; t != nil {
			e.Transfer = &figures{
				Op: t.Op, Local: t.Local, Remote: t.Remote, Bytes: t.Bytes, Streams: t.Streams,
				Compressed: t.Compressed, Seconds: t.Duration.Seconds(), Paths: t.Paths,
			}
		}
		r.event(e)
	case err != nil:
		line(r.stdout, "%s FAILED", text)
	default:
		line(r.stdout, "%s OK", text)
	}
	r.last = nil
}

// event is one line of --json.
type event struct {
	Event    string   `json:"event"` // "command" or "listing"
	Command  string   `json:"command"`
	OK       bool     `json:"ok"`
	Error    string   `json:"error,omitempty"`
	Number   int      `json:"number,omitempty"`
	Names    []string `json:"names,omitempty"`
	Transfer *figures `json:"transfer,omitempty"`
}

// figures are those of one copied file; sizes in bytes.
type figures struct {
	Op         string         `json:"op"`
	Local      string         `json:"local"`
	Remote     string         `json:"remote"`
	Bytes      int64          `json:"bytes"`
	Streams    int            `json:"streams"`
	Compressed bool           `json:"compressed"`
	Seconds    float64        `json:"seconds"`
	Paths      transfer.Paths `json:"paths"`
}

func (r *report) event(e event) {
	_ = json.NewEncoder(r.stdout).Encode(e)
}
