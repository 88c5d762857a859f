package storage

import "strings"

// bracket compiles the bracket expression at the start of p, which begins with
// '[', and returns its length. Without a closing ']' it is a literal '['.
func bracket(p string) (token, int) {
	b := brackets{rest: p[1:], chars: new([256]bool)}
	not := b.take("!") || b.take("^")
	for first := true; first || !b.take("]"); first = false {
		if !b.item() {
			return token{char: '['}, 1
		}
	}
	n := len(p) - len(b.rest)
	if b.broken {
		return token{kind: never}, n
	}
	if not {
		invert(b.chars)
	}
	return token{kind: set, chars: b.chars}, n
}

// brackets is the state of parsing one bracket expression.
type brackets struct {
	rest   string
	chars  *[256]bool
	broken bool // an element that does not exist: the expression matches nothing
}

func (b *brackets) take(prefix string) bool {
	rest, ok := strings.CutPrefix(b.rest, prefix)
	b.rest = rest
	return ok
}

// item parses one class, range or single character, and reports false at the
// end of the pattern.
func (b *brackets) item() bool {
	if name, n := class(b.rest); n > 0 {
		b.rest = b.rest[n:]
		in, ok := classes[name]
		if !ok {
			b.broken = true
			return true
		}
		for c := range 128 {
			b.chars[c] = b.chars[c] || in(byte(c))
		}
		return true
	}
	low, ok := b.element()
	if !ok {
		return false
	}
	high := low
	if len(b.rest) > 1 && b.rest[0] == '-' && b.rest[1] != ']' {
		b.rest = b.rest[1:]
		if high, ok = b.element(); !ok {
			return false
		}
	}
	for c := int(low); c <= int(high); c++ {
		b.chars[c] = true
	}
	return true
}

// element parses a character: plain, escaped, or as the collating element or
// equivalence class [.x.] or [=x=], which in the C locale is the character itself.
func (b *brackets) element() (byte, bool) {
	if len(b.rest) >= 5 && b.rest[0] == '[' && (b.rest[1] == '.' || b.rest[1] == '=') {
		if end := b.rest[1:2] + "]"; b.rest[3:5] == end {
			c := b.rest[2]
			b.rest = b.rest[5:]
			return c, true
		}
	}
	if b.take(`\`) && b.rest == "" {
		return 0, false
	}
	if b.rest == "" {
		return 0, false
	}
	c := b.rest[0]
	b.rest = b.rest[1:]
	return c, true
}

// class recognises [:name:] at the start of p and returns its length.
func class(p string) (name string, n int) {
	rest, ok := strings.CutPrefix(p, "[:")
	if !ok {
		return "", 0
	}
	for i := range len(rest) {
		if rest[i] >= 'a' && rest[i] <= 'z' {
			continue
		}
		if strings.HasPrefix(rest[i:], ":]") {
			return rest[:i], i + len("[:") + len(":]")
		}
		break
	}
	return "", 0
}

// classes are those of POSIX in the C locale, where they hold ASCII only.
var classes = map[string]func(byte) bool{
	"alnum":  func(c byte) bool { return alpha(c) || digit(c) },
	"alpha":  alpha,
	"blank":  func(c byte) bool { return c == ' ' || c == '\t' },
	"cntrl":  func(c byte) bool { return c < ' ' || c == 0x7f },
	"digit":  digit,
	"graph":  graph,
	"lower":  lower,
	"print":  func(c byte) bool { return c == ' ' || graph(c) },
	"punct":  func(c byte) bool { return graph(c) && !alpha(c) && !digit(c) },
	"space":  func(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' },
	"upper":  upper,
	"xdigit": func(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' },
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
func lower(c byte) bool { return c >= 'a' && c <= 'z' }
func upper(c byte) bool { return c >= 'A' && c <= 'Z' }
func alpha(c byte) bool { return lower(c) || upper(c) }
func graph(c byte) bool { return c > ' ' && c < 0x7f }
