package terminal

import "testing"

func TestMask(t *testing.T) {
	for line, want := range map[string]string{
		"plain":                "plain",
		"a\tb":                 "a\tb",
		"\x1b[31m\x07\x00\x7f": "?[31m???",
		"one\ntwo\r":           "one?two?",
		"\u009b31m":            "?31m",
		"\xe9t\xe9":            "\xe9t\xe9", // of an 8-bit character set
		"\x9b31m":              "?31m",
		"été 日本 \U0001f600":    "été 日本 \U0001f600",
		"a\u202egpj.exe\u2028": "a?gpj.exe?",
		"":                     "",
	} {
		if got := Mask(line); got != want {
			t.Errorf("%q becomes %q, want %q", line, got, want)
		}
	}
}
