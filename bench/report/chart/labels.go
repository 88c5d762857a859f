package chart

import (
	"sort"
	"unicode/utf8"
)

// Spread moves positions apart until neighbours keep the distance gap, as
// little as it takes, within low and high while there is room: labels that
// name lines stay readable where the lines meet. The order stays.
func Spread(wanted []float64, gap, low, high float64) []float64 {
	order := make([]int, len(wanted))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return wanted[order[a]] < wanted[order[b]] })

	// Labels that touch become a block, which sits where the mean of its
	// wishes is; blocks that touch merge.
	type block struct{ first, count, sum float64 }
	var blocks []block
	for n, i := range order {
		blocks = append(blocks, block{float64(n), 1, wanted[i]})
		for len(blocks) > 1 {
			last, before := blocks[len(blocks)-1], blocks[len(blocks)-2]
			if centre(before.sum, before.count)+gap*(before.count+last.count)/2 <= centre(last.sum, last.count) {
				break
			}
			blocks = append(blocks[:len(blocks)-2], block{before.first, before.count + last.count, before.sum + last.sum})
		}
	}
	placed := make([]float64, len(wanted))
	for _, b := range blocks {
		start := centre(b.sum, b.count) - gap*(b.count-1)/2
		start = max(min(start, high-gap*(b.count-1)), low)
		for k := range int(b.count) {
			placed[order[int(b.first)+k]] = start + gap*float64(k)
		}
	}
	// Pushed in from the ends, blocks may touch again: a pass each way.
	for n := 1; n < len(order); n++ {
		placed[order[n]] = max(placed[order[n]], placed[order[n-1]]+gap)
	}
	for n := len(order) - 1; n >= 0; n-- {
		limit := high
		if n+1 < len(order) {
			limit = placed[order[n+1]] - gap
		}
		placed[order[n]] = min(placed[order[n]], limit)
	}
	return placed
}

func centre(sum, count float64) float64 { return sum / count }

// textWidth estimates the width of text; the reader's fonts are not known.
func textWidth(text string, size float64) float64 {
	return 0.56 * size * float64(utf8.RuneCountInString(text))
}

// fit shortens text to about width.
func fit(text string, size, width float64) string {
	runes := []rune(text)
	most := int(width / (0.56 * size))
	if len(runes) <= most || most < 2 {
		return text
	}
	return string(runes[:most-1]) + "…"
}
