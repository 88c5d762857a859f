package modern

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestHelp holds every help text to 80 columns and to what there is.
func TestHelp(t *testing.T) {
	var out, errs bytes.Buffer
	if status := Run(t.Context(), []string{"help"}, nil, &out, &errs); status != exitDone || errs.Len() > 0 {
		t.Errorf("help: exit status %d, %s", status, errs.String())
	}
	checkWidth(t, "help", out.String())
	for _, v := range verbs {
		if !strings.Contains(out.String(), "\n  "+v.name+" ") {
			t.Errorf("help does not mention %s", v.name)
		}
		var text, other bytes.Buffer
		Run(t.Context(), []string{v.name, "--help"}, nil, &text, &errs)
		Run(t.Context(), []string{"help", v.name}, nil, &other, &errs)
		if text.String() != other.String() || errs.Len() > 0 {
			t.Errorf("%s: two help texts, or %s", v.name, errs.String())
		}
		checkWidth(t, v.name, text.String())
		for _, p := range optionTable {
			if got := strings.Contains(text.String(), "--"+p.long+" ") || strings.Contains(text.String(), "--"+p.long+"[") ||
				strings.Contains(text.String(), "--"+p.long+"\n"); got != p.has(v.name) {
				// Only options of the other verbs may be missing.
				t.Errorf("%s --help: --%s there: %v, want %v", v.name, p.long, got, p.has(v.name))
			}
		}
	}
}

func checkWidth(t *testing.T, name, text string) {
	t.Helper()
	for line := range linesOf(text) {
		if utf8.RuneCountInString(line) > helpWidth || strings.TrimRight(line, " ") != line {
			t.Errorf("%s: %q is %d columns wide", name, line, utf8.RuneCountInString(line))
		}
	}
}
