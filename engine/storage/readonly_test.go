package storage

import (
	"path/filepath"
	"syscall"
	"testing"
)

func TestReadOnlyTree(t *testing.T) {
	allForms(t, Limits{ReadOnly: true}, func(s site) {
		plant(s, s.dir, "d", "f=old", "link>f")
		for _, name := range []string{"f", "new", "d", "link", "d/new", "none/new", "f/", ""} {
			name = s.at(name)
			wantError(s, s.tree.Mkdir(name, 0o777), "mkdir", name, syscall.EROFS)
			wantError(s, s.tree.MkdirAll(name, 0o777), "mkdir", name, syscall.EROFS)
			wantError(s, s.tree.Remove(name), "remove", name, syscall.EROFS)
			for _, n := range []NewFile{v1(1, 0o666), {Size: 1, Dirs: true, DirPerm: 0o777, ReplaceLink: true}} {
				_, err := s.tree.Create(name, n)
				wantError(s, err, "create", name, syscall.EROFS)
			}
		}
		src, err := s.tree.OpenSource(s.at("link"))
		if err != nil {
			s.Fatal(err)
		}
		src.Close()
		wantNames(s, s.dir, "d", "f", "link")
		wantNames(s, filepath.Join(s.dir, "d"))
		wantFile(s, filepath.Join(s.dir, "f"), "old")
	})
}
