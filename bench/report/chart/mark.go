package chart

import (
	"fmt"
	"strings"
)

type position struct{ x, y float64 }

// path is the way through all positions.
func path(at []position) string {
	var b strings.Builder
	for i, p := range at {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		fmt.Fprintf(&b, "%s%s %s", letter, num(p.x), num(p.y))
	}
	return b.String()
}

// interrupted is the way through the positions of points, but for their gaps.
func interrupted(at []position, points []Point) string {
	var b strings.Builder
	from := 0
	for i, pt := range points {
		if pt.Gap && i > 0 {
			b.WriteString(path(at[from:i]))
			from = i
		}
	}
	b.WriteString(path(at[from:]))
	return b.String()
}

// below is the course of points as far as it stays on the plot, and whether it
// leaves through the top. A model may say more than any path carries.
func below(points []Point, f frame) (at []position, leaves bool) {
	for i, pt := range points {
		if pt.Y <= f.y.high {
			at = append(at, position{f.x.At(pt.X), f.y.At(pt.Y)})
			continue
		}
		if i > 0 && len(at) > 0 {
			before := points[i-1]
			share := (f.y.high - before.Y) / (pt.Y - before.Y)
			x0, x1 := f.x.At(before.X), f.x.At(pt.X)
			at = append(at, position{x0 + share*(x1-x0), f.top})
		}
		return at, true
	}
	return at, false
}

// mark draws a measured point with its interval.
func (p Plot) mark(d *drawing, f frame, l Line, pt Point, at position) {
	fmt.Fprintf(d, `<g class="c%d">`, l.Color%Colors)
	if pt.Tip != "" {
		fmt.Fprintf(d, "<title>%s</title>", text(pt.Tip))
	}
	if finite(pt.Low) && finite(pt.High) && pt.High > pt.Low {
		low, high := f.y.At(pt.Low), f.y.At(pt.High)
		fmt.Fprintf(d, `<path class="span" d="M%[1]s %[2]sV%[3]sM%[4]s %[2]sH%[5]sM%[4]s %[3]sH%[5]s"/>`,
			num(at.x), num(low), num(high), num(at.x-3), num(at.x+3))
	}
	if pt.Ring {
		fmt.Fprintf(d, `<circle class="ring" cx="%s" cy="%s" r="7.5"/>`, num(at.x), num(at.y))
	}
	class := "mark"
	if pt.Hollow {
		class = "mark hollow"
	}
	d.WriteString(shape(class, l.Dash, at) + "</g>\n")
}

// shape is the mark of a dash pattern: circle, square, diamond, triangle.
func shape(class string, dash int, at position) string {
	x, y := at.x, at.y
	switch dash % Dashes {
	case 1:
		return fmt.Sprintf(`<rect class="%s" x="%s" y="%s" width="7" height="7"/>`, class, num(x-3.5), num(y-3.5))
	case 2:
		return fmt.Sprintf(`<path class="%s" d="M%s %sl4.8 4.8l-4.8 4.8l-4.8 -4.8z"/>`, class, num(x), num(y-4.8))
	case 3:
		return fmt.Sprintf(`<path class="%s" d="M%s %sl4.6 8h-9.2z"/>`, class, num(x), num(y-5))
	}
	return fmt.Sprintf(`<circle class="%s" cx="%s" cy="%s" r="4"/>`, class, num(x), num(y))
}

// ending is where a line ends and wants its name.
type ending struct {
	position
	line   Line
	leaves bool // through the top
}

// label writes the names: in the margin for lines that reach it, inside the
// plot for models that leave through its top.
func label(d *drawing, f frame, names []ending) {
	var margin []ending
	var wanted []float64
	row := 0
	for _, e := range names {
		if e.leaves {
			anchor, x := "start", e.x+5
			if x+textWidth(e.line.Name, 11.5) > f.right {
				anchor, x = "end", e.x-5
			}
			d.write("model-name", anchor, x, f.top+9+12*float64(row), e.line.Name)
			row++
			continue
		}
		margin = append(margin, e)
		wanted = append(wanted, e.y)
	}
	for i, y := range Spread(wanted, labelGap, f.top+4, f.bottom-2) {
		e := margin[i]
		class := "model-name"
		if e.line.Kind != Model {
			class = fmt.Sprintf("label c%d", e.line.Color%Colors)
		}
		d.write(class, "start", f.right+8, y+4, fit(e.line.Name, labelSize, labelMost))
	}
}
