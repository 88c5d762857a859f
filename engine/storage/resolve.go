package storage

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
)

const (
	maxLinks = 40   // as Linux, path_resolution(7)
	maxPath  = 4096 // PATH_MAX, which counts the final NUL
	// maxDepth bounds the work of a path: each step is looked up from the top,
	// through os.Root component by component.
	maxDepth = 256
)

// place is where a path led.
type place struct {
	path  string      // absolute, free of links and dots
	info  fs.FileInfo // nil: nothing is there, though its parent directory exists
	slash bool        // the path ended in a slash, so only a directory is meant
	link  bool        // a link leads here
}

// step is a component still to walk.
type step struct {
	name string
	link bool // from a link's target rather than from the caller's path
}

// steps returns the components of p in reverse, as a stack to pop from.
func steps(p string, link bool) []step {
	var s []step
	for name := range strings.SplitSeq(p, "/") {
		if name != "" {
			s = append(s, step{name, link})
		}
	}
	slices.Reverse(s)
	return s
}

// existing is resolve for what must be there, links followed.
func (t *Tree) existing(p string) (place, error) {
	at, err := t.resolve(p, true)
	if err == nil && at.info == nil {
		err = syscall.ENOENT
	}
	return at, err
}

// resolve is walk where a missing directory is the end.
func (t *Tree) resolve(p string, follow bool) (place, error) {
	return t.walk(p, follow, func(place) (fs.FileInfo, error) { return nil, syscall.ENOENT })
}

// walk goes along p component by component. Of the last one, only a link is
// followed, and only if follow is set or p ends in a slash. A component that
// leads on but is not there is up to missing.
//
// What it returns was true a moment ago: the operation that uses the result must
// itself refuse to leave the tree, as confined does.
func (t *Tree) walk(p string, follow bool, missing func(place) (fs.FileInfo, error)) (place, error) {
	switch {
	case p == "":
		return place{}, syscall.ENOENT
	case len(p) >= maxPath:
		return place{}, syscall.ENAMETOOLONG
	}
	todo := steps(p, false)
	at := place{path: "/", slash: strings.HasSuffix(p, "/")}
	var err error
	if at.info, err = t.files.Lstat("."); err != nil {
		return place{}, err
	}
	for links := 0; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at.info == nil {
			if at.info, err = missing(at); err != nil {
				return place{}, err
			}
		}
		switch {
		case !at.info.IsDir():
			return place{}, syscall.ENOTDIR
		case next.name == ".":
			continue
		case next.name == ".." && at.path == "/":
			if next.link && !t.whole {
				return place{}, ErrEscapes
			}
			continue
		case next.name == "..":
			at.path = path.Dir(at.path)
		case strings.Count(at.path, "/") >= maxDepth:
			return place{}, syscall.ENAMETOOLONG
		default:
			at.path = Join(at.path, next.name)
			at.link = next.link
		}
		at.info, err = t.files.Lstat(inside(at.path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			at.info = nil
			continue
		case err != nil:
			return place{}, err
		case at.info.Mode().Type() != fs.ModeSymlink:
			continue
		case len(todo) == 0 && !follow && !at.slash:
			return at, nil
		}
		if links++; links > maxLinks {
			return place{}, syscall.ELOOP
		}
		target, err := t.files.Readlink(inside(at.path))
		if err != nil {
			return place{}, err
		}
		if len(todo) == 0 && strings.HasSuffix(target, "/") {
			at.slash = true
		}
		at.path = path.Dir(at.path)
		if strings.HasPrefix(target, "/") {
			if target, err = t.strip(target); err != nil {
				return place{}, err
			}
			at.path = "/"
		}
		if at.info, err = t.files.Lstat(inside(at.path)); err != nil {
			return place{}, err
		}
		todo = append(todo, steps(target, true)...)
	}
	if at.slash && at.info != nil && !at.info.IsDir() {
		return place{}, syscall.ENOTDIR
	}
	return at, nil
}

// strip returns the part of an absolute link target that lies inside the tree.
func (t *Tree) strip(target string) (string, error) {
	for _, top := range t.tops {
		if rest, ok := below(target, top); ok {
			return rest, nil
		}
	}
	return "", ErrEscapes
}

// below cuts the directory dir off the front of p, component by component, and
// reports whether it was there. Dots are compared as they stand.
func below(p, dir string) (rest string, ok bool) {
	rest = strings.TrimLeft(p, "/")
	for name := range strings.SplitSeq(dir, "/") {
		if name == "" {
			continue
		}
		first, tail, _ := strings.Cut(rest, "/")
		if first != name {
			return "", false
		}
		rest = strings.TrimLeft(tail, "/")
	}
	return rest, true
}

// inside turns an absolute path without links and dots into a name for files.
func inside(p string) string {
	if p == "/" {
		return "."
	}
	return strings.Trim(p, "/")
}
