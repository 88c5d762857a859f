package transfer

import (
	"fmt"
	"math"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		size int64
		n    int
		want []Segment
	}{
		{0, 1, []Segment{{0, 0}}},
		{0, 3, []Segment{{0, 0}, {0, 0}, {0, 0}}},
		{1, 1, []Segment{{0, 1}}},
		{1, 3, []Segment{{0, 0}, {0, 0}, {0, 1}}},
		{2, 3, []Segment{{0, 0}, {0, 0}, {0, 2}}},
		{3, 3, []Segment{{0, 1}, {1, 1}, {2, 1}}},
		{5, 3, []Segment{{0, 1}, {1, 1}, {2, 3}}},
		{300, 2, []Segment{{0, 150}, {150, 150}}},
		{64000, 3, []Segment{{0, 21333}, {21333, 21333}, {42666, 21334}}}, // wire.md 12
		{math.MaxInt64, 2, []Segment{{0, math.MaxInt64 / 2}, {math.MaxInt64 / 2, math.MaxInt64/2 + 1}}},
	} {
		t.Run(fmt.Sprintf("%d over %d", tt.size, tt.n), func(t *testing.T) {
			got := Split(tt.size, tt.n)
			if len(got) != len(tt.want) {
				t.Fatalf("%d segments, want %d", len(got), len(tt.want))
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("segment %d is %+v, want %+v", i+1, got[i], tt.want[i])
				}
			}
		})
	}
}

// TestSplitCovers has the segments follow each other without gap up to the
// end, the longest one last.
func TestSplitCovers(t *testing.T) {
	for _, size := range []int64{0, 1, 3, 9, 10, 11, 255999, 256000, 256001, 1<<40 + 7, math.MaxInt64} {
		for n := 1; n <= 25; n++ {
			segments := Split(size, n)
			var end int64
			for i, s := range segments {
				if s.Offset != end || s.Length < 0 || s.Length > segments[n-1].Length {
					t.Errorf("%d over %d: segment %d is %+v after %d", size, n, i+1, s, end)
				}
				end += s.Length
			}
			if end != size {
				t.Errorf("%d over %d: segments end at %d", size, n, end)
			}
		}
	}
}
