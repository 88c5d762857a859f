package chart

import (
	"fmt"
	"math"
)

// Bars are horizontal bars made of parts.
type Bars struct {
	About
	Width  float64
	Label  string // of the values
	Legend []Part // names and classes of the parts
	Rows   []Bar
	Format func(float64) string
	// Full is the value of a bar of full length; 0: the longest bar's.
	Full float64
}

// Bar is a row.
type Bar struct {
	Label string
	Color int
	Parts []Part
	Words string // at its end
	Gap   bool   // a new group starts with it
}

// Part is a piece of a bar. Class is one of Style: solid, light, p0 to p4.
type Part struct {
	Class string
	Name  string
	Value float64
	Tip   string
}

const (
	barRow   = 20
	barGap   = 8
	barThick = 13
)

// Draw draws the bars.
func (b Bars) Draw() Picture {
	left, right, full := 20.0, 10.0, b.Full
	for _, row := range b.Rows {
		left = math.Max(left, math.Min(textWidth(row.Label, labelSize), 150)+14)
		right = math.Max(right, textWidth(row.Words, labelSize)+12)
		if b.Full == 0 {
			full = math.Max(full, total(row.Parts))
		}
	}
	top := 10.0
	if len(b.Legend) > 0 {
		top += 20
	}
	height := top + 40
	for i, row := range b.Rows {
		height += barRow
		if row.Gap && i > 0 {
			height += barGap
		}
	}
	scale := NewScale(0, full, left, b.Width-right, false)
	var d drawing
	b.legend(&d, left, top)
	bottom := height - 38
	for _, t := range Ticks(0, full, 6) {
		d.line("grid", scale.At(t), top, scale.At(t), bottom)
		d.write("tick", "middle", scale.At(t), bottom+16, b.Format(t))
	}
	y := top + 3
	for i, row := range b.Rows {
		if row.Gap && i > 0 {
			y += barGap
		}
		b.row(&d, row, scale, y)
		y += barRow
	}
	d.line("axis", left, top, left, bottom)
	d.write("name", "middle", (left+b.Width-right)/2, height-5, b.Label)
	return d.picture(b.About, b.Width, height)
}

func (b Bars) legend(d *drawing, x, y float64) {
	for _, part := range b.Legend {
		fmt.Fprintf(d, `<rect class="%s c3" x="%s" y="%s" width="11" height="11" rx="2"/>`, text(part.Class), num(x), num(y-21))
		d.write("name", "start", x+15, y-11, part.Name)
		x += 15 + textWidth(part.Name, labelSize) + 14
	}
}

func (b Bars) row(d *drawing, row Bar, scale Scale, y float64) {
	d.write("tick", "end", scale.from-8, y+11, fit(row.Label, labelSize, 150))
	fmt.Fprintf(d, `<g class="c%d">`, row.Color%Colors)
	sum := 0.0
	for _, part := range row.Parts {
		if part.Value <= 0 || !finite(part.Value) {
			continue
		}
		from, to := scale.At(sum), scale.At(sum+part.Value)
		sum += part.Value
		fmt.Fprintf(d, `<rect class="%s" x="%s" y="%s" width="%s" height="%d"><title>%s</title></rect>`,
			text(part.Class), num(from), num(y), num(math.Max(to-from, 0.5)), barThick, text(part.Tip))
	}
	d.WriteString("</g>\n")
	d.write("value", "start", scale.At(sum)+6, y+11, row.Words)
}

// total is the length of a bar.
func total(parts []Part) float64 {
	sum := 0.0
	for _, p := range parts {
		if finite(p.Value) {
			sum += math.Max(p.Value, 0)
		}
	}
	return sum
}
