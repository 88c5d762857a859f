package modern

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"bbftp/engine/telemetry"
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

// TestHelpNamesTelemetry has every field of a report in the help, and no other.
func TestHelpNamesTelemetry(t *testing.T) {
	text, err := json.Marshal(telemetry.Report{
		SendFixed: 1, RecvFixed: 1,
		Streams: []telemetry.Stream{{Congestion: "reno", MaxPacing: 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]bool{}
	for _, name := range regexp.MustCompile(`"(\w+)":`).FindAllStringSubmatch(string(text), -1) {
		fields[name[1]] = true
	}
	_, explained, _ := strings.Cut(copyEvents, "  telemetry ")
	explained, limited, _ := strings.Cut(explained, "  limit ")
	for field := range fields {
		if !regexp.MustCompile(`\b` + field + `\b`).MatchString(explained) {
			t.Errorf("the help lacks the field %s of telemetry", field)
		}
	}
	for _, name := range regexp.MustCompile(`[a-z]+_[a-z_]+`).FindAllString(explained, -1) {
		if !fields[name] {
			t.Errorf("the help explains %s of telemetry, which is not there", name)
		}
	}
	for limit := range limits {
		if !strings.Contains(limited, " "+string(limit)+",") {
			t.Errorf("the help lacks the limit %s", limit)
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
