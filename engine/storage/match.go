package storage

import "strings"

// Match reports whether name, one component of a path, matches the pattern as
// it would in [Tree.Glob].
func Match(pattern, name string) bool { return compile(pattern).match(name) }

// MatchAll reports whether name, one component of a path, matches the last
// component of a pattern as it would in [Tree.List]: a wildcard may stand for a
// leading period.
func MatchAll(pattern, name string) bool { return compile(pattern).fits(name) }

// matcher is one component of a pattern, compiled. It works on bytes, in the C
// locale.
type matcher struct{ tokens []token }

type kind uint8

const (
	literal kind = iota // exactly char
	set                 // one byte of chars
	star                // any bytes
	never               // nothing: the pattern is broken here
)

type token struct {
	kind  kind
	char  byte
	chars *[256]bool
}

// compile never fails: what is no pattern stands for itself, like a '[' without
// its ']', or matches nothing, like a last backslash.
func compile(p string) matcher {
	var m matcher
	for i := 0; i < len(p); i++ {
		switch c := p[i]; c {
		case '*':
			if n := len(m.tokens); n == 0 || m.tokens[n-1].kind != star {
				m.tokens = append(m.tokens, token{kind: star})
			}
		case '?':
			m.tokens = append(m.tokens, token{kind: set, chars: invert(new([256]bool))})
		case '[':
			t, n := bracket(p[i:])
			m.tokens = append(m.tokens, t)
			i += n - 1
		case '\\':
			if i++; i == len(p) {
				m.tokens = append(m.tokens, token{kind: never})
				break
			}
			m.tokens = append(m.tokens, token{char: p[i]})
		default:
			m.tokens = append(m.tokens, token{char: c})
		}
	}
	return m
}

// literal returns the only name that m matches, if there is just one.
func (m matcher) literal() (string, bool) {
	name := make([]byte, len(m.tokens))
	for i, t := range m.tokens {
		if t.kind != literal {
			return "", false
		}
		name[i] = t.char
	}
	return string(name), true
}

// dotted reports whether m asks for a leading period, which no wildcard matches.
func (m matcher) dotted() bool {
	return len(m.tokens) > 0 && m.tokens[0].kind == literal && m.tokens[0].char == '.'
}

// match matches as fnmatch(3) does with FNM_PERIOD.
func (m matcher) match(name string) bool {
	return (m.dotted() || !strings.HasPrefix(name, ".")) && m.fits(name)
}

// fits matches as fnmatch(3) does without flags. It takes at most len(name) ×
// len(tokens) steps: after a mismatch only the last star can usefully take more,
// so earlier ones are never tried again.
func (m matcher) fits(name string) bool {
	at, i := 0, 0
	last, resume := -1, 0 // the last star, and where its successors began
	for i < len(name) {
		if at < len(m.tokens) {
			t := m.tokens[at]
			if t.kind == star {
				last, resume = at, i
				at++
				continue
			}
			if t.matches(name[i]) {
				at++
				i++
				continue
			}
		}
		if last < 0 {
			return false
		}
		resume++
		at, i = last+1, resume
	}
	for at < len(m.tokens) && m.tokens[at].kind == star {
		at++
	}
	return at == len(m.tokens)
}

func (t token) matches(c byte) bool {
	switch t.kind {
	case literal:
		return t.char == c
	case set:
		return t.chars[c]
	}
	return false
}

func invert(chars *[256]bool) *[256]bool {
	for i := range chars {
		chars[i] = !chars[i]
	}
	return chars
}
