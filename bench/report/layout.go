package report

import (
	"strings"
	"unicode/utf8"
)

// columns is the width that sentences keep to: terminals have 100 to 120.
const columns = 110

// align writes rows in columns: words to the left, figures to the right.
func align(b *strings.Builder, rows [][]string) {
	var widths []int
	for n, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if n == 0 && i == 3 {
				continue // stands over two columns
			}
			if i < 3 || len(row) == len(rows[0]) { // a remark in place of figures may be longer
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	for n, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			space := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell)))
			left := i == 0 || i == 4 || n == 0 && i == 3 || len(row) < len(rows[0]) && i == 3
			// The heading of the figure stands over its interval too.
			if n == 0 && i == 3 {
				space = ""
			} else if n == 0 && i == 4 {
				space = strings.Repeat(" ", max(0, widths[3]+2+widths[4]-utf8.RuneCountInString(row[3])))
			}
			if i > 0 && !(n == 0 && i == 4) {
				line.WriteString("  ")
			}
			if left {
				line.WriteString(cell + space)
			} else {
				line.WriteString(space + cell)
			}
		}
		b.WriteString(strings.TrimRight("  "+line.String(), " ") + "\n")
	}
}

// wrap writes words within columns under each other after a head.
func wrap(b *strings.Builder, head, words string) {
	indent := strings.Repeat(" ", min(utf8.RuneCountInString(head), 16))
	at := utf8.RuneCountInString(head)
	b.WriteString(head)
	first := true
	for _, word := range strings.Fields(words) {
		size := utf8.RuneCountInString(word)
		switch {
		case first:
		case at+1+size > columns:
			b.WriteString("\n" + indent)
			at = len(indent)
		default:
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += size
		first = false
	}
	b.WriteString("\n")
}
