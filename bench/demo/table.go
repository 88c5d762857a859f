package demo

import (
	"fmt"
	"io"
	"strings"

	"bbftp/engine/transfer"
)

// Table writes results as lines under a heading, each as soon as it is there.
type Table struct {
	w io.Writer
}

const columns = "%-4s %7s  %-6s %8s %8s %6s  %-24s %s\n"

// NewTable writes the heading.
func NewTable(w io.Writer) *Table {
	fmt.Fprintf(w, columns, "", "streams", "data", "seconds", "Gbit/s", "wire", "sender", "receiver")
	return &Table{w}
}

// Add writes the line of r. "wire" is what the payload took on the data
// connections, in percent.
func (t *Table) Add(r Result) {
	data, wire := "plain", "100 %"
	if r.Compressed {
		data, wire = "zlib", percent(r.Sender.BlockBytes, r.Bytes)
	}
	fmt.Fprintf(t.w, columns, r.Op, fmt.Sprint(r.Streams), data, fmt.Sprintf("%.2f", r.Seconds),
		fmt.Sprintf("%.1f", r.Goodput()/1e9), wire, paths(r.Sender, r.Bytes), paths(r.Receiver, r.Bytes))
}

// paths words the shares of the ways the payload went.
func paths(p transfer.Paths, total int64) string {
	var words []string
	for _, way := range []struct {
		name  string
		bytes int64
	}{
		{"sendfile", p.Sendfile},
		{"splice", p.Splice},
		{"copied", p.Copied},
		{"zlib", p.Deflated},
		{"stored", p.Stored},
	} {
		if way.bytes > 0 {
			words = append(words, way.name+" "+percent(way.bytes, total))
		}
	}
	return strings.Join(words, ", ")
}

func percent(part, whole int64) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(part)/float64(whole))
}
