package chart

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var near = cmpopts.EquateApprox(0, 1e-6)

func TestScale(t *testing.T) {
	for _, tt := range []struct {
		name                string
		low, high, from, to float64
		log                 bool
		value, want         float64
	}{
		{"linear", 0, 10, 100, 200, false, 5, 150},
		{"upwards", 0, 10, 200, 100, false, 2.5, 175},
		{"below", 0, 10, 100, 200, false, -3, 100},
		{"above", 0, 10, 100, 200, false, 30, 200},
		{"not a number", 0, 10, 100, 200, false, math.NaN(), 100},
		{"infinite", 0, 10, 100, 200, false, math.Inf(1), 200},
		{"log", 1, 16, 0, 400, true, 4, 200},
		{"log of one value", 8, 8, 0, 100, true, 8, 50},
		{"log from zero", 0, 1, 0, 100, true, 0, 0},
		{"one value", 5, 5, 0, 100, false, 5, 50},
		{"no range", math.Inf(1), 0, 0, 100, false, 0.5, 50},
	} {
		got := NewScale(tt.low, tt.high, tt.from, tt.to, tt.log).At(tt.value)
		if !cmp.Equal(got, tt.want, near) {
			t.Errorf("%s: %v is at %v, want %v", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		low, high float64
		count     int
		want      []float64
	}{
		{0, 1, 6, []float64{0, 0.2, 0.4, 0.6, 0.8, 1}},
		{0, 1.1e9, 7, []float64{0, 2e8, 4e8, 6e8, 8e8, 1e9}},
		{0, 37, 5, []float64{0, 10, 20, 30}},
		{3, 9, 4, []float64{4, 6, 8}},
		{0, 0, 5, nil},
		{0, math.Inf(1), 5, nil},
		{math.NaN(), 1, 5, nil},
	} {
		if diff := cmp.Diff(tt.want, Ticks(tt.low, tt.high, tt.count), near); diff != "" {
			t.Errorf("Ticks(%v, %v, %d): %s", tt.low, tt.high, tt.count, diff)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		name   string
		wanted []float64
		want   []float64
	}{
		{"far apart", []float64{10, 50, 90}, []float64{10, 50, 90}},
		{"two together", []float64{50, 50}, []float64{45, 55}},
		{"order kept", []float64{52, 50}, []float64{56, 46}},
		{"a block grows", []float64{50, 52, 61}, []float64{44.333333, 54.333333, 64.333333}},
		{"at the top", []float64{0, 0}, []float64{0, 10}},
		{"at the bottom", []float64{100, 100, 95}, []float64{90, 100, 80}},
		{"pushed in from the end", []float64{100, 100, 84}, []float64{90, 100, 80}},
		{"none", nil, []float64{}},
	} {
		if diff := cmp.Diff(tt.want, Spread(tt.wanted, 10, 0, 100), near); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestThinKeepsDips(t *testing.T) {
	var points []Point
	for i := range 1000 {
		points = append(points, Point{X: float64(i), Y: 10})
	}
	points[333].Y, points[666].Y = 1, 99
	thin := Thin(points, 50)
	if len(thin) > 50 || thin[0] != points[0] || thin[len(thin)-1] != points[999] {
		t.Fatalf("%d points, from %v to %v", len(thin), thin[0], thin[len(thin)-1])
	}
	low, high := false, false
	for i, p := range thin {
		low, high = low || p.Y == 1, high || p.Y == 99
		if i > 0 && p.X <= thin[i-1].X {
			t.Errorf("point %d goes back from %v to %v", i, thin[i-1].X, p.X)
		}
	}
	if !low || !high {
		t.Error("a dip or a peak is lost")
	}
	if got := Thin(points[:10], 50); len(got) != 10 {
		t.Errorf("%d of 10 points, which are few enough", len(got))
	}
}

func TestRates(t *testing.T) {
	got := Rates([]float64{0, 1, 1, 2, 2.1, 4}, []int64{0, 10, 10, 30, 31, 60}, 0.5)
	want := []Point{{X: 0.5, Y: 10}, {X: 1.5, Y: 20}, {X: 3, Y: 15}}
	if diff := cmp.Diff(want, got, near); diff != "" {
		t.Error(diff)
	}
	if got := Rates([]float64{1, 1}, []int64{0, 5}, 0); len(got) != 0 {
		t.Errorf("a rate over no time: %v", got)
	}
}

func TestBelow(t *testing.T) {
	f := frame{x: NewScale(0, 10, 0, 100, false), y: NewScale(0, 10, 100, 0, false)}
	for _, tt := range []struct {
		name   string
		points []Point
		want   string
		leaves bool
	}{
		{"inside", []Point{{X: 0, Y: 1}, {X: 10, Y: 9}}, "M0 90L100 10", false},
		{"leaves", []Point{{X: 0, Y: 0}, {X: 10, Y: 20}}, "M0 100L50 0", true},
		{"never in", []Point{{X: 0, Y: 11}, {X: 10, Y: 20}}, "", true},
	} {
		at, leaves := below(tt.points, f)
		if got := path(at); got != tt.want || leaves != tt.leaves {
			t.Errorf("%s: %q, leaves %v; want %q, %v", tt.name, got, leaves, tt.want, tt.leaves)
		}
	}
}

func TestInterrupted(t *testing.T) {
	at := []position{{0, 1}, {2, 3}, {4, 5}, {6, 7}}
	points := []Point{{Gap: true}, {}, {Gap: true}, {Gap: true}}
	if got := interrupted(at, points); got != "M0 1L2 3M4 5M6 7" {
		t.Errorf("%q", got)
	}
	if got := interrupted(at[:2], points[:2]); got != "M0 1L2 3" {
		t.Errorf("without a gap: %q", got)
	}
}

func TestDepth(t *testing.T) {
	for share, want := range map[float64]float64{-1: 0.06, 0: 0.06, 0.5: 0.53, 1: 1, 2: 1} {
		if got := Depth(share); !cmp.Equal(got, want, near) {
			t.Errorf("%v has depth %v, want %v", share, got, want)
		}
	}
}

// TestFile: every picture has a place of its own inside the file.
func TestFile(t *testing.T) {
	pictures := []Picture{{Width: 100, Height: 50}, {Width: 100, Height: 80}, {Width: 100, Height: 50}}
	places, width, height := arrange(pictures, 2, 22)
	want := []position{{16, 46}, {132, 46}, {16, 164}}
	if diff := cmp.Diff(want, places, cmp.AllowUnexported(position{})); diff != "" {
		t.Error(diff)
	}
	if width != 248 || height != 252 {
		t.Errorf("%v × %v, want 248 × 252", width, height)
	}
	long := Picture{Width: 100, About: About{Title: "a title that needs more than one row or even more than two"}}
	if rows := titleRows(long); len(rows) != 2 || rows[0] != "a title that" || !strings.HasSuffix(rows[1], "…") {
		t.Errorf("rows of a long title: %q", rows)
	}
	if file := File("<t>", "<n>", pictures, 3); !strings.Contains(file, "&lt;t&gt;") || !strings.Contains(file, "&lt;n&gt;") {
		t.Errorf("title or note is not escaped: %s", file)
	}
}
