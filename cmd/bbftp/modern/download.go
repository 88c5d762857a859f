package modern

import (
	"cmp"
	"io/fs"
)

// download is how get --recursive keeps what a server sends below the target.
type download struct {
	server server
	o      *options
	to     target
	begun  bool
}

// begin makes the target and lets nothing of what follows be outside of it.
func (d *download) begin(t *tree, _ string) error {
	if d.begun || !d.o.recursive || d.o.cfg.Simulate || !d.to.dir && t.folders == nil {
		return nil
	}
	if err := d.makeTarget(t); err != nil {
		return err
	}
	if err := d.server.Confine(d.to.path); err != nil {
		return err
	}
	d.begun = true
	return nil
}

// makeTarget makes it with the mode of t if it is t's new name. Directories on the
// way are not part of t.
func (d *download) makeTarget(t *tree) error {
	if d.to.dir {
		if d.o.cfg.NoDirs {
			return nil
		}
		return d.server.MkdirLocal(d.to.path, d.o.dirPerm())
	}
	if !d.o.cfg.NoDirs {
		if err := d.server.MkdirLocal(cmp.Or(above(d.to.path), "."), d.o.dirPerm()); err != nil {
			return err
		}
	}
	return d.server.MkdirLocal(d.to.path, t.folders[0].perm)
}

func (d *download) mkdir(dir string, perm fs.FileMode) error {
	if d.o.cfg.Simulate || dir == d.to.path { // which begin has made
		return nil
	}
	return d.server.MkdirLocal(dir, perm)
}
