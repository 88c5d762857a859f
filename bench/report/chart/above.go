package chart

import (
	"fmt"
	"math"
	"strings"
)

// Above puts pictures of one thing under each other.
func Above(pictures ...Picture) Picture {
	if len(pictures) == 0 {
		return Picture{}
	}
	whole := Picture{About: pictures[0].About}
	var body strings.Builder
	var told []string
	for _, p := range pictures {
		fmt.Fprintf(&body, `<g transform="translate(0 %s)">`+"\n%s</g>\n", num(whole.Height), p.body)
		whole.Height += p.Height
		whole.Width = math.Max(whole.Width, p.Width)
		told = append(told, p.Desc)
	}
	whole.body = body.String()
	whole.Desc = strings.Join(told, " ")
	return whole
}
