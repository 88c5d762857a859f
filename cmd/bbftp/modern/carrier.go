package modern

import (
	"cmp"
	"context"
	"io/fs"

	"bbftp/engine/client"
)

// carrier copies trees in one direction, one file after the other. What fails
// keeps nothing else from its turn but what is in a directory that can't be made.
//
//	tree ─► begin ─► mkdir ─► copy, of each file ─► mkdir ─► copy ─► …
type carrier struct {
	run *run
	to  target
	// begin prepares for a tree that goes to root.
	begin func(t *tree, root string) error
	// mkdir makes a directory, if it is missing.
	mkdir func(dir string, perm fs.FileMode) error
	copy  func(from, to string) (*client.Transfer, error)

	left int // files
}

// carry copies the trees. It gives up when nothing can be done any more.
func (c *carrier) carry(ctx context.Context, trees []tree) {
	c.left = count(trees)
	for i := range trees {
		if err := c.tree(ctx, &trees[i]); err != nil {
			c.run.skipped += c.left
			c.run.stop(err)
			return
		}
	}
}

// tree returns the error that ends the run, if one did.
func (c *carrier) tree(ctx context.Context, t *tree) error {
	if t.folders == nil {
		to, err := c.to.of(t.name())
		if err == nil {
			err = c.begin(t, to)
		}
		return c.file(ctx, t.source, to, err)
	}
	root, err := c.to.top(t.name())
	if err == nil {
		err = c.begin(t, root)
	}
	var missing *folder // the last that could not be made
	for i := range t.folders {
		f := &t.folders[i]
		if missing != nil && missing.contains(f.path) {
			c.skip(f)
			continue
		}
		dir := below(root, f.path)
		if err == nil {
			err = context.Cause(ctx) // on this machine directories are made without one
		}
		if err == nil {
			err = c.mkdir(dir, f.perm)
		}
		if err != nil {
			c.run.did(outcome{op: c.run.verb, object: cmp.Or(below(t.source, f.path), "."), err: err})
			if final(ctx, err) {
				return err
			}
			missing, err = f, nil
			c.skip(f)
			continue
		}
		c.run.made = true
		from := below(t.source, f.path)
		for _, name := range f.files {
			if err := c.file(ctx, within(from, name), within(dir, name), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// skip leaves out the files of a directory.
func (c *carrier) skip(f *folder) {
	c.run.skipped += len(f.files)
	c.left -= len(f.files)
}

// file copies one file, unless it can't for a reason that is known already. It
// returns the error that ends the run, if one does.
func (c *carrier) file(ctx context.Context, from, to string, err error) error {
	o := outcome{op: c.run.verb, object: from, err: err}
	if err == nil {
		o.copied, o.err = c.copy(from, to)
	}
	c.left--
	c.run.did(o)
	if o.err != nil && final(ctx, o.err) {
		return o.err
	}
	return nil
}
