package modern

import (
	"context"
	"errors"
	"fmt"
	"os"

	"bbftp/engine/client"
)

// target says where files and trees go. The rules are those of cp and scp: a
// directory takes each under its own name, which is what several need; a slash at
// the end makes a name a directory's, whether it is there or not; any other name
// is the new one.
type target struct {
	path  string
	dir   bool
	taken map[string]bool // in dir, by this run: two of one name would overwrite each other
}

func intoDirectory(dir string) target { return target{path: dir, dir: true, taken: map[string]bool{}} }

// asFile gives a single file or tree a new name.
func asFile(to string) target { return target{path: to} }

// of is where a file goes, given its name without directories.
func (t target) of(name string) (string, error) {
	if !t.dir {
		return t.path, nil
	}
	if name == "" || name == "." || name == ".." || name == "/" {
		return "", fmt.Errorf("%q is no name to copy to", name)
	}
	to := within(t.path, name)
	if t.taken[to] {
		return "", fmt.Errorf("not copied over the other file of this run that became %s", to)
	}
	t.taken[to] = true
	return to, nil
}

// top is where a tree goes. One without a name of its own leaves there what is in
// it.
func (t target) top(name string) (string, error) {
	if nameless(name) {
		return t.path, nil
	}
	return t.of(name)
}

func nameless(name string) bool { return name == "." || name == "/" }

// localTarget finds out what dst is on this machine. many operands, or a pattern,
// need a directory.
func localTarget(dst string, many bool) (target, error) {
	info, err := os.Stat(dst)
	switch {
	case onlyDirectory(dst), err == nil && info.IsDir():
		return intoDirectory(dst), nil
	case many && err == nil:
		return target{}, fmt.Errorf("%s is not a directory", dst)
	case many:
		return target{}, fmt.Errorf("%s does not exist; written %s/ it is made as a directory", dst, dst)
	}
	return asFile(dst), nil
}

// remoteTarget finds out what dst is on the server. It asks, unless dst tells.
func remoteTarget(ctx context.Context, s server, dst string, many bool) (target, error) {
	if onlyDirectory(dst) {
		return intoDirectory(dst), nil
	}
	dir, err := isDirectory(ctx, s, dst)
	switch {
	case err != nil:
		return target{}, err
	case dir:
		return intoDirectory(dst), nil
	case many:
		return target{}, fmt.Errorf("%s is not a directory on the server; written %s/ it is made as one", dst, dst)
	}
	return asFile(dst), nil
}

// isDirectory asks the server. What it will not tell about is none.
func isDirectory(ctx context.Context, s server, dir string) (bool, error) {
	text, err := s.Stat(ctx, dir)
	var refused *client.RefusedError
	switch {
	case errors.Is(err, errors.ErrUnsupported): // version 1; only a directory has an entry "."
		entries, err := s.List(ctx, within(escape(dir), ".")) // there all of a path is a pattern
		return len(entries) > 0, err
	case errors.As(err, &refused):
		return false, nil
	case err != nil:
		return false, err
	}
	status, err := client.ParseStat(text)
	return status.Mode.IsDir(), err
}
