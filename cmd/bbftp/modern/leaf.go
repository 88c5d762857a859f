package modern

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"bbftp/engine/wire"
)

// leaf is a name in a directory of a server, as its listing has it.
type leaf struct {
	name string
	kind wire.FileType
	bad  leftOut // why it can't be one here, "" if it can
}

// leaves are the names in a listing, sorted, each of them once and fit for this
// machine, or bad. Of a path only its last component counts, so that none leads
// elsewhere (wire.md 14.21). The directory itself and the one above, which legacy
// servers list too, are left out.
func leaves(entries []wire.ListEntry) []leaf {
	listed := make([]leaf, 0, len(entries))
	for _, e := range entries {
		l := leaf{name: e.Path[strings.LastIndexByte(e.Path, '/')+1:], kind: e.Type}
		switch {
		case l.name == "." || l.name == "..":
			continue
		case strings.ContainsRune(l.name, 0) || strings.ContainsRune(l.name, filepath.Separator) || !filepath.IsLocal(l.name):
			l.bad = "what the server lists there is no name"
		}
		listed = append(listed, l)
	}
	slices.SortStableFunc(listed, func(a, b leaf) int { return cmp.Compare(a.name, b.name) })
	for i := range listed {
		if i > 0 && listed[i].name == listed[i-1].name {
			listed[i].bad = "the server lists it twice"
		}
	}
	return listed
}

// refused is why the name is left out, if it is. Of links only those to files are
// copied, as the files: others could lead in circles.
func (l leaf) refused() error {
	switch {
	case l.bad != "":
		return l.bad
	case l.kind.Dangling():
		return leftOut("a symbolic link that leads nowhere")
	case l.kind.Link() && l.kind.Dir():
		return linkToFolder
	}
	return nil
}
