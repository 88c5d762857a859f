package demo

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// Bars draws the goodput of results as an SVG picture that needs nothing else.
func Bars(w io.Writer, title string, results []Result) error {
	const (
		width, left, right = 760, 170, 70
		top, row, bar      = 56, 26, 18
	)
	most := 1.0
	for _, r := range results {
		most = max(most, r.Goodput()/1e9)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="13">`+"\n",
		width, top+row*len(results)+16)
	b.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	fmt.Fprintf(&b, `<text x="16" y="24" font-size="15" font-weight="600" fill="#1f2933">%s</text>`+"\n", html.EscapeString(title))
	b.WriteString(`<text x="16" y="43" fill="#616e7c">goodput, Gbit/s</text>` + "\n")
	for i, r := range results {
		y := top + row*i
		color, data := "#2563a8", "plain"
		if r.Compressed {
			color, data = "#c2701c", "zlib"
		}
		goodput := r.Goodput() / 1e9
		length := goodput / most * (width - left - right)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end" fill="#1f2933">%s, %s, %s</text>`+"\n",
			left-10, y+14, r.Op, streams(r.Streams), data)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="%s"/>`+"\n", left, y, length, bar, color)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" fill="#1f2933">%.1f</text>`+"\n", left+length+6, y+14, goodput)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func streams(n int) string {
	if n == 1 {
		return "1 stream"
	}
	return fmt.Sprintf("%d streams", n)
}
