package storage

import (
	"cmp"
	"context"
	"io/fs"
	"slices"
	"strings"
	"syscall"
)

// Entry is a name that [Tree.List] found.
type Entry struct {
	// Path is the name after the directory as the pattern spells it.
	Path string
	// Link: the name itself is a symbolic link.
	Link bool
	// Dir: the name is or leads to a directory.
	Dir bool
	// Dangling: the link leads nowhere, or out of the tree.
	Dangling bool
}

// entryType is what the type of an entry takes beside its name where lists
// travel: two characters and a NUL (wire.md 8.5).
const entryType = 3

// List returns what matches pattern, relative to cwd unless it starts with a
// slash, as versions 2 and 3 list files (wire.md 8.5): only the last component
// may hold wildcards, and they match as [MatchAll] does, "." and ".." included.
// What comes before it names a directory. Paths spell that as the pattern does,
// "./" if it is not mentioned, but with one slash at its end, and are sorted by
// bytes. No match is no error.
//
// A directory that is missing or cannot be read is a failure, and so is a
// pattern without a last component: [ErrNoName]. Bounds are those of [Tree.Glob].
func (t *Tree) List(ctx context.Context, cwd, pattern string) ([]Entry, error) {
	l := listing{ctx: ctx, tree: t}
	if err := l.read(cwd, pattern); err != nil {
		return nil, failed("list", pattern, err)
	}
	slices.SortFunc(l.entries, func(a, b Entry) int { return cmp.Compare(a.Path, b.Path) })
	return l.entries, nil
}

// listing is the work of one List.
type listing struct {
	ctx  context.Context
	tree *Tree

	links   int
	taken   bounds
	entries []Entry
}

func (l *listing) read(cwd, pattern string) error {
	if len(pattern) >= maxPath {
		return syscall.ENAMETOOLONG
	}
	cut := strings.LastIndexByte(pattern, '/') + 1
	spelled, last := pattern[:cut], pattern[cut:]
	switch {
	case last == "":
		return ErrNoName
	case spelled == "":
		spelled = "./"
	default:
		spelled = strings.TrimRight(spelled, "/") + "/"
	}
	dir, err := l.tree.existing(Join(cwd, spelled))
	if err != nil {
		return err
	}
	m := compile(last)
	return l.tree.scan(dir, func(name string, kind fs.FileMode) error {
		if err := l.ctx.Err(); err != nil || !m.fits(name) {
			return err
		}
		e := Entry{Path: spelled + name, Link: kind == fs.ModeSymlink, Dir: kind.IsDir()}
		if err := l.taken.add(len(e.Path) + entryType); err != nil {
			return err
		}
		if e.Link {
			if l.links++; l.links > maxLookups {
				return ErrTooMany
			}
			to, err := l.tree.existing(Join(dir.path, name))
			e.Dangling = err != nil
			e.Dir = err == nil && to.info.IsDir()
		}
		l.entries = append(l.entries, e)
		return nil
	})
}
