package modern

import (
	"strings"
	"testing"
	"unicode"
)

func TestParseRemote(t *testing.T) {
	for operand, want := range map[string]remote{
		"host:":                         {host: "host"},
		"host:a/b":                      {host: "host", path: "a/b"},
		"host:/a":                       {host: "host", path: "/a"},
		"host:a:b":                      {host: "host", path: "a:b"},
		"host:a@b":                      {host: "host", path: "a@b"},
		"ann@host:x":                    {user: "ann", host: "host", path: "x"},
		"ann@site@host:x":               {user: "ann@site", host: "host", path: "x"},
		"192.0.2.1:x":                   {host: "192.0.2.1", path: "x"},
		"[2001:db8::1]:x":               {host: "2001:db8::1", path: "x"},
		"ann@[fe80::1%eth0]:x:y":        {user: "ann", host: "fe80::1%eth0", path: "x:y"},
		"bbftp://host":                  {host: "host"},
		"bbftp://host/":                 {host: "host"},
		"bbftp://host/a/b":              {host: "host", path: "a/b"},
		"bbftp://host//a/b":             {host: "host", path: "/a/b"},
		"bbftp://host:5022/a":           {host: "host", port: 5022, path: "a"},
		"bbftp://ann@host/a%20b%3f?c#d": {user: "ann", host: "host", path: "a b??c#d"},
		"bbftp://a%40b@host/x":          {user: "a@b", host: "host", path: "x"},
		"bbftp://[::1]:99//tmp":         {host: "::1", port: 99, path: "/tmp"},
		"bbftp://[::1]/x":               {host: "::1", path: "x"},
	} {
		if !isRemote(operand) {
			t.Errorf("%s is taken for a local file", operand)
		}
		got, err := parseRemote(operand)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", operand, got, err, want)
		}
	}
}

func TestParseRemoteFails(t *testing.T) {
	for operand, want := range map[string]string{
		"file":                    "names no server",
		"./a:b":                   "names no server",
		"/a:b":                    "names no server",
		":x":                      "names no server",
		"@host:x":                 "no user",
		"ann@:x":                  "no host",
		"-oProxy@host:x":          "option",
		"-host:x":                 "option",
		"bbftp://-oX@host/x":      "option",
		"a b:x":                   "no host name",
		"[::1:x":                  "names no server",
		"[host]:x":                "no IPv6 address",
		"[192.0.2.1]:x":           "no IPv6 address",
		"bbftp://::1/x":           "brackets",
		"bbftp:///x":              "no host",
		"bbftp://host:0/x":        "port",
		"bbftp://host:65536/x":    "port",
		"bbftp://host:/x":         "port",
		"bbftp://host/%zz":        "escape",
		"bbftp://ann:secret@h/x":  "--password-file",
		"bbftp://host/a%00b":      "NUL",
		"bbftp://a%0ab@host/x":    "control character",
		"bbftp://%@host/x":        "escape",
		"bbftp://ho%73t/x":        "no host name",
		"host\x1b:x":              "no host name",
		"bbftp://@host/x":         "no user",
		"bbftp://[::1]x:22/x":     "IPv6",
		"bbftp://user@[::1]:aa/x": "port",
	} {
		if got, err := parseRemote(operand); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v, want an error with %q", operand, got, err, want)
		}
	}
}

func TestIsRemote(t *testing.T) {
	for _, operand := range []string{"", "file", "./a:b", "/a:b", "a/b:c", "../x", ":", "[::1", "[a]/b:c", "a/[b]:c"} {
		if isRemote(operand) {
			t.Errorf("%q is taken for remote", operand)
		}
	}
}

func FuzzParseRemote(f *testing.F) {
	for _, seed := range []string{
		"host:a", "u@h:/x", "[::1]:x", "bbftp://u@h:1//x%20y", "bbftp://[::1]:1/", "./a:b", "-x:y", "bbftp://h/%41", "@:",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, operand string) {
		r, err := parseRemote(operand)
		if err != nil {
			return
		}
		if !isRemote(operand) {
			t.Errorf("%q was parsed but is local", operand)
		}
		if r.host == "" || r.host[0] == '-' || strings.HasPrefix(r.user, "-") || strings.ContainsRune(r.path, 0) ||
			strings.ContainsFunc(r.host+r.user, unicode.IsControl) {
			t.Errorf("%q gives %+v", operand, r)
		}
		if r.port != 0 {
			return // which scp's form can't spell
		}
		again, err := parseRemote(r.String())
		if strings.Contains(r.user, "/") || strings.HasPrefix(r.user, "bbftp:") || strings.ContainsAny(r.user, "[:") {
			return // nor these
		}
		if err != nil || again != r {
			t.Errorf("%q gives %+v, spelled %q it gives %+v, %v", operand, r, r.String(), again, err)
		}
	})
}

func TestPaths(t *testing.T) {
	for path, want := range map[string]struct {
		directory, pattern bool
		literal            string
	}{
		"":        {true, false, ""},
		".":       {true, false, "."},
		"a/..":    {true, false, "a/.."},
		"a/":      {true, false, "a/"},
		"a":       {false, false, "a"},
		"a*/b":    {false, false, "a*/b"},
		"a/*.d":   {false, true, `a/\*.d`},
		"x?":      {false, true, `x\?`},
		`a/[b]\c`: {false, true, `a/\[b]\\c`},
	} {
		if onlyDirectory(path) != want.directory || isPattern(path) != want.pattern || literal(path) != want.literal {
			t.Errorf("%q: directory %v, pattern %v, literal %q", path, onlyDirectory(path), isPattern(path), literal(path))
		}
	}
}
