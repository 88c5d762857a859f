package modern

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"
)

// remote is a file, a directory or a pattern on a server, as an operand spells
// it.
type remote struct {
	user string // "" if not named
	host string // an IPv6 address without brackets
	port uint16 // 0 if not named
	path string // "" is the login directory
}

// scheme begins the operands that name a port.
const scheme = "bbftp://"

// isRemote tells whether an operand names something on a server. As with scp, a
// colon does, unless a slash comes before it: a local file with a colon in its
// name is written ./a:b.
func isRemote(operand string) bool {
	return strings.HasPrefix(operand, scheme) || colon(operand) > 0
}

// colon is where [user@]host ends, or -1. An address in brackets has colons of
// its own.
func colon(operand string) int {
	from := 0
	if at := strings.Index(operand, "["); at == 0 || at > 0 && operand[at-1] == '@' {
		end := strings.Index(operand, "]:")
		if end < 0 {
			return -1
		}
		from = end + 1
	}
	at := strings.IndexAny(operand[from:], ":/")
	if at < 0 || operand[from+at] == '/' || strings.Contains(operand[:from], "/") {
		return -1
	}
	return from + at
}

// parseRemote reads [user@]host:path or bbftp://[user@]host[:port]/path. Both
// paths begin in the login directory unless they are absolute: /path there,
// //path here, as in the URLs of legacy scripts.
func parseRemote(operand string) (remote, error) {
	if rest, ok := strings.CutPrefix(operand, scheme); ok {
		return parseURL(operand, rest)
	}
	at := colon(operand)
	if at <= 0 {
		return remote{}, fmt.Errorf("%q names no server: want [user@]host:path or %s[user@]host[:port]/path", operand, scheme)
	}
	r := remote{host: operand[:at], path: operand[at+1:]}
	if user := strings.LastIndexByte(r.host, '@'); user >= 0 {
		r.user, r.host = r.host[:user], r.host[user+1:]
		if r.user == "" {
			return remote{}, fmt.Errorf("%q: no user before the @", operand)
		}
	}
	return r.checked(operand)
}

// parseURL reads what follows the scheme. Percent-encoding stands for any byte;
// ? and # have no meaning of their own.
func parseURL(operand, rest string) (remote, error) {
	authority, escaped, _ := strings.Cut(rest, "/")
	var r remote
	var err error
	if r.path, err = url.PathUnescape(escaped); err != nil {
		return remote{}, fmt.Errorf("%q: %w", operand, err)
	}
	if user := strings.LastIndexByte(authority, '@'); user >= 0 {
		r.user, authority = authority[:user], authority[user+1:]
		switch r.user, err = url.PathUnescape(r.user); {
		case err != nil:
			return remote{}, fmt.Errorf("%q: %w", operand, err)
		case r.user == "":
			return remote{}, fmt.Errorf("%q: no user before the @", operand)
		case strings.Contains(r.user, ":"):
			return remote{}, errors.New("a password in a URL can be read by everyone on this machine: use --password-file")
		}
	}
	if r.host, r.port, err = splitPort(authority); err != nil {
		return remote{}, fmt.Errorf("%q: %w", operand, err)
	}
	return r.checked(operand)
}

// splitPort reads host[:port]; without a port it is 0.
func splitPort(authority string) (host string, port uint16, err error) {
	at := strings.LastIndexByte(authority, ':')
	if at < strings.LastIndexByte(authority, ']') {
		at = -1
	}
	if at < 0 {
		return authority, 0, nil
	}
	n, err := strconv.ParseUint(authority[at+1:], 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("port %q: want 1 to 65535", authority[at+1:])
	}
	return authority[:at], uint16(n), nil
}

// checked refuses what could not be a host or a user, or what ssh would take
// for an option, and takes the brackets off an address.
func (r remote) checked(operand string) (remote, error) {
	host, brackets := strings.CutPrefix(r.host, "[")
	if brackets {
		host, brackets = strings.CutSuffix(host, "]")
		if address, err := netip.ParseAddr(host); !brackets || err != nil || !address.Is6() {
			return remote{}, fmt.Errorf("%q: %s is no IPv6 address in brackets", operand, r.host)
		}
	}
	r.host = host
	switch {
	case r.host == "":
		return remote{}, fmt.Errorf("%q: no host", operand)
	case !brackets && strings.ContainsFunc(r.host, notInHost):
		return remote{}, fmt.Errorf("%q: %q is no host name; an IPv6 address stands in brackets", operand, r.host)
	case strings.HasPrefix(r.host, "-"), strings.HasPrefix(r.user, "-"):
		return remote{}, fmt.Errorf("%q: a user or host that begins with - would be taken for an option", operand)
	case strings.ContainsFunc(r.user, unicode.IsControl), strings.Contains(r.path, "\x00"):
		return remote{}, fmt.Errorf("%q: a control character in the user, or a NUL in the path", operand)
	}
	return r, nil
}

func notInHost(c rune) bool {
	return unicode.IsControl(c) || unicode.IsSpace(c) || strings.ContainsRune(`:/\@[]%"'`, c)
}

// onlyDirectory tells whether a path can't be a file's.
func onlyDirectory(name string) bool {
	last := name[strings.LastIndexByte(name, '/')+1:]
	return last == "" || last == "." || last == ".."
}

// within is the path of a name in a directory.
func within(dir, name string) string {
	if dir == "" || strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}

// above is the directory that name is in, as name spells it: "a/.." is not "."
// when a is a link. "" is the working directory.
func above(name string) string {
	dir := name[:strings.LastIndexByte(name, '/')+1]
	return cmp.Or(strings.TrimRight(dir, "/"), dir)
}

// isPattern tells whether the last component of name has a wildcard; the
// protocol allows it nowhere else.
func isPattern(name string) bool {
	return strings.ContainsAny(name[strings.LastIndexByte(name, '/')+1:], "*?[")
}

// hidden tells whether a name begins with a dot that the pattern does not ask
// for. In versions 2 and 3 wildcards stand for it too (wire.md 8.5), so that a
// server asked for "*" could replace a .bashrc here.
func hidden(pattern, name string) bool {
	asked := strings.TrimPrefix(path.Base(pattern), `\`)
	return strings.HasPrefix(path.Base(name), ".") && !strings.HasPrefix(asked, ".")
}

// literal is the pattern that matches name only.
func literal(name string) string {
	at := strings.LastIndexByte(name, '/') + 1
	return name[:at] + escape(name[at:])
}

// escape takes the meaning of wildcards from all of name.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

// asAsked takes off the "./" that servers put before a name whose pattern had no
// directory (wire.md 8.5).
func asAsked(pattern, name string) string {
	if strings.Contains(pattern, "/") {
		return name
	}
	return strings.TrimPrefix(name, "./")
}

// String spells r as an operand.
func (r remote) String() string {
	s := r.host
	if strings.Contains(s, ":") {
		s = "[" + s + "]"
	}
	if r.user != "" {
		s = r.user + "@" + s
	}
	return s + ":" + r.path
}
