package modern

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// tree is what an operand of put or get stands for: a file, or a directory with
// all in it.
type tree struct {
	source  string
	folders []folder // each before those in it; none: source is a file
}

// folder is a directory of a tree and the files in it.
type folder struct {
	path  string      // in the tree, "" for its top
	perm  fs.FileMode // to make it with
	files []string    // their names
}

// maxLevels is how deep a tree may be: less than the components of a path that a
// server of this project takes, and far below what makes a path too long.
const maxLevels = 200

var errFolder = errors.New("is a directory: --recursive copies it with what is in it")

// leftOut is why something in a tree is not copied.
type leftOut string

func (l leftOut) Error() string { return "left out: " + string(l) }

const (
	tooDeep      leftOut = "too many directories deep"
	linkToFolder leftOut = "a symbolic link to a directory"
	linkAway     leftOut = "a symbolic link that leads nowhere, or out of the tree"
)

// name is what the tree is called where it goes, "." or "/" if it has no name of
// its own.
func (t *tree) name() string { return path.Base(t.source) }

// count is how many files there are in the tree.
func (t *tree) count() int {
	if t.folders == nil {
		return 1
	}
	n := 0
	for _, f := range t.folders {
		n += len(f.files)
	}
	return n
}

func count(trees []tree) int {
	n := 0
	for _, t := range trees {
		n += t.count()
	}
	return n
}

// below is the path of what is at inside below top.
func below(top, inside string) string {
	if inside == "" {
		return top
	}
	return within(top, inside)
}

// contains tells whether other is f or in it.
func (f *folder) contains(other string) bool {
	return f.path == "" || other == f.path || strings.HasPrefix(other, f.path+"/")
}

// own are the permission bits to make a directory with: its own, and those
// without which nothing could be put into it.
func own(mode fs.FileMode) fs.FileMode { return mode.Perm() | 0o700 }

// checkNames refuses trees that would meet in one place.
func checkNames(trees []tree) error {
	for _, t := range trees {
		if len(trees) > 1 && t.folders != nil && nameless(t.name()) {
			return usageErrorf("%s has no name of its own: it is copied alone", t.source)
		}
	}
	return nil
}
