package demo

import "testing"

func TestScenarios(t *testing.T) {
	seen := map[Scenario]bool{}
	var there string
	for _, s := range Scenarios() {
		if seen[s] {
			t.Errorf("%v twice", s)
		}
		seen[s] = true
		if s.Op == "get" && there != "put" {
			t.Errorf("%v without a put before it", s)
		}
		there = s.Op
	}
	for _, op := range []string{"put", "get"} {
		for _, streams := range []int{1, 4, 10} {
			for _, compressed := range []bool{false, true} {
				if s := (Scenario{op, streams, compressed}); !seen[s] {
					t.Errorf("%v is missing", s)
				}
			}
		}
	}
}

func TestScenarioString(t *testing.T) {
	for s, want := range map[Scenario]string{
		{"put", 1, false}: "put, 1 streams, plain",
		{"get", 10, true}: "get, 10 streams, zlib",
	} {
		if got := s.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestGoodput(t *testing.T) {
	if got := (Result{Bytes: 250e6, Seconds: 2}).Goodput(); got != 1e9 {
		t.Errorf("250 MB in 2 s are %g bit/s", got)
	}
}
