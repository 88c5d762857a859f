package storage

import (
	"context"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
)

// A list holds at most this much, at every component of the pattern.
const (
	maxNames     = 1 << 20
	maxNameBytes = 16 << 20 // with one byte after each name, as a list travels
	// maxLookups bounds the work: ".*/.*/.*" doubles it with each component
	// even in an empty directory.
	maxLookups = 1 << 16
)

// Glob returns the names that match pattern, relative to cwd unless it starts
// with a slash, as glob(3) without flags does in the C locale: "*", "?", bracket
// expressions and backslash, a leading period and slashes only matched by
// themselves, names spelled as the pattern spells the path and sorted by bytes.
// Directories that cannot be read, and links out of the tree, are passed over.
// A pattern that ends in a slash matches directories only, and the names keep
// one slash. No match is no error.
//
// It gives up when ctx ends. Too long a list gives [ErrTooMany], too long a pattern ENAMETOOLONG.
func (t *Tree) Glob(ctx context.Context, cwd, pattern string) ([]string, error) {
	if len(pattern) >= maxPath {
		return nil, failed("list", pattern, syscall.ENAMETOOLONG)
	}
	g := globbing{ctx: ctx, tree: t, cwd: cwd}
	if err := g.expand(pattern); err != nil {
		return nil, failed("list", pattern, err)
	}
	slices.Sort(g.names)
	return g.names, nil
}

// globbing is the work of one Glob.
type globbing struct {
	ctx  context.Context
	tree *Tree
	cwd  string

	lookups int
	names   []string // what matched the components so far, with the slashes after them
	found   list     // what matches with one more
}

func (g *globbing) expand(pattern string) error {
	pattern = slashes(pattern)
	rest := strings.TrimLeft(pattern, "/")
	g.names = []string{pattern[:len(pattern)-len(rest)]}
	if rest == "" {
		g.names = nil
		if pattern != "" {
			g.names = []string{"/"}
		}
		return nil
	}
	for rest != "" && len(g.names) > 0 {
		part, after, slash := strings.Cut(rest, "/")
		rest = strings.TrimLeft(after, "/")
		c := component{matcher: compile(part), last: rest == "", dir: slash}
		if slash {
			c.suffix = "/" + after[:len(after)-len(rest)]
			if c.last {
				c.suffix = "/"
			}
		}
		if err := g.step(c); err != nil {
			return err
		}
	}
	return nil
}

// slashes takes the backslash off quoted slashes: they separate all the same.
func slashes(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] == '\\' && i+1 < len(pattern) {
			if i++; pattern[i] != '/' {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// component is one part of the pattern with the slashes after it.
type component struct {
	matcher
	suffix    string
	last, dir bool
}

func (g *globbing) step(c component) error {
	g.found = list{}
	name, plain := c.literal()
	for _, prefix := range g.names {
		err := g.ctx.Err()
		g.lookups++
		switch {
		case err != nil:
		case g.lookups > maxLookups:
			err = ErrTooMany
		case !plain:
			err = g.search(prefix, c)
		case !c.last || g.exists(prefix+name, c.dir):
			err = g.found.add(prefix + name + c.suffix)
		}
		if err != nil {
			return err
		}
	}
	g.names = g.found.names
	return nil
}

// exists reports whether name is there: a dangling link is, unless a directory
// is meant.
func (g *globbing) exists(name string, dir bool) bool {
	at, err := g.tree.resolve(Join(g.cwd, name), dir)
	return err == nil && at.info != nil && (!dir || at.info.IsDir())
}

// search adds the entries of the directory prefix that match c.
func (g *globbing) search(prefix string, c component) error {
	at, err := g.tree.existing(Join(g.cwd, prefix))
	if err != nil {
		return nil
	}
	var stop error
	// An unreadable rest is passed over like an unreadable directory.
	_ = g.tree.scan(at, func(name string, kind fs.FileMode) error {
		stop = g.ctx.Err()
		if stop == nil && c.match(name) && (!c.dir || g.isDir(prefix+name, kind)) {
			stop = g.found.add(prefix + name + c.suffix)
		}
		return stop
	})
	return stop
}

func (g *globbing) isDir(name string, kind fs.FileMode) bool {
	return kind.IsDir() || kind == fs.ModeSymlink && g.exists(name, true)
}

// scan tells visit the names and types of what is in a directory until it
// returns an error.
func (t *Tree) scan(dir place, visit func(name string, kind fs.FileMode) error) error {
	f, err := t.files.OpenFile(inside(dir.path), os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	// What readdir leaves out in Go is there for glob(3) and fnmatch(3).
	for _, name := range []string{".", ".."} {
		if err := visit(name, fs.ModeDir); err != nil {
			return err
		}
	}
	for {
		entries, err := f.ReadDir(256)
		for _, e := range entries {
			if err := visit(e.Name(), e.Type()); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// list is a bounded list of names.
type list struct {
	names []string
	taken bounds
}

func (l *list) add(name string) error {
	if err := l.taken.add(len(name)); err != nil {
		return err
	}
	l.names = append(l.names, name)
	return nil
}

// bounds counts the names and bytes of a list.
type bounds struct{ names, bytes int }

// add counts one more name and the byte after it.
func (b *bounds) add(length int) error {
	b.names++
	b.bytes += length + 1
	if b.names > maxNames || b.bytes > maxNameBytes {
		return ErrTooMany
	}
	return nil
}
