package privsep

import "testing"

// TestSilence has a session answer, and stop at some time: the time between questions
// is a quarter of what it may stand still.
func TestSilence(t *testing.T) {
	for name, tt := range map[string]struct {
		hears []bool // before each question
		after int    // questions it is killed; 0: it is not
	}{
		"it answers":                {[]bool{true, true, true, true, true}, 0},
		"slow, but there":           {[]bool{true, false, false, true, false, false, true}, 0},
		"stopped after an answer":   {[]bool{true, true, false, false, false}, 5},
		"stopped before its answer": {[]bool{true, false, false, false}, 4},
		"never there":               {[]bool{false, false, false}, 3},
	} {
		n, killed := new(news), 0
		for i, heard := range tt.hears {
			n.heard.Store(heard || n.heard.Load())
			if n.silent() {
				killed = i + 1
				break
			}
		}
		if killed != tt.after {
			t.Errorf("%s: killed after %d, want %d", name, killed, tt.after)
		}
	}
}
