package chart

import (
	"fmt"
	"math"
)

// Plot is lines over two axes, each named where it ends.
type Plot struct {
	About
	Width, Height float64
	Left, Right   float64 // least room beside the plot, so that several align
	X, Y          Axis
	Lines         []Line
}

// Axis is a range of values with the ones to name.
type Axis struct {
	Label     string
	Log       bool
	Low, High float64
	Ticks     []float64
	Format    func(float64) string
}

// Line is a series of points, or the course of a model.
type Line struct {
	Name   string // at its end; none without
	Color  int
	Dash   int  // pattern, and shape of the marks
	Kind   Kind // how it is drawn
	Points []Point
}

// Kind is what a line stands for.
type Kind int

// The kinds: measured points with their intervals, a calculated course, and
// one of many courses over time.
const (
	Measured Kind = iota
	Model
	Course
)

// Point is one value. Low and High are the ends of its interval if High > Low.
type Point struct {
	X, Y, Low, High float64
	Tip             string // shown when pointed at
	Ring            bool   // stands out
	Hollow          bool   // less is known of it
	Gap             bool   // something is missing before it: the line begins anew
}

const (
	labelSize = 12.5
	labelGap  = 14.5
	labelMost = 118 // px for the names at the lines' ends
)

// frame is where the axes of a plot are.
type frame struct {
	x, y                     Scale
	left, top, right, bottom float64
}

func (p Plot) frame() frame {
	right := math.Max(p.Right, 14)
	for _, l := range p.Lines {
		if l.Name != "" && len(l.Points) > 0 {
			right = math.Max(right, math.Min(textWidth(l.Name, labelSize), labelMost)+16)
		}
	}
	left := math.Max(p.Left, 12)
	for _, t := range p.Y.Ticks {
		left = math.Max(left, textWidth(p.Y.Format(t), labelSize)+12)
	}
	f := frame{left: left, top: 24, right: p.Width - right, bottom: p.Height - 36}
	f.x = NewScale(p.X.Low, p.X.High, f.left+p.inset(), f.right-p.inset(), p.X.Log)
	f.y = NewScale(p.Y.Low, p.Y.High, f.bottom, f.top, p.Y.Log)
	return f
}

// inset keeps measured marks off the frame.
func (p Plot) inset() float64 {
	for _, l := range p.Lines {
		if l.Kind == Measured {
			return 8
		}
	}
	return 0
}

// Draw draws the plot.
func (p Plot) Draw() Picture {
	var d drawing
	f := p.frame()
	p.axes(&d, f)
	var names []ending
	for _, kind := range []Kind{Model, Course, Measured} { // measured on top, the first the topmost
		for i := len(p.Lines) - 1; i >= 0; i-- {
			if p.Lines[i].Kind == kind {
				names = append(names, p.draw(&d, f, i)...)
			}
		}
	}
	label(&d, f, names)
	return d.picture(p.About, p.Width, p.Height)
}

func (p Plot) axes(d *drawing, f frame) {
	d.write("name", "start", 4, f.top-11, p.Y.Label)
	for _, t := range p.Y.Ticks {
		if y := f.y.At(t); f.y.Holds(t) {
			d.line("grid", f.left, y, f.right, y)
			d.write("tick", "end", f.left-6, y+4, p.Y.Format(t))
		}
	}
	d.line("axis", f.left, f.bottom, f.right, f.bottom)
	edge := math.Inf(-1) // of the last number: crowded ones are left out
	for _, t := range p.X.Ticks {
		if !f.x.Holds(t) {
			continue
		}
		x, words := f.x.At(t), p.X.Format(t)
		d.line("axis", x, f.bottom, x, f.bottom+4)
		if half := textWidth(words, labelSize) / 2; x-half > edge+3 {
			d.write("tick", "middle", x, f.bottom+16, words)
			edge = x + half
		}
	}
	d.write("name", "middle", (f.left+f.right)/2, p.Height-4, p.X.Label)
}

// draw draws line i and says where its name belongs.
func (p Plot) draw(d *drawing, f frame, i int) []ending {
	l := p.Lines[i]
	var at []position
	for _, pt := range l.Points {
		at = append(at, position{f.x.At(pt.X) + p.aside(i), f.y.At(pt.Y)})
	}
	class := fmt.Sprintf("line c%d d%d", l.Color%Colors, l.Dash%Dashes)
	leaves := false
	switch l.Kind {
	case Model:
		class = "model"
		at, leaves = below(l.Points, f)
	case Course:
		if p.crowded() {
			class = fmt.Sprintf("thin c%d", l.Color%Colors)
		}
	}
	if len(at) == 0 {
		return nil
	}
	if l.Kind != Measured {
		fmt.Fprintf(d, `<path class="%s" d="%s"/>`+"\n", class, path(at))
	} else {
		fmt.Fprintf(d, `<path class="%s" d="%s"/>`+"\n", class, interrupted(at, l.Points))
		for k, pt := range l.Points {
			p.mark(d, f, l, pt, at[k])
		}
	}
	if l.Name == "" {
		return nil
	}
	last := at[len(at)-1]
	return []ending{{position: last, line: l, leaves: leaves}}
}

// crowded reports whether there are several courses, which thick lines would hide.
func (p Plot) crowded() bool {
	courses := 0
	for _, l := range p.Lines {
		if l.Kind == Course {
			courses++
		}
	}
	return courses > 1
}

// aside moves measured lines a little apart, so that equal values show all
// their marks.
func (p Plot) aside(i int) float64 {
	if p.Lines[i].Kind != Measured {
		return 0
	}
	before, all := 0, 0
	for k, l := range p.Lines {
		if l.Kind == Measured {
			all++
			if k < i {
				before++
			}
		}
	}
	return (float64(before) - float64(all-1)/2) * math.Min(3, 12/float64(all))
}
