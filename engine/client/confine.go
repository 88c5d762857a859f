package client

import (
	"errors"
	"io/fs"
	"strings"

	"bbftp/engine/storage"
)

// confinement is a local directory that no name leads out of.
type confinement struct {
	dir  string // absolute, no slash at its end
	tree *storage.Tree
}

// Confine has every local name of the operations that follow begin with dir and
// lead to something below it: neither ".." nor a link leads out, even where other
// programs change links meanwhile. "" ends that. What leads out fails as a
// [LocalError] of [storage.ErrEscapes].
func (c *Client) Confine(dir string) error {
	if c.confined != nil {
		_ = c.confined.tree.Close() // open for reading only
		c.confined = nil
	}
	if dir == "" {
		return nil
	}
	dir = strings.TrimRight(storage.Join(c.ldir, dir), "/")
	tree, err := storage.Open(dir+"/", c.cfg.Storage)
	if err != nil {
		return &LocalError{"local directory", err}
	}
	c.confined = &confinement{dir, tree}
	return nil
}

// MkdirLocal makes a directory on this machine with exactly the permission bits
// of perm, and unless NoDirs is set those above it likewise. One that is there is
// a success, and keeps its own.
func (c *Client) MkdirLocal(dir string, perm fs.FileMode) error {
	at, err := c.place(dir)
	if err != nil {
		return &LocalError{"local directory", err}
	}
	if !c.cfg.NoDirs {
		err = at.tree.MkdirAll(at.name, perm)
	} else if err = at.tree.Mkdir(at.name, perm); errors.Is(err, fs.ErrExist) {
		if there, e := at.tree.Stat(at.name); e == nil && there.IsDir() {
			return nil
		}
	}
	return at.failed("local directory", err)
}

// place is where a local name leads.
type place struct {
	tree    *storage.Tree
	name    string // in tree
	spelled string // without the confinement
}

func (c *Client) place(local string) (place, error) {
	name := storage.Join(c.ldir, local)
	if c.confined == nil {
		return place{c.local, name, name}, nil
	}
	inside, below := strings.CutPrefix(name, c.confined.dir+"/")
	if !below {
		return place{}, &fs.PathError{Op: "find", Path: name, Err: storage.ErrEscapes}
	}
	return place{c.confined.tree, "/" + inside, name}, nil
}

// failed is an error that spells the name as the caller does.
func (p place) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	if in, ok := errors.AsType[*fs.PathError](err); ok && in.Path == p.name {
		in.Path = p.spelled
	}
	return &LocalError{op, err}
}
