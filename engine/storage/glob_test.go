package storage

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// orchard plants names that patterns stumble over.
func orchard(t testing.TB, dir string) {
	plant(t, dir, "a", "b", "ab", "a-b", ".h", "d", "[x]", "a/b", "a/a", "d/.h",
		"a/f=", "b/f=", "ab/f=", "a-b/f=", ".h/f=", "f=", "fa=", ".f=", "*=", "?=", `\=`, "[=", "]=", "[]=", "[]]=", "-=", "!=", "^=",
		`a\b=`, "a b=", "A=", "é=", "a/b/f=", "a/a/f=", "[x]/f=", "a.b=", "a/.f=", "b/*=", "a:=", "1=",
		"la>a", "lf>f", "dangling>none", "a/up>../b", "d/loop>.")
}

func glob(s site, cwd, pattern string) []string {
	s.Helper()
	names, err := s.tree.Glob(context.Background(), cwd, pattern)
	if err != nil {
		s.Fatalf("%q: %v", pattern, err)
	}
	return names
}

func TestGlob(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "d1", "d2", "d1/x=", "d1/.y=", "d2/x=", "dfile=", "dl>d1", "ddangling>none", ".h", ".h/z=", "out>/etc", "outf>/etc/passwd")
		for pattern, want := range map[string]string{
			"*":           "d1 d2 ddangling dfile dl out outf",
			"d*/x":        "d1/x d2/x dl/x",
			"d[12]//*":    "d1//x d2//x",
			"./d1/*":      "./d1/x",
			"d1/.*":       "d1/. d1/.. d1/.y",
			".*":          ". .. .h",
			".*/z":        ".h/z",
			"d*/":         "d1/ d2/ dl/",
			"d*//":        "d1/ d2/ dl/",
			"d1/":         "d1/",
			"dfile/":      "",
			"ddangling":   "ddangling",
			"ddangling/":  "",
			"dfile/x":     "",
			"none":        "",
			"none/*":      "",
			"":            "",
			`d\1/\x`:      "d1/x",
			`d\?`:         "",
			"d1/..//d2/*": "d1/..//d2/x",
			"d1/x/*":      "",
		} {
			if got := strings.Join(glob(s, s.at(""), pattern), " "); got != want {
				s.Errorf("%q gives %q, want %q", pattern, got, want)
			}
		}
		got := glob(s, "/", s.at("d1/*"))
		if len(got) != 1 || got[0] != s.at("d1/x") {
			s.Errorf("absolute pattern gives %q", got)
		}
		if got := glob(s, s.at("d2"), "../d1/*"); len(got) != 1 || got[0] != "../d1/x" {
			s.Errorf("relative pattern gives %q", got)
		}
		for _, p := range []string{"/", "//"} {
			if got := glob(s, s.at("d1"), p); len(got) != 1 || got[0] != "/" {
				s.Errorf("%q gives %q", p, got)
			}
		}
		if got := glob(s, s.at("gone"), "*"); len(got) != 0 {
			s.Errorf("a missing working directory has %q", got)
		}
		if s.top == "/" {
			for _, p := range []string{"out/*", "out/passwd", "out*/", "../../../../etc/*"} {
				if got := glob(s, "/", p); len(got) != 0 {
					s.Errorf("%q shows %q from outside", p, got)
				}
			}
		}
	})
}

func TestGlobBounds(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		long := strings.Repeat("*", maxPath)
		_, err := s.tree.Glob(context.Background(), "/", long)
		wantError(s, err, "list", long, syscall.ENAMETOOLONG)

		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err = s.tree.Glob(ctx, s.at(""), "*")
		wantError(s, err, "list", "*", context.Canceled)
	})
	t.Run("bytes", func(t *testing.T) { // counted alike in every tree
		s := confinedSite(t, Limits{})
		// Ten links to the fifth power, whose names make a hundred megabytes.
		for i := range 10 {
			plant(s, s.dir, fmt.Sprintf("%d%s>.", i, strings.Repeat("l", 200)))
		}
		pattern := strings.Repeat("*l/", 5)
		_, err := s.tree.Glob(context.Background(), s.at(""), pattern)
		wantError(s, err, "list", pattern, ErrTooMany)
	})
	var l list
	for range maxNames {
		if err := l.add("n"); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.add("n"); !errors.Is(err, ErrTooMany) {
		t.Errorf("name %d: %v", maxNames+1, err)
	}
	l = list{}
	if err := l.add(strings.Repeat("n", maxNameBytes-1)); err != nil {
		t.Error(err)
	}
	if err := l.add(""); !errors.Is(err, ErrTooMany) {
		t.Errorf("byte %d: %v", maxNameBytes+1, err)
	}
}

// impatient ends after a number of looks at it.
type impatient struct {
	context.Context
	looks int
}

func (c *impatient) Err() error {
	if c.looks--; c.looks < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestGlobEndsInsideDirectory(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		for i := range 100 {
			plant(s, s.dir, fmt.Sprintf("f%d=", i))
		}
		_, err := s.tree.Glob(&impatient{context.Background(), 50}, s.at(""), "*")
		wantError(s, err, "list", "*", context.DeadlineExceeded)
	})
}

const globProgram = `
#include <glob.h>
#include <stdio.h>
#include <string.h>
int main(void) {
	char line[8192];
	while (fgets(line, sizeof line, stdin)) {
		glob_t g;
		line[strcspn(line, "\n")] = 0;
		if (glob(line, 0, 0, &g) == 0) {
			for (size_t i = 0; i < g.gl_pathc; i++) printf("%s%c", g.gl_pathv[i], 0);
			globfree(&g);
		}
		putchar('\n');
	}
	return 0;
}
`

// systemAnswers compiles a C program that answers each pattern with a line, and
// runs it in dir.
func systemAnswers(t *testing.T, source, dir string, patterns []string, args ...string) []string {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip("no gcc to compile a caller of the C library")
	}
	program := filepath.Join(t.TempDir(), "answer")
	build := exec.Command(gcc, "-x", "c", "-o", program, "-")
	build.Stdin = strings.NewReader(source)
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("gcc cannot compile a caller of the C library: %v: %s", err, out)
	}
	run := exec.Command(program, args...)
	run.Dir = dir
	run.Env = append(os.Environ(), "LC_ALL=C")
	run.Stdin = strings.NewReader(strings.Join(patterns, "\n") + "\n")
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	lists := strings.Split(string(out), "\n")
	if len(lists) != len(patterns)+1 {
		t.Fatalf("%d answers to %d patterns", len(lists)-1, len(patterns))
	}
	return lists
}

// directories evens out what glibc makes of a pattern's trailing slash: a file
// named by no wildcard matches (without a slash), and some names keep two slashes.
func directories(list string) string {
	var b strings.Builder
	for name := range strings.SplitSeq(list, "\x00") {
		if strings.HasSuffix(name, "/") {
			b.WriteString(strings.TrimRight(name, "/") + "/\x00")
		}
	}
	return b.String()
}

func TestGlobLikeSystem(t *testing.T) {
	bothForms(t, Limits{}, func(s site) {
		plant(s, s.dir, "orchard")
		orchard(s, filepath.Join(s.dir, "orchard"))
		// Patterns stay below the tree's top, where both see the same.
		patterns := []string{"*", "*/*", ".*", ".*/*", "*/.*", "*/*/*", "[[:alpha:]]*", "[!a]*", "a*", "*/f", "[", "[]", "[]]", "[]]]", `\[x]/*`, "[[]x]/f"}
		parts := []string{"*", "?", "[", "]", "!", "^", "-", `\`, "a", "b", "f", ".", "x", "/", "/", "[:alpha:]", "[=a=]", "[.a.]", "[:no:]", "[ab]", "[!a]", "*/", "a/", ":", "[a-c]"}
		random := rand.New(rand.NewPCG(1, 2))
		for range 6000 {
			var p strings.Builder
			for range 1 + random.IntN(7) {
				p.WriteString(parts[random.IntN(len(parts))])
			}
			if first := strings.TrimLeft(p.String(), `\`); !strings.HasPrefix(first, "/") && !strings.Contains(first, "..") {
				patterns = append(patterns, p.String())
			}
		}
		matched := 0
		for i, want := range systemAnswers(s.T, globProgram, filepath.Join(s.dir, "orchard"), patterns)[:len(patterns)] {
			if strings.HasSuffix(patterns[i], "/") {
				want = directories(want)
			}
			var got strings.Builder
			for _, name := range glob(s, s.at("orchard"), patterns[i]) {
				fmt.Fprintf(&got, "%s\x00", name)
			}
			if got.Len() > 0 {
				matched++
			}
			if got.String() != want {
				s.Errorf("%q gives\n %q, glob(3)\n %q", patterns[i], got.String(), want)
			}
		}
		s.Logf("%d patterns, %d with matches", len(patterns), matched)
	})
}

// TestGlobWork bounds what a pattern of a few bytes can ask for: each component
// doubles the work, even in an empty directory.
func TestGlobWork(t *testing.T) {
	s := confinedSite(t, Limits{}) // lookups are counted alike in every tree
	pattern := strings.Repeat(".*/", 40)
	g := globbing{ctx: s.Context(), tree: s.tree, cwd: s.at("."), lookups: maxLookups - 1000}
	if err := g.expand(pattern); !errors.Is(err, ErrTooMany) || g.lookups != maxLookups+1 {
		t.Errorf("%v after %d lookups", err, g.lookups)
	}
	g = globbing{ctx: s.Context(), tree: s.tree, cwd: s.at("."), lookups: maxLookups - 7}
	if err := g.expand(".*/.*/.*/"); err != nil || len(g.names) != 8 { // 1 + 2 + 4 lookups
		t.Errorf("%d names, %v", len(g.names), err)
	}
}

const matchProgram = `
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
	char line[8192];
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		for (int i = 1; i < argc; i++) putchar(fnmatch(line, argv[i], 0) ? '-' : '+');
		putchar('\n');
	}
	return 0;
}
`

func TestMatchAllLikeSystem(t *testing.T) {
	names := []string{".", "..", ".h", "..a", "a", "b", "ab", "a.b", "[x]", "*", "?", `\`, "[", "]", "[]", "-", "!", "^", `a\b`, "a b", "A", "\xe9", "a:", ".]", ".-"}
	patterns := []string{"*", ".*", "?", "[", "[]]", "[!a]*", "[^a]", "*.", "[.]", "[.-/]h", `\`, `\.`, "[[:no:]]", "[![:no:]]", "[[:no:]a]"}
	parts := []string{"*", "?", "[", "]", "!", "^", "-", `\`, "a", "b", ".", "..", "x", "[:alpha:]", "[:punct:]", "[=a=]", "[...]", "[ab]", "[!a]", ":", "[a-c]"}
	random := rand.New(rand.NewPCG(3, 4))
	for range 6000 {
		var p strings.Builder
		for range 1 + random.IntN(6) {
			p.WriteString(parts[random.IntN(len(parts))])
		}
		// What a range to a class means, POSIX leaves open.
		if !strings.Contains(p.String(), "-[") {
			patterns = append(patterns, p.String())
		}
	}
	// A class that does not exist comes first in its brackets only: elsewhere the
	// C library, which judges from left to right, may have matched before.
	for i, want := range systemAnswers(t, matchProgram, "", patterns, names...)[:len(patterns)] {
		var got strings.Builder
		for _, name := range names {
			if MatchAll(patterns[i], name) {
				got.WriteByte('+')
			} else {
				got.WriteByte('-')
			}
		}
		if got.String() != want {
			t.Errorf("%q to %q is\n%s, fnmatch(3) says\n%s", patterns[i], names, got.String(), want)
		}
	}
}
