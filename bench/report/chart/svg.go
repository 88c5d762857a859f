// Package chart draws the pictures of a report as SVG: plots, heat maps and
// bars. It knows no measurements. Colours are classes that Style defines for
// light and dark surroundings, so that a picture follows the page or, alone in
// its file, the reader's system. Every text is escaped.
package chart

import (
	_ "embed"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Style is the style sheet that the pictures need; a page has it once.
//
//go:embed chart.css
var Style string

// Colors is how many line colours Style has; colour numbers start again there.
const Colors = 8

// Dashes is how many dash patterns and marker shapes there are.
const Dashes = 4

// About is what every picture says of itself to those who cannot see it.
type About struct {
	ID    string // unique in the page
	Title string
	Desc  string
}

// drawing is a picture in the making.
type drawing struct {
	strings.Builder
}

// write puts words at x, y; anchor is start, middle or end.
func (d *drawing) write(class, anchor string, x, y float64, words string) {
	fmt.Fprintf(d, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`+"\n", class, anchor, num(x), num(y), text(words))
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(d, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`+"\n", class, num(x1), num(y1), num(x2), num(y2))
}

// text is s as character data or attribute value of XML. What XML cannot hold
// becomes U+FFFD.
func text(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}

// num is a coordinate to a tenth, which no eye tells from the exact one.
func num(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
