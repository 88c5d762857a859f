package server

import (
	"time"

	"bbftp/engine/transfer"
)

// transferRecord is what the log says of a transfer.
type transferRecord struct {
	op       string
	name     string
	size     int64
	streams  int
	began    time.Time
	counters transfer.Counters
}

// transferred writes the log line of a transfer.
func (s *session) transferred(t *transferRecord, err error) {
	attrs := []any{
		"op", t.op, "file", t.name, "bytes", t.size, "streams", t.streams,
		"seconds", time.Since(t.began).Seconds(), "paths", t.counters.Paths(),
	}
	if err != nil {
		s.log.Warn("transfer failed", append(attrs, "error", err)...)
		return
	}
	s.log.Info("transfer", attrs...)
}
