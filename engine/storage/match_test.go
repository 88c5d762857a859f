package storage

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern  string
		yes, not string // separated by commas
	}{
		{"*", "a,abc, ,-", ".a,."},
		{"a*c", "ac,abc,abbc,acc", "a,ab,abcd"},
		{"*a*b*", "ab,xaxbx,aabb", "ba,a"},
		{"?", "a,*,\xff", ".,ab"},
		{"a?c", "abc,a.c", "ac,abbc"},
		{"**?", "a,ab", "."},
		{".*", ".,..,.a", "a"},
		{`\.*`, ".,..,.a", "a"},
		{"[.]a", "", ".a"},
		{"[!a]b", "bb,ab"[:2], "ab,.b"},
		{"[^a]b", "bb,]b", "ab"},
		{"[a-c]", "a,b,c", "d,-"},
		{"[c-a]", "", "a,b,c,-"},
		{"[a-]", "a,-", "b"},
		{"[-a]", "a,-", "b"},
		{"[]a]", "],a", "[,b"},
		{"[!]a]", "b,[", "],a"},
		{"[[]", "[", "]"},
		{"[a", "[a", "a"},
		{"[", "[", "a"},
		{"[]", "[]", "],["},
		{"[!", "[!", "a"},
		{`[\]]`, "]", `\`},
		{`[a\-c]`, "a,-,c", `b,\`},
		{`[\a-\c]`, "a,b,c", `d,\`},
		{"[[:alpha:]]", "a,Z", "1,_,\xe4"},
		{"[[:digit:][:upper:]_]", "1,A,_", "a"},
		{"[![:space:]]", "a,1", " ,\t"},
		{"[[:xdigit:]]", "f,F,9,0", "g,G"},
		{"[[:punct:]]", "!,~,_,/", "a, ,1"},
		{"[[:none:]]", "", "a,:,n,]"},
		{"[![:none:]]", "", "a,:"},
		{"[[:ALPHA:]]", "[],:],A]", "a"},
		{"[[.a.]-c]", "a,b,c", "d"},
		{"[[=a=]b]", "a,b", "=,c"},
		{`\*`, "*", `a,\*`},
		{`a\\b`, `a\b`, "ab"},
		{`a\`, "", `a,a\`},
		{"", "", "a"},
	} {
		m := compile(c.pattern)
		for name := range strings.SplitSeq(c.yes, ",") {
			if name != "" && !m.match(name) {
				t.Errorf("%q should match %q", c.pattern, name)
			}
		}
		for name := range strings.SplitSeq(c.not, ",") {
			if m.match(name) && name != "" {
				t.Errorf("%q should not match %q", c.pattern, name)
			}
		}
	}
}

func TestMatchPeriod(t *testing.T) {
	for _, c := range []struct {
		pattern, name  string
		all, unlessDot bool
	}{
		{"*", ".", true, false},
		{"*", "..", true, false},
		{"*", ".h", true, false},
		{"*", "h", true, true},
		{"?", ".", true, false},
		{"??", ".h", true, false},
		{"*.", ".", true, false},
		{"[.]h", ".h", true, false},
		{"[!a]h", ".h", true, false},
		{"[--/]h", ".h", true, false},
		{".*", ".h", true, true},
		{`\.h`, ".h", true, true},
		{".", ".", true, true},
		{"a*", ".a", false, false},
		{"*a", ".b", false, false},
		{"a*", "a.b", true, true},
		{"", "", true, true},
	} {
		if got := MatchAll(c.pattern, c.name); got != c.all {
			t.Errorf("MatchAll(%q, %q) is %v", c.pattern, c.name, got)
		}
		if got := Match(c.pattern, c.name); got != c.unlessDot {
			t.Errorf("Match(%q, %q) is %v", c.pattern, c.name, got)
		}
	}
}

// A matcher that tried every way to share a name among 100 stars would not end.
func TestMatchIsBounded(t *testing.T) {
	m := compile(strings.Repeat("a*", 100) + "b")
	if m.match(strings.Repeat("a", 250)) {
		t.Error("matched without a b")
	}
}

// slowMatch is the definition of matching, exponential and obvious.
func slowMatch(tokens []token, name string) bool {
	switch {
	case len(tokens) == 0:
		return name == ""
	case tokens[0].kind == star:
		return slowMatch(tokens[1:], name) || name != "" && slowMatch(tokens, name[1:])
	}
	return name != "" && tokens[0].matches(name[0]) && slowMatch(tokens[1:], name[1:])
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?[!c-e]", "axxbcf")
	f.Add("[[:alpha:]-z]*", "q")
	f.Add(`[\]-a]\*[]`, "^*[]")
	f.Add("*a*a*a*b", "aaaaaaab")
	f.Add("[[=a=][.-.]-]", "-")
	f.Add(".*", "..")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		m := compile(pattern)
		got := m.match(name)
		if only, ok := m.literal(); ok && got != (only == name) {
			t.Errorf("%q means only %q, but match(%q) is %v", pattern, only, name, got)
		}
		all := MatchAll(pattern, name)
		if len(pattern) <= 12 && len(name) <= 12 && all != slowMatch(m.tokens, name) {
			t.Errorf("MatchAll(%q, %q) is %v", pattern, name, all)
		}
		if want := all && (m.dotted() || !strings.HasPrefix(name, ".")); got != want {
			t.Errorf("match(%q, %q) is %v", pattern, name, got)
		}
		var quoted strings.Builder
		for i := range len(name) {
			quoted.WriteByte('\\')
			quoted.WriteByte(name[i])
		}
		if !compile(quoted.String()).match(name) {
			t.Errorf("%q does not match itself quoted", name)
		}
	})
}
