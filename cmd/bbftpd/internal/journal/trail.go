package journal

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"time"

	"bbftp/engine/audit"
)

// Trail appends audit records to a file, a JSON object a line.
//
// Nobody waits for the file: while it can't be written some MiB of records are
// kept, what comes then is lost, counted, and told in the log. Records of
// connections that were refused, or ended before they named a user, cost their
// sender nothing and are bounded like lines of the log: those of a minute that
// have no line are one with a count. Every other login and every file has its own.
type Trail struct {
	file  *file
	queue *queue[[]byte]
	kinds *kinds
}

// line is a record as written.
type line struct {
	audit.Record
	// Count is how many records were not written one by one; 0: this is one.
	Count int `json:"count,omitempty"`
}

// OpenTrail opens the file. Its losses are told to log.
func OpenTrail(path string, log *slog.Logger) (*Trail, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	t := &Trail{file: f}
	t.queue = newQueue(f.writeLine, lineSize, func(cause error, lost int64) {
		if cause != nil {
			log.Error("audit records are lost", "file", path, "error", cause)
		} else {
			log.Warn("audit records are written again", "file", path, "lost", lost)
		}
	})
	t.kinds = newKinds(func(like kind, _ slog.Level, records int) {
		t.append(line{Count: records, Record: audit.Record{
			Time: time.Now(), Event: audit.Event(like.what), Outcome: audit.Outcome(like.of),
		}})
	})
	return t, nil
}

// Record appends r.
func (t *Trail) Record(r audit.Record) {
	if !cheap(r) || t.kinds.pass(kind{string(r.Event), string(r.Outcome)}, slog.LevelInfo) {
		t.append(line{Record: r})
	}
}

// cheap is a record that anybody can cause, as many as there can be connections.
func cheap(r audit.Record) bool {
	return r.Event == audit.Refused || r.Event == audit.Login && r.Outcome != audit.OK && r.User == ""
}

func (t *Trail) append(l line) {
	l.Reason = printable(l.Reason, longestValue)
	l.User = printable(l.User, longestValue)
	l.File = printable(l.File, longestValue)
	l.Asked = printable(l.Asked, longestValue)
	if math.IsNaN(l.Seconds) || math.IsInf(l.Seconds, 0) {
		l.Seconds = 0 // JSON has no word for it
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(l) == nil { // all its fields have a form
		t.queue.offer(b.Bytes())
	}
}

// Reopen goes on in the file that now has the name, after a rotation. Where it
// can't be opened, the error says why and the one before stays in use.
func (t *Trail) Reopen() error { return t.file.reopen() }

// Dropped is how many records were lost so far.
func (t *Trail) Dropped() int64 { return t.queue.dropped() }

// Close waits, some seconds at most, for the records there are.
func (t *Trail) Close() error {
	t.kinds.close()
	if err := t.queue.close(); err != nil {
		return err // and the file stays in the hands of its writer
	}
	return t.file.close()
}

func lineSize(line []byte) int { return len(line) }
