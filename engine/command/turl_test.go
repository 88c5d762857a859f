package command

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseTURL(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want TURL
	}{
		{"a/b", TURL{Path: "a/b"}},
		{"bbftp://host/a/b", TURL{Host: "host", Path: "a/b"}},
		{"bbftp://host//a", TURL{Host: "host", Path: "/a"}},
		{"bbftp://host:5022/a", TURL{Host: "host", Port: 5022, Path: "a"}},
		{"bbftp://host/rfio:///hpss/a", TURL{Host: "host", Path: "/hpss/a", MassStorage: true}},
		{"rfio://a", TURL{Path: "a", MassStorage: true}},
		{"file:///tmp/a", TURL{Path: "/tmp/a"}},
		{"ftp://host/a", TURL{Path: "ftp://host/a"}},
		{"BBFTP://host/a", TURL{Path: "BBFTP://host/a"}},
	} {
		if got, err := ParseTURL(tt.in); err != nil || got != tt.want {
			t.Errorf("ParseTURL(%q) = %+v, %v", tt.in, got, err)
		}
	}
	for _, in := range []string{
		"", "bbftp://", "bbftp://host", "bbftp:///a", "bbftp://host/", "bbftp://host:/a", "bbftp://host:0/a",
		"bbftp://host:65536/a", "bbftp://host:x/a", "bbftp://host/rfio://", "rfio://", "file://",
	} {
		if got, err := ParseTURL(in); !errors.Is(err, ErrTURL) {
			t.Errorf("ParseTURL(%q) = %+v, %v", in, got, err)
		}
	}
}

func TestTranslate(t *testing.T) {
	for _, tt := range []struct {
		in, want string // '|' separates commands
		site     Site
	}{
		{"get bbftp://h/a  /tmp/a ", "get a /tmp/a", Site{Host: "h"}},
		{"put file:///tmp/a bbftp://h:6000//b", "put /tmp/a /b", Site{Host: "h", Port: 6000}},
		{"put a", "put a", Site{}},
		{"cd bbftp://h/d|get x|cd bbftp://i/d", "cd d|get x|cd d", Site{Host: "i"}},
		{"get bbftp://h/rfio:///a|get bbftp://h/b", "setoption remoterfio|get /a|setoption noremoterfio|get b", Site{Host: "h"}},
		{"stat rfio://a", "setoption remoterfio|stat a", Site{MassStorage: true}},
		{"mput a* bbftp://h/d", "mput a* d", Site{Host: "h"}},
		{"# comment|!x||nonsense  bbftp://h/d|setnbstream  4|lcd bbftp://h/d", "# comment|!x||nonsense  bbftp://h/d|setnbstream  4|lcd bbftp://h/d", Site{}},
	} {
		var site Site
		var got []string
		for _, line := range strings.Split(tt.in, "|") {
			lines, err := site.Translate(line)
			if err != nil {
				t.Errorf("%q: %v", line, err)
			}
			got = append(got, lines...)
		}
		if want := strings.Split(tt.want, "|"); !reflect.DeepEqual(got, want) || site != tt.site {
			t.Errorf("%q gives %q and %+v", tt.in, got, site)
		}
	}
	for in, want := range map[string]error{
		"get":                  ErrArguments,
		"get a b c":            ErrArguments,
		"get a bbftp://h/b":    ErrTURL,
		"put bbftp://h/a":      ErrTURL,
		"put rfio:///a b":      ErrTURL,
		"mkdir bbftp://h":      ErrTURL,
		"get bbftp://h:x/a /b": ErrTURL,
	} {
		if got, err := new(Site).Translate(in); !errors.Is(err, want) {
			t.Errorf("%q gives %q, %v", in, got, err)
		}
	}
}

// FuzzTranslate: what is translated parses, and translating it again changes
// neither the words nor the server.
func FuzzTranslate(f *testing.F) {
	for _, s := range []string{"get bbftp://h:1/a b", "put file://a rfio://b", "cd bbftp://h//", "#", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var site Site
		lines, err := site.Translate(text)
		if err != nil {
			return
		}
		if len(lines) == 0 || len(lines) > 2 {
			t.Fatalf("%q gives %q", text, lines)
		}
		c, err := Parse(lines[len(lines)-1])
		if err != nil && !errors.Is(err, ErrUnknown) {
			t.Errorf("%q gives %q: %v", text, lines, err)
		}
		if site.Host != "" && strings.ContainsAny(site.Host, "/: \t") {
			t.Errorf("%q gives host %q", text, site.Host)
		}
		if _, named := remoteArg(c.Verb); named && err == nil && len(c.Args) == 0 {
			t.Errorf("%q lost its names: %q", text, lines)
		}
	})
}
