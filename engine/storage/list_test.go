package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// spell writes entries as a list shows them: the two characters of wire.md 8.5
// stuck to each path.
func spell(entries []Entry) string {
	var words []string
	for _, e := range entries {
		kind := "-f"
		switch {
		case e.Dir:
			kind = "-d"
		case e.Dangling:
			kind = "-u"
		}
		if e.Link {
			kind = "l" + kind[1:]
		}
		words = append(words, kind+":"+e.Path)
	}
	return strings.Join(words, " ")
}

func TestList(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "d/x=", "d/.y=", "[a]", "[a]/x=", "f=", ".h=", `b\s`, `b\s/x=`,
			"ld>d", "lf>f", "lu>none", "lloop>lloop", "lfile>f/", "d/up>..", "d/link>../lf")
		special(s, s.dir)
		for pattern, want := range map[string]string{
			"*":  "-d:./. -d:./.. -f:./.h -d:./[a] -d:./b\\s -d:./d -f:./f -f:./fifo ld:./ld lf:./lf lu:./lfile lu:./lloop lu:./lu -f:./socket",
			"l?": "ld:./ld lf:./lf lu:./lu",
			".*": "-d:./. -d:./.. -f:./.h",
			".":  "-d:./.",
			"?h": "-f:./.h", "[.]h": "-f:./.h", "[!a-z]h": "-f:./.h",
			"f": "-f:./f", "ld": "ld:./ld", "none": "", "none*": "", "d": "-d:./d",
			"./f": "-f:./f", ".//f": "-f:./f", "d/*": "-d:d/. -d:d/.. -f:d/.y lf:d/link ld:d/up -f:d/x",
			"d///x": "-f:d/x", "d//../d//x": "-f:d//../d/x", "ld/x": "-f:ld/x", "d/up/d/x": "-f:d/up/d/x", "d/./..": "-d:d/./..",
			"[a]/*x": "-f:[a]/x", `b\s/x`: `-f:b\s/x`, `b\\s`: `-d:./b\s`, `\f`: "-f:./f", `f\`: "",
			"[": "",
		} {
			entries, err := s.tree.List(context.Background(), s.at(""), pattern)
			if got := spell(entries); err != nil || got != want {
				s.Errorf("%q gives\n%s, %v; want\n%s", pattern, got, err, want)
			}
			for _, e := range entries {
				if !MatchAll(path.Base("/"+pattern), path.Base(e.Path)) {
					s.Errorf("%q is no match of %q to a client", e.Path, pattern)
				}
			}
		}
		entries, err := s.tree.List(context.Background(), "/none", s.at("d")+"//*x")
		if got, want := spell(entries), "-f:"+s.at("d")+"/x"; err != nil || got != want {
			s.Errorf("an absolute pattern gives %s, %v; want %s", got, err, want)
		}
		entries, err = s.tree.List(context.Background(), s.at("d"), "../l?")
		if got, want := spell(entries), "ld:../ld lf:../lf lu:../lu"; err != nil || got != want {
			s.Errorf("a relative pattern gives %s, %v; want %s", got, err, want)
		}
		for _, pattern := range []string{"/.", "//."} {
			entries, err = s.tree.List(context.Background(), s.at("d"), pattern)
			if got := spell(entries); err != nil || got != "-d:/." {
				s.Errorf("%q gives %s, %v", pattern, got, err)
			}
		}
	})
}

func TestListFails(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d", "f=", "dangling>none", "loop>loop")
		special(s, s.dir)
		long := strings.Repeat("*", maxPath)
		for pattern, want := range map[string]error{
			"": ErrNoName, "/": ErrNoName, "d/": ErrNoName, "*/": ErrNoName, "none//": ErrNoName,
			"none/*": syscall.ENOENT, "dangling/*": syscall.ENOENT, "d*/*": syscall.ENOENT, "none/.": syscall.ENOENT,
			"none/../f": syscall.ENOENT, "[a/b]": syscall.ENOENT,
			"f/*": syscall.ENOTDIR, "fifo/*": syscall.ENOTDIR, "loop/*": syscall.ELOOP, "x\x00/*": syscall.EINVAL,
			long: syscall.ENAMETOOLONG,
		} {
			_, err := s.tree.List(context.Background(), s.at(""), pattern)
			wantError(s, err, "list", pattern, want)
		}
		_, err := s.tree.List(context.Background(), s.at("gone"), "*")
		wantError(s, err, "list", "*", syscall.ENOENT)
		if !errors.Is(ErrNoName, syscall.EINVAL) {
			s.Error("ErrNoName is not EINVAL")
		}
	})
}

// What lies outside is not shown, and a link to it is one that leads nowhere.
func TestListStaysInside(t *testing.T) {
	outer := tempDir(t)
	plant(t, outer, "tree", "secret=", "other", "other/f=")
	dir := filepath.Join(outer, "tree")
	plant(t, dir, "d", "abs>"+outer+"/other", "file>../secret", "climb>../other", "d/climb>../../other", "in>d", "absin>"+dir+"/d")
	tree, err := Open(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	entries, err := tree.List(t.Context(), "/", "*")
	if got, want := spell(entries), "-d:./. -d:./.. lu:./abs ld:./absin lu:./climb -d:./d lu:./file ld:./in"; err != nil || got != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	entries, err = tree.List(t.Context(), "/", "../../*")
	if got, want := spell(entries), "-d:../../. -d:../../.. lu:../../abs ld:../../absin lu:../../climb -d:../../d lu:../../file ld:../../in"; err != nil || got != want {
		t.Errorf("above the top: %s, %v; want %s", got, err, want)
	}
	for _, pattern := range []string{"abs/*", "climb/*", "d/climb/*", "d/../climb/f"} {
		_, err := tree.List(t.Context(), "/", pattern)
		wantError(t, err, "list", pattern, ErrEscapes)
	}
}

func TestListBounds(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		for i := range 100 {
			plant(s, s.dir, fmt.Sprintf("f%d=", i))
		}
		plant(s, s.dir, "l>f0", "m>f0")
		_, err := s.tree.List(&impatient{context.Background(), 50}, s.at(""), "x*")
		wantError(s, err, "list", "x*", context.DeadlineExceeded)

		// Each of two names takes eight bytes as it travels.
		for name, c := range map[string]struct {
			pattern string
			done    listing
			want    error
		}{
			"last names":       {"f[01]", listing{taken: bounds{names: maxNames - 2}}, nil},
			"a name too many":  {"f[01]", listing{taken: bounds{names: maxNames - 1}}, ErrTooMany},
			"last bytes":       {"f[01]", listing{taken: bounds{bytes: maxNameBytes - 16}}, nil},
			"a byte too many":  {"f[01]", listing{taken: bounds{bytes: maxNameBytes - 15}}, ErrTooMany},
			"last lookups":     {"[lm]", listing{links: maxLookups - 2}, nil},
			"a link too many":  {"[lm]", listing{links: maxLookups - 1}, ErrTooMany},
			"no links, no end": {"f[01]", listing{links: maxLookups}, nil},
		} {
			l := c.done
			l.ctx, l.tree = context.Background(), s.tree
			if err := l.read(s.at(""), c.pattern); !errors.Is(err, c.want) || err == nil && len(l.entries) != 2 {
				s.Errorf("%s: %v, %v", name, l.entries, err)
			}
		}
	})
}

// unreadable opens directories that fail when they are read.
type unreadable struct {
	plain
	file string
}

func (u unreadable) OpenFile(string, int, fs.FileMode) (*os.File, error) { return os.Open(u.file) }

// A list that breaks off is a failure to List, while Glob passes over the rest.
func TestListBreaksOff(t *testing.T) {
	dir := tempDir(t)
	plant(t, dir, "f=")
	tree := &Tree{files: unreadable{plain{"/"}, filepath.Join(dir, "f")}, tops: []string{"/"}, whole: true}
	_, err := tree.List(t.Context(), dir, "*")
	wantError(t, err, "list", "*", syscall.ENOTDIR)
	if names, err := tree.Glob(t.Context(), dir, ".*"); err != nil || len(names) != 2 {
		t.Errorf("Glob gives %q, %v", names, err)
	}
}

func FuzzList(f *testing.F) {
	dir := tempDir(f)
	orchard(f, dir)
	tree, err := Open(dir, Limits{})
	if err != nil {
		f.Fatal(err)
	}
	for _, pattern := range []string{"*", "a//*", "./../d/.*", "[[]x]/f", `a\b`, "d/loop/loop/?h", "//x", "la/up/*", "[a/b]*"} {
		f.Add("/", pattern)
	}
	f.Add("/a-b", "../*f")
	f.Fuzz(func(t *testing.T, cwd, pattern string) {
		entries, err := tree.List(t.Context(), Join("/", cwd), pattern)
		if err != nil {
			var path *fs.PathError
			if !errors.As(err, &path) || entries != nil {
				t.Fatalf("%q: %v, %v", pattern, entries, err)
			}
			return
		}
		cut := strings.LastIndexByte(pattern, '/') + 1
		for i, e := range entries {
			at := strings.LastIndexByte(e.Path, '/') + 1
			if !MatchAll(pattern[cut:], e.Path[at:]) || cut > 0 && strings.TrimRight(e.Path[:at], "/") != strings.TrimRight(pattern[:cut], "/") {
				t.Fatalf("%q gives %q", pattern, e.Path)
			}
			if i > 0 && e.Path <= entries[i-1].Path {
				t.Fatalf("%q after %q", e.Path, entries[i-1].Path)
			}
			at0, err := tree.resolve(Join(Join("/", cwd), e.Path), false)
			if err != nil || at0.info == nil || e.Link != (at0.info.Mode().Type() == fs.ModeSymlink) {
				t.Fatalf("%q lists %v, which is %v, %v", pattern, e, at0, err)
			}
		}
		if names, err := tree.Glob(t.Context(), Join("/", cwd), pattern); err == nil && !strings.ContainsAny(pattern[:cut], `*?[\`) {
			for _, name := range names {
				same := func(e Entry) bool { return path.Base(e.Path) == path.Base(name) }
				if !slices.ContainsFunc(entries, same) {
					t.Fatalf("%q lists %v without %q", pattern, entries, name)
				}
			}
		}
	})
}
