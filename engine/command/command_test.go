package command

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		in   string
		verb Verb
		args []string
		err  error
	}{
		{"put a b", Put, []string{"a", "b"}, nil},
		{"  put\ta  b\t", Put, []string{"a", "b"}, nil},
		{"get a", Get, []string{"a"}, nil},
		{"mput *.dat dir/", Mput, []string{"*.dat", "dir/"}, nil},
		{"mget *", Mget, []string{"*"}, nil},
		{"mkdir d", Mkdir, []string{"d"}, nil},
		{"cd /", Cd, []string{"/"}, nil},
		{"lcd ..", Lcd, []string{".."}, nil},
		{"dir .", Dir, []string{"."}, nil},
		{"setoption noremoterfio", SetOption, []string{"noremoterfio"}, nil},
		{"rm a", Rm, []string{"a"}, nil},
		{"stat a", Stat, []string{"a"}, nil},
		{"df .", Df, []string{"."}, nil},
		{"setnbstream 4", SetNbStream, []string{"4"}, nil},
		{"setremoteumask", SetRemoteUmask, []string{}, ErrArguments},
		{"  # put a b", "", nil, nil},
		{"# put a b", "", nil, nil},
		{"!ls", "", nil, nil},
		{" \t", "", nil, nil},
		{"", "", nil, nil},
		{"put", Put, []string{}, ErrArguments},
		{"put a b c", Put, []string{"a", "b", "c"}, ErrArguments},
		{"cd a b", Cd, []string{"a", "b"}, ErrArguments},
		{"cdx a", "cdx", []string{"a"}, ErrUnknown},
		{"PUT a b", "PUT", []string{"a", "b"}, ErrUnknown},
		{"put a\nb", Put, []string{"a\nb"}, nil},
	}
	for _, tt := range tests {
		c, err := Parse(tt.in)
		if !errors.Is(err, tt.err) || (tt.err == nil && err != nil) {
			t.Errorf("Parse(%q) error %v, want %v", tt.in, err, tt.err)
		}
		if c.Verb != tt.verb || !reflect.DeepEqual(c.Args, tt.args) {
			t.Errorf("Parse(%q) = %q %q, want %q %q", tt.in, c.Verb, c.Args, tt.verb, tt.args)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, tt := range []struct {
		split func(string) []string
		in    string
		want  []string
	}{
		{Split, "; cd x;put a b ;get c", []string{"", " cd x", "put a b ", "get c"}},
		{Split, "", []string{""}},
		{Split, "put a\nput b", []string{"put a\nput b"}},
		{Lines, "put a;b\n\n# c\n", []string{"put a;b", "", "# c", ""}},
		{Lines, "put a", []string{"put a"}},
	} {
		if got := tt.split(tt.in); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q gives %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestOption(t *testing.T) {
	for in, want := range map[string]struct {
		name string
		on   bool
	}{
		"gzip": {"gzip", true}, "nogzip": {"gzip", false}, "no": {"", false}, "": {"", true},
	} {
		if name, on := Option(in); name != want.name || on != want.on {
			t.Errorf("Option(%q) = %q, %v", in, name, on)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"put a b", "# x", "", "setoption nogzip", "get\t\ta"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, one := range Split(s) {
			c, err := Parse(one)
			if err == nil && c.Verb != "" {
				again, err := Parse(string(c.Verb) + " " + strings.Join(c.Args, " "))
				if err != nil || !reflect.DeepEqual(again.Args, c.Args) {
					t.Errorf("%q: words do not survive: %q, %v", one, again.Args, err)
				}
			}
		}
	})
}

func TestTarget(t *testing.T) {
	for _, tt := range []struct{ source, target, want string }{
		{"a", "", "a"},
		{"x/y/a", "", "a"},
		{"x/a", "d/", "d/a"},
		{"a", "/", "/a"},
		{"x/a", "b", "b"},
		{"x/", "", ""},
	} {
		if got := Target(tt.source, tt.target); got != tt.want {
			t.Errorf("Target(%q, %q) = %q, want %q", tt.source, tt.target, got, tt.want)
		}
	}
}
