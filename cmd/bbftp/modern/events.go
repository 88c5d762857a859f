package modern

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/client"
	"bbftp/engine/telemetry"
	"bbftp/engine/transfer"
	"bbftp/engine/trust"
)

// events writes one JSON object a line, and nothing else.
type events struct {
	every time.Duration // between two progress events of a file

	mu      sync.Mutex
	encoder *json.Encoder // guarded by mu
	stop    func()        // ends the progress events of the file under way
}

func newEvents(w io.Writer) *events {
	return &events{every: time.Second, encoder: json.NewEncoder(terminal.JSON(w)), stop: func() {}}
}

func (e *events) emit(event any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	// A reader that went away must not stop a transfer.
	_ = e.encoder.Encode(event)
}

type startEvent struct {
	Event string `json:"event"` // "start"
	Op    string `json:"op"`
	Files int    `json:"files"`
	Bytes *int64 `json:"bytes,omitempty"` // of all files, if known
}

func (e *events) start(op string, files int, bytes int64) {
	event := startEvent{Event: "start", Op: op, Files: files}
	if bytes >= 0 {
		event.Bytes = &bytes
	}
	e.emit(event)
}

type progressEvent struct {
	Event   string  `json:"event"` // "progress"
	Op      string  `json:"op"`
	Local   string  `json:"local"`
	Remote  string  `json:"remote"`
	Bytes   int64   `json:"bytes"`
	Moved   int64   `json:"moved"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"rate"` // bytes per second
}

// moving emits the file's progress until the next one moves or it is done.
func (e *events) moving(p client.Progress) {
	e.stop()
	ended, gone := make(chan struct{}), make(chan struct{})
	e.stop = sync.OnceFunc(func() { close(ended); <-gone })
	began := time.Now()
	go func() {
		defer close(gone)
		tick := time.NewTicker(e.every)
		defer tick.Stop()
		var speed pace
		speed.observe(began, 0)
		for {
			select {
			case <-ended:
				return
			case now := <-tick.C:
				moved := p.Moved()
				e.emit(progressEvent{
					"progress", p.Op, p.Local, p.Remote, p.Bytes, moved, now.Sub(began).Seconds(), speed.observe(now, moved),
				})
			}
		}
	}()
}

type fileEvent struct {
	Event  string `json:"event"` // "file"; "error" for what is about no file
	Op     string `json:"op"`
	Object string `json:"object"`
	OK     bool   `json:"ok"`
	// LeftOut: not copied, because it is neither a directory nor a file, or can't be one there.
	LeftOut bool   `json:"left_out,omitempty"`
	Error   string `json:"error,omitempty"`
	*transferFigures
}

// transferFigures are there if a file was copied.
type transferFigures struct {
	Local      string  `json:"local"`
	Remote     string  `json:"remote"`
	Bytes      int64   `json:"bytes"`
	Seconds    float64 `json:"seconds"`
	Rate       float64 `json:"rate"` // bytes per second
	Streams    int     `json:"streams"`
	Compressed bool    `json:"compressed"`
	Simulated  bool    `json:"simulated"`

	Paths     transfer.Paths    `json:"paths"`
	Telemetry *telemetry.Report `json:"telemetry,omitempty"` // if data streams were open
	Why       []string          `json:"why,omitempty"`
}

func figuresOfCopy(t *client.Transfer) *transferFigures {
	f := &transferFigures{
		t.Local, t.Remote, t.Bytes, t.Duration.Seconds(), rate(t.Bytes, t.Duration), t.Streams, t.Compressed, t.Simulated,
		t.Paths, nil, t.Why,
	}
	if t.Report.Elapsed > 0 {
		f.Telemetry = &t.Report
	}
	return f
}

func (e *events) done(o outcome) {
	e.stop()
	if o.answer != nil {
		for _, event := range o.answer.events() {
			e.emit(event)
		}
		if o.err == nil {
			return
		}
	}
	event := fileEvent{Event: "file", Op: o.op, Object: o.object, OK: o.err == nil}
	if o.server || !slices.Contains([]string{"put", "get", "mkdir", "rm"}, o.op) {
		event.Event = "error"
	}
	if o.err != nil {
		event.Error = failure(o)
		_, event.LeftOut = errors.AsType[leftOut](o.err)
	}
	if t := o.copied; t != nil && o.err == nil {
		event.transferFigures = figuresOfCopy(t)
	}
	e.emit(event)
}

type warningEvent struct {
	Event string   `json:"event"` // "warning"
	Text  string   `json:"text"`
	Wait  *float64 `json:"wait,omitempty"` // seconds until the next try, if there is one
}

func (e *events) warn(w warning) {
	if w.retry {
		e.stop() // nothing moves until the next try
	}
	event := warningEvent{Event: "warning", Text: w.cause.Error()}
	if w.retry {
		seconds := w.wait.Seconds()
		event.Wait = &seconds
	}
	e.emit(event)
}

type trustEvent struct {
	Event       string `json:"event"` // "trust"
	Server      string `json:"server"`
	Fingerprint string `json:"fingerprint"`
	File        string `json:"file,omitempty"`
}

func (e *events) trusted(met trust.Met) {
	e.emit(trustEvent{"trust", met.Server, met.Fingerprint, met.File})
}

func (e *events) say(string) {}

type summaryEvent struct {
	Event   string  `json:"event"` // "summary"
	Op      string  `json:"op"`
	Done    int     `json:"done"`
	Failed  int     `json:"failed"`
	Skipped int     `json:"skipped"` // not tried, or left out of a tree
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
	Rate    float64 `json:"rate"` // bytes per second
	Exit    int     `json:"exit"`
}

func (e *events) finish(s summary) {
	e.stop()
	e.emit(summaryEvent{"summary", s.op, s.done, s.failed, s.skipped, s.bytes, s.took.Seconds(), rate(s.bytes, s.took), s.status()})
}
