package selfcheck

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bbftp/bench/wan"
)

// scripted gives one prepared outcome after the other.
type scripted struct {
	attempts *int
	outcomes []outcome
	err      error
}

func (s scripted) describe() Row { return Row{Check: "scripted"} }

func (s scripted) measure(context.Context, lab) (outcome, error) {
	*s.attempts++
	if s.err != nil {
		return outcome{}, s.err
	}
	return s.outcomes[min(*s.attempts, len(s.outcomes))-1], nil
}

func TestTry(t *testing.T) {
	result := func(v Verdict, counted bool, faults ...string) outcome {
		return outcome{rows: []Row{{Verdict: v, Counted: counted}}, report: wan.Report{Faults: faults}}
	}
	for _, tt := range []struct {
		name     string
		outcomes []outcome
		err      error
		attempts int
		want     Row
	}{
		{"holds", []outcome{result(Holds, false)}, nil, 1, Row{Verdict: Holds}},
		{"late once", []outcome{result(Misses, false), result(Holds, false)}, nil, 2, Row{Verdict: Holds, Note: "attempt 2"}},
		{"late always", []outcome{result(Misses, false)}, nil, 3, Row{Verdict: Misses, Note: "attempt 3"}},
		{"unfaithful once", []outcome{result(Holds, false, "x"), result(Holds, false)}, nil, 2, Row{Verdict: Holds, Note: "attempt 2"}},
		{"unfaithful always", []outcome{result(Holds, false, "x", "y")}, nil, 3, Row{Verdict: Unfaithful, Note: "x; y"}},
		{"a count is never tried again", []outcome{result(Misses, true, "x"), result(Holds, true)}, nil, 1, Row{Verdict: Misses, Counted: true}},
		{"broken", nil, errors.New("no luck"), 3, Row{Check: "scripted", Verdict: Misses, Note: "no luck"}},
	} {
		n := 0
		got := try(t.Context(), lab{}, scripted{&n, tt.outcomes, tt.err})
		if n != tt.attempts {
			t.Errorf("%s: %d attempts, want %d", tt.name, n, tt.attempts)
		}
		if diff := cmp.Diff([]Row{tt.want}, got.rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
