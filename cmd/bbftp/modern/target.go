package modern

import (
	"context"
	"errors"
	"fmt"
	"os"

	"bbftp/engine/client"
)

// target says where a file goes, given its name without directories. The rules
// are those of cp and scp: a directory takes the file under its own name, which
// is what several files need; a slash at the end makes a name a directory's,
// whether it is there or not.
type target func(name string) (string, error)

// intoDirectory puts files into dir. Two of one name would overwrite each
// other.
func intoDirectory(dir string) target {
	taken := map[string]bool{}
	return func(name string) (string, error) {
		if name == "" || name == "." || name == ".." || name == "/" {
			return "", fmt.Errorf("%q is no name for a file", name)
		}
		to := within(dir, name)
		if taken[to] {
			return "", fmt.Errorf("not copied over the other file of this run that became %s", to)
		}
		taken[to] = true
		return to, nil
	}
}

// asFile gives a single file a new name.
func asFile(to string) target { return func(string) (string, error) { return to, nil } }

// localTarget finds out what dst is on this machine. many files, or those of a
// pattern, need a directory.
func localTarget(dst string, many bool) (target, error) {
	info, err := os.Stat(dst)
	switch {
	case onlyDirectory(dst), err == nil && info.IsDir():
		return intoDirectory(dst), nil
	case many && err == nil:
		return nil, fmt.Errorf("%s is not a directory", dst)
	case many:
		return nil, fmt.Errorf("%s does not exist; written %s/ it is made as a directory", dst, dst)
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
		return nil, err
	case dir:
		return intoDirectory(dst), nil
	case many:
		return nil, fmt.Errorf("%s is not a directory on the server; written %s/ it is made as one", dst, dst)
	}
	return asFile(dst), nil
}

// isDirectory asks the server. What it will not tell about is none.
func isDirectory(ctx context.Context, s server, dir string) (bool, error) {
	text, err := s.Stat(ctx, dir)
	var refused *client.RefusedError
	switch {
	case errors.Is(err, errors.ErrUnsupported): // version 1; only a directory has an entry "."
		entries, err := s.List(ctx, within(dir, "."))
		return len(entries) > 0, err
	case errors.As(err, &refused):
		return false, nil
	case err != nil:
		return false, err
	}
	status, err := client.ParseStat(text)
	return status.Mode.IsDir(), err
}
