package legacy

import (
	"encoding/json"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/telemetry"
	"bbftp/engine/transfer"
	"bbftp/engine/wire"
)

// event is one line of --json.
type event struct {
	Event    string   `json:"event"` // "command" or "listing"
	Command  string   `json:"command"`
	OK       bool     `json:"ok"`
	Error    string   `json:"error,omitempty"`
	Number   int      `json:"number,omitempty"`
	Text     string   `json:"text,omitempty"` // of the server
	Names    []string `json:"names,omitempty"`
	Transfer *figures `json:"transfer,omitempty"`
}

// figures are those of one copied file; sizes in bytes.
type figures struct {
	Op         string            `json:"op"`
	Local      string            `json:"local"`
	Remote     string            `json:"remote"`
	Bytes      int64             `json:"bytes"`
	Streams    int               `json:"streams"`
	Compressed bool              `json:"compressed"`
	Simulated  bool              `json:"simulated,omitempty"`
	Seconds    float64           `json:"seconds"`
	Paths      transfer.Paths    `json:"paths"`
	Telemetry  *telemetry.Report `json:"telemetry,omitempty"` // if data streams were open
}

func (r *report) commandEvent(text string, err error) {
	e := event{Event: "command", Command: text, OK: err == nil}
	if err != nil {
		f := r.describe(err)
		e.Error, e.Number = f.text, f.number
	} else {
		e.Text = r.text
		if t := r.last; t != nil {
			e.Transfer = &figures{
				Op: t.Op, Local: t.Local, Remote: t.Remote, Bytes: t.Bytes, Streams: t.Streams,
				Compressed: t.Compressed, Simulated: t.Simulated, Seconds: t.Duration.Seconds(), Paths: t.Paths,
			}
			if t.Report.Elapsed > 0 {
				e.Transfer.Telemetry = &t.Report
			}
		}
	}
	r.event(e)
}

func (r *report) listingEvent(dir string, entries []wire.ListEntry) {
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Path
	}
	r.event(event{Event: "listing", Command: "dir " + dir, OK: true, Names: names})
}

func (r *report) event(e event) { _ = json.NewEncoder(terminal.JSON(r.stdout)).Encode(e) }
