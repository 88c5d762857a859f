package wan

import (
	"math"
	"testing"
)

func TestLossesAreOfTheProbabilityAsked(t *testing.T) {
	const packets = 1_000_000
	for _, p := range []float64{0, 1e-6, 1e-4, 0.01, 0.3, 0.999, 1} {
		l := newLosses(p, 7)
		lost := 0
		for range packets {
			if l.next() {
				lost++
			}
		}
		want, sigma := p*packets, math.Sqrt(packets*p*(1-p))
		if math.Abs(float64(lost)-want) > 4*sigma {
			t.Errorf("probability %v: lost %d of %d, want %.0f ± %.0f", p, lost, packets, want, 4*sigma)
		}
	}
}

func TestLossesAreIndependent(t *testing.T) {
	const packets, p = 1_000_000, 0.1
	l := newLosses(p, 8)
	pairs, before := 0, false
	for range packets {
		lost := l.next()
		if lost && before {
			pairs++
		}
		before = lost
	}
	if want := float64(packets * p * p); math.Abs(float64(pairs)-want) > 5*math.Sqrt(want) {
		t.Errorf("%d times two in a row, want %.0f", pairs, want)
	}
}

func TestLossesDependOnTheSeedOnly(t *testing.T) {
	one, groups, other := newLosses(0.01, 9), newLosses(0.01, 9), newLosses(0.01, 10)
	same := true
	for i := range 10_000 {
		// Whole groups that pass must leave the same losses as single packets.
		const group = 44
		var lost, different [group]bool
		for k := range group {
			lost[k], different[k] = one.next(), other.next()
		}
		same = same && lost == different
		if groups.skip(group) {
			if lost != [group]bool{} {
				t.Fatalf("group %d passed, one by one it did not", i)
			}
			continue
		}
		for k := range group {
			if groups.next() != lost[k] {
				t.Fatalf("group %d, packet %d: grouping changed what is lost", i, k)
			}
		}
	}
	if same {
		t.Error("another seed made the same losses")
	}
}

func TestWanderNeverReorders(t *testing.T) {
	const most = 10e6 // ns
	for _, step := range []int64{1, 1200, 120_000, 3e6, 25e6, 39e6, 200e6, 5e9} {
		w := newWander(most, 11)
		var sum, last float64
		var low, high int64 = math.MaxInt64, 0
		const n = 100_000
		for i := range int64(n) {
			t0 := i * step
			delay := w.at(t0)
			if delay < 0 || delay > most {
				t.Fatalf("step %d: a delay of %d", step, delay)
			}
			if arrival := float64(t0 + delay); arrival < last {
				t.Fatalf("step %d: a packet overtook another", step)
			} else {
				last = arrival
			}
			low, high, sum = min(low, delay), max(high, delay), sum+float64(delay)
		}
		if step < 120_000 {
			continue // too short a time to see all delays
		}
		if mean := sum / n; math.Abs(mean-most/2) > most/10 || low > most/10 || high < most*9/10 {
			t.Errorf("step %d: delays %d to %d, mean %.0f: want 0 to %d", step, low, high, sum/n, int64(most))
		}
	}
}
