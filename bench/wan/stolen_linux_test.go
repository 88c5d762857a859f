package wan

import (
	"testing"
	"time"
)

func TestParseStolen(t *testing.T) {
	for _, test := range []struct {
		stat string
		want time.Duration
	}{
		{"cpu  1 2 3 4 5 6 7 89 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n", 890 * time.Millisecond},
		{"cpu  1 2 3 4 5 6 7\n", 0},
		{"cpu  1 2 3 4 5 6 7 x\n", 0},
		{"intr 1 2 3 4 5 6 7 8\n", 0},
		{"", 0},
	} {
		if got := parseStolen(test.stat); got != test.want {
			t.Errorf("%q: %v, want %v", test.stat, got, test.want)
		}
	}
}
