package legacy

import (
	"strings"
	"testing"
)

func TestResultLines(t *testing.T) {
	var out strings.Builder
	r := resultLines{&console{stdout: &out}}
	line := "put a\x1b OK\n"
	if n, err := r.Write([]byte(line)); n != len(line) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if out.String() != "put a? OK\n" {
		t.Errorf("shows %q", out.String())
	}
}
