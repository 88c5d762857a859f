package chart

import (
	"fmt"
	"math"
)

// Heat is a table whose cells have the more colour the more they hold. Every cell
// has its figure written in it, so nothing hangs on the colour.
type Heat struct {
	About
	Width       float64
	RowLabel    string
	ColumnLabel string
	Rows        []string
	Columns     []string
	Cells       [][]HeatCell // a slice a row
}

// HeatCell is one cell. Share, from 0 to 1, is its depth; NaN: not measured.
type HeatCell struct {
	Share float64
	Words string
	Tip   string
	Bold  bool
}

const heatRow = 34

// From which depths on a figure takes the colour of the other end to keep a
// contrast of 4.5 to 1 (WCAG 2.2, 1.4.3): in dark surroundings from the first
// on, in light ones from the second.
const (
	onDark = 0.65
	onBoth = 0.84
)

// Draw draws the map.
func (h Heat) Draw() Picture {
	left := textWidth(h.RowLabel, labelSize)
	for _, r := range h.Rows {
		left = math.Max(left, textWidth(r, labelSize))
	}
	left += 16
	const top = 22.0
	height := top + heatRow*float64(len(h.Rows)) + 38
	var d drawing
	d.write("name", "end", left-8, top-8, h.RowLabel)
	step := (h.Width - left - 8) / math.Max(1, float64(len(h.Columns)))
	for r, row := range h.Cells {
		y := top + heatRow*float64(r)
		d.write("tick", "end", left-8, y+heatRow/2+4, h.Rows[r])
		for c, cell := range row {
			h.cell(&d, cell, left+step*float64(c), y, step)
		}
	}
	y := top + heatRow*float64(len(h.Rows))
	for c, name := range h.Columns {
		d.write("tick", "middle", left+step*(float64(c)+0.5), y+16, name)
	}
	d.write("name", "middle", left+step*float64(len(h.Columns))/2, y+33, h.ColumnLabel)
	return d.picture(h.About, h.Width, height)
}

func (h Heat) cell(d *drawing, cell HeatCell, x, y, width float64) {
	d.WriteString("<g>")
	if cell.Tip != "" {
		fmt.Fprintf(d, "<title>%s</title>", text(cell.Tip))
	}
	class, words, fill := "none", "tick", ""
	if !math.IsNaN(cell.Share) {
		depth := Depth(cell.Share)
		class, words, fill = "heat", "value off", fmt.Sprintf(` fill-opacity="%.2f"`, depth)
		switch {
		case depth > onBoth:
			words = "value on"
		case depth > onDark:
			words = "value mid"
		}
	}
	if cell.Bold {
		fill += ` stroke="var(--ink)" stroke-width="1.5"`
	}
	fmt.Fprintf(d, `<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="3"%s/>`,
		class, num(x+1.5), num(y+1.5), num(width-3), num(heatRow-3), fill)
	d.write(words, "middle", x+width/2, y+heatRow/2+4, fit(cell.Words, labelSize, width-2))
	d.WriteString("</g>\n")
}

// Depth is the opacity for a share of the most there can be. It never is so
// small that a measured cell looks like an empty one.
func Depth(share float64) float64 { return 0.06 + 0.94*math.Min(math.Max(share, 0), 1) }
