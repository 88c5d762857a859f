package chart

import (
	"fmt"
	"math"
	"strings"
)

// Picture is a drawn chart, to be put into a page or, with others, into a file.
type Picture struct {
	About
	Width, Height float64
	body          string
}

func (d *drawing) picture(a About, width, height float64) Picture {
	return Picture{a, width, height, d.String()}
}

// Inline is the picture as an element of a page that has Style.
func (p Picture) Inline() string {
	var b strings.Builder
	id := text(p.ID)
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d">`, num(p.Width), num(p.Height), id, id)
	fmt.Fprintf(&b, "\n"+`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`+"\n", id, text(p.Title), id, text(p.Desc))
	b.WriteString(p.body)
	b.WriteString("</svg>\n")
	return b.String()
}

const (
	margin  = 16.0
	heading = 30.0 // of the file
	caption = 17.0 // of a line of a picture's title
)

// File is a file of its own with the pictures under their titles, in so many
// columns, and a note below them if there is one. It brings its style and its
// ground.
func File(title, note string, pictures []Picture, columns int) string {
	columns = max(1, min(columns, len(pictures)))
	rows := 1
	for _, p := range pictures {
		rows = max(rows, len(titleRows(p)))
	}
	space := caption*float64(rows) + 5
	places, width, height := arrange(pictures, columns, space)
	notes := noteRows(note, width-2*margin)
	height += caption * float64(len(notes))
	var d drawing
	fmt.Fprintf(&d, `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 %[1]s %[2]s" width="%[1]s" height="%[2]s" role="img">`, num(width), num(height))
	fmt.Fprintf(&d, "\n<title>%s</title>\n<style>\n%s</style>\n", text(title), text(Style))
	d.WriteString(`<rect class="ground" width="100%" height="100%"/>` + "\n")
	d.write("head", "start", margin, margin+10, fit(title, 16, width-2*margin))
	for i, p := range pictures {
		fmt.Fprintf(&d, `<g transform="translate(%s %s)">`+"\n", num(places[i].x), num(places[i].y))
		for k, row := range titleRows(p) {
			d.write("caption", "start", 4, 12+caption*float64(k), row)
		}
		fmt.Fprintf(&d, `<g transform="translate(0 %s)">`+"\n%s</g></g>\n", num(space), p.body)
	}
	for k, row := range notes {
		d.write("name", "start", margin, height-margin-caption*float64(len(notes)-1-k), row)
	}
	d.WriteString("</svg>\n")
	return d.String()
}

// noteRows breaks a note into as many rows as it takes.
func noteRows(note string, width float64) []string {
	var rows []string
	for _, word := range strings.Fields(note) {
		if last := len(rows) - 1; last >= 0 && textWidth(rows[last]+" "+word, labelSize) <= width {
			rows[last] += " " + word
		} else {
			rows = append(rows, word)
		}
	}
	return rows
}

// titleRows breaks the title of a picture into two rows where it is too long.
func titleRows(p Picture) []string {
	const size = 14.5 // of bold letters, as wide as larger ones
	words := strings.Fields(p.Title)
	for n := len(words); n > 0; n-- {
		first := strings.Join(words[:n], " ")
		if textWidth(first, size) > p.Width && n > 1 {
			continue
		}
		if n == len(words) {
			return []string{first}
		}
		return []string{first, fit(strings.Join(words[n:], " "), size, p.Width)}
	}
	return nil
}

// arrange puts the pictures into rows, each as high as its highest, with space
// for a title above each picture.
func arrange(pictures []Picture, columns int, space float64) (places []position, width, height float64) {
	wide := 0.0
	for _, p := range pictures {
		wide = math.Max(wide, p.Width)
	}
	y := margin + heading
	for from := 0; from < len(pictures); from += columns {
		high := 0.0
		for i := from; i < min(from+columns, len(pictures)); i++ {
			places = append(places, position{margin + float64(i-from)*(wide+margin), y})
			high = math.Max(high, pictures[i].Height)
		}
		y += space + high + margin
	}
	return places, 2*margin + float64(columns)*wide + float64(columns-1)*margin, y
}
