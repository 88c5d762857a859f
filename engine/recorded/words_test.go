package recorded

import (
	"io/fs"
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		line string
		want []Word
	}{
		{"", nil},
		{"  ; a remark", nil},
		{"# a remark", nil},
		{"left  path 0644", []Word{{"left", false}, {"path", false}, {"0644", false}}},
		{`0 < "OK ; \n" 00ff ; MSG_OK`, []Word{{"0", false}, {"<", false}, {"OK ; \n", true}, {"00ff", false}}},
		{`"a""b"c"`, []Word{{"a", true}, {"b", true}, {`c"`, false}}},
	} {
		if got, err := Words(tt.line); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, %v, want %v", tt.line, got, err, tt.want)
		}
	}
	for _, line := range []string{`"`, `0 < "open`, `"\z"`} {
		if got, err := Words(line); err == nil {
			t.Errorf("%s: %v, want an error", line, got)
		}
	}
}

// FuzzWords: what was read can be written and read again, also without quotes
// that it does not need.
func FuzzWords(f *testing.F) {
	f.Add(`run bbftp -e "cd a;put b" # ;`)
	f.Add(`0 < 00 "\xff" @a:0:1 ?8`)
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Words(line)
		if err != nil {
			return
		}
		var texts []string
		for _, w := range words {
			texts = append(texts, w.Text)
		}
		again, err := Words(Quote(texts))
		if err != nil || !slices.EqualFunc(again, texts, func(w Word, text string) bool { return w.Text == text }) {
			t.Errorf("%q, then %v, %v", texts, again, err)
		}
	})
}

func TestParseMode(t *testing.T) {
	if mode, err := ParseMode("0640"); err != nil || mode != 0o640 {
		t.Errorf("%v, %v", mode, err)
	}
	for _, text := range []string{"", "8", "-1", "1000", "rw-"} {
		if mode, err := ParseMode(text); err == nil {
			t.Errorf("%q: %v, want an error", text, fs.FileMode(mode))
		}
	}
}
