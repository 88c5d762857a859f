package selfcheck

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Table is a finished self-check for people to read.
type Table struct {
	Machine string // processor and cores
	Kernel  string
	Build   string    // of the program
	Date    time.Time // in the zone to print it in
	Backend string
	Short   bool
	Rows    []Row
}

// Result is the verdict on all rows.
type Result int

// The results.
const (
	Passed Result = iota
	Failed
	// Unjudged is when nothing is wrong but the machine was too busy to judge
	// some of the timings.
	Unjudged
)

// Result is Passed only if all rows hold. In the short form, which is for
// machines that others use too, a timing that misses does not fail the whole.
func (t Table) Result() Result {
	result := Passed
	for _, r := range t.Rows {
		switch {
		case r.Verdict == Holds:
		case r.Verdict == Unfaithful, t.Short && !r.Counted:
			result = Unjudged
		default:
			return Failed
		}
	}
	return result
}

// columns are the widths of a line on a terminal. A longer text pushes the rest
// of its line.
var columns = [...]int{26, 45, 34, 36}

// Heading writes the line above those of Line.
func Heading(w io.Writer) error {
	return line(w, "check", "path", "wanted", "measured", "verdict")
}

// Line writes one row; how it was measured is in the document only.
func Line(w io.Writer, r Row) error {
	return line(w, r.Check, r.Path, r.Wanted, r.Measured, r.conclusion())
}

func line(w io.Writer, cells ...string) error {
	var b strings.Builder
	for i, cell := range cells {
		b.WriteString(cell)
		if i < len(columns) {
			b.WriteString(strings.Repeat(" ", max(2, columns[i]-utf8.RuneCountInString(cell))))
		}
	}
	_, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	return err
}

func (r Row) conclusion() string {
	if r.Note == "" {
		return string(r.Verdict)
	}
	return string(r.Verdict) + " (" + strings.ReplaceAll(r.Note, "\n", " ") + ")"
}

// Markdown writes the table as a document.
func (t Table) Markdown(w io.Writer) error {
	var b strings.Builder
	form := "full form"
	if t.Short {
		form = "short form"
	}
	fmt.Fprintf(&b, "# Self-check of the emulated path\n\n")
	fmt.Fprintf(&b, "- Date: %s\n- Machine: %s\n- Kernel: %s\n- Program: bbbench %s, %s, back-end %s\n\n",
		t.Date.Format("2006-01-02 15:04 MST"), t.Machine, t.Kernel, t.Build, form, t.Backend)
	b.WriteString("| check | path | how | wanted | measured | verdict |\n|---|---|---|---|---|---|\n")
	for _, r := range t.Rows {
		for _, cell := range []string{r.Check, r.Path, r.How, r.Wanted, r.Measured, r.conclusion()} {
			b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
		}
		b.WriteString("|\n")
	}
	fmt.Fprintf(&b, "\n%s\n", t.Sum())
	_, err := io.WriteString(w, b.String())
	return err
}

// Sum is the conclusion in one sentence.
func (t Table) Sum() string {
	holds := 0
	for _, r := range t.Rows {
		if r.Verdict == Holds {
			holds++
		}
	}
	sentence := fmt.Sprintf("%d of %d rows hold", holds, len(t.Rows))
	switch t.Result() {
	case Passed:
		return sentence + ": the path is what it claims to be."
	case Unjudged:
		return sentence + ": nothing is wrong, but the machine was too busy to judge the rest."
	}
	return sentence + "."
}
