package terminal

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSON(t *testing.T) {
	for value, want := range map[string]string{
		"plain":                "\"plain\"\n",
		"\x1b[31m\n\t":         "\"\\u001b[31m\\n\\t\"\n",
		"\x7f":                 "\"\\u007f\"\n",
		"\u009b31m\u0080":      "\"\\u009b31m\\u0080\"\n",
		"a\u202egpj.exe\u2028": "\"a\\u202egpj.exe\\u2028\"\n",
		"été 日本 \U0001f600":    "\"été 日本 \U0001f600\"\n",
	} {
		var out strings.Builder
		if err := json.NewEncoder(JSON(&out)).Encode(value); err != nil || out.String() != want {
			t.Errorf("%q becomes %q, %v, want %q", value, out.String(), err, want)
		}
	}
}

// FuzzJSON: what is read is what was written, and nothing in it commands a
// terminal.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "\x7f\u0085\u202e", "\xff\u2028<", "été"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		var out strings.Builder
		if err := json.NewEncoder(JSON(&out)).Encode(value); err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSuffix(out.String(), "\n")
		if Mask(line) != line {
			t.Errorf("%q becomes %q", value, line)
		}
		var got string
		if err := json.Unmarshal([]byte(line), &got); err != nil || got != strings.ToValidUTF8(value, "\ufffd") && strings.ToValidUTF8(value, "") == value {
			t.Errorf("%q is read as %q, %v", value, got, err)
		}
	})
}
