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

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"put a\tb ":                  "put a\tb ",
		"put a\r":                    "put a\r",
		"get ./a\nput y OK\r\x1b[2J": "get ./a?put y OK??[2J",
		"get \x9b\xe9t\xe9\x7f":      "get \x9b\xe9t\xe9?",
		"":                           "",
	} {
		if got := oneLine(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
