package transfer

import (
	"log/slog"
	"sync/atomic"
	"time"

	"bbftp/engine/telemetry"
	"bbftp/netio/zerocopy"
)

// Counters say how the payload travelled. They may be read while streams run.
type Counters struct {
	// Raw payload by copy path.
	zerocopy.Counters
	// Payload by the kind of block that carried it.
	Deflated, Stored atomic.Int64
	// BlockBytes is what those blocks took on the wire, headers included.
	BlockBytes atomic.Int64
	// Codec is the processor time of deflating or inflating, and CodecWait how
	// long streams waited for it, in nanoseconds, summed over blocks and streams.
	Codec, CodecWait atomic.Int64
	// LimitWait is how long streams waited for Options.Limit, in nanoseconds.
	LimitWait atomic.Int64

	recorder telemetry.Recorder
}

// Report tells what the transfer cost and what held it back, once it is over.
func (c *Counters) Report() telemetry.Report {
	return c.recorder.Report(telemetry.Work{
		SocketWait: time.Duration(c.SocketWait.Load()),
		FileTime:   time.Duration(c.FileTime.Load()),
		FileCPU:    time.Duration(c.FileCPU.Load()),
		LimitWait:  time.Duration(c.LimitWait.Load()),
		Codec:      time.Duration(c.Codec.Load()),
		CodecWait:  time.Duration(c.CodecWait.Load()),
		Payload:    c.Paths().Payload(),
		Stored:     c.Stored.Load(),
		Deflated:   c.Deflated.Load(),
		BlockBytes: c.BlockBytes.Load(),
	})
}

// Paths is a reading of [Counters], in bytes. Holes are part of the others.
type Paths struct {
	Sendfile   int64 `json:"sendfile"`
	Splice     int64 `json:"splice"`
	Copied     int64 `json:"copied"`
	Deflated   int64 `json:"deflated"`
	Stored     int64 `json:"stored"`
	BlockBytes int64 `json:"block_bytes"`
	Holes      int64 `json:"holes,omitempty"`
	// CopiedWhy says why sendfile or splice was not taken where it is best.
	CopiedWhy string `json:"copied_why,omitempty"`
}

// Paths reads the counters.
func (c *Counters) Paths() Paths {
	return Paths{
		Sendfile: c.Sendfile.Load(), Splice: c.Splice.Load(), Copied: c.Copied.Load(),
		Deflated: c.Deflated.Load(), Stored: c.Stored.Load(), BlockBytes: c.BlockBytes.Load(),
		Holes: c.Holes.Load(), CopiedWhy: c.Why(),
	}
}

// Payload is how many bytes of the file have passed, whatever their way.
func (p Paths) Payload() int64 { return p.Sendfile + p.Splice + p.Copied + p.Deflated + p.Stored }

// LogValue shows the ways that were used.
func (p Paths) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, way := range []struct {
		name  string
		bytes int64
	}{
		{"sendfile", p.Sendfile},
		{"splice", p.Splice},
		{"copied", p.Copied},
		{"deflated", p.Deflated},
		{"stored", p.Stored},
		{"block_bytes", p.BlockBytes},
		{"holes", p.Holes},
	} {
		if way.bytes > 0 {
			attrs = append(attrs, slog.Int64(way.name, way.bytes))
		}
	}
	if p.CopiedWhy != "" {
		attrs = append(attrs, slog.String("copied_why", p.CopiedWhy))
	}
	return slog.GroupValue(attrs...)
}
