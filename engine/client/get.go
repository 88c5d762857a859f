package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// Get copies a file of the server to this machine.
func (c *Client) Get(ctx context.Context, remote, local string) (t *Transfer, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		if t, err = c.get(ctx, remote, local); err != nil {
			t, err = nil, fmt.Errorf("get %s: %w", remote, err)
		}
		return err
	})
	return t, err
}

func (c *Client) get(ctx context.Context, remote, local string) (*Transfer, error) {
	target, err := c.place(local)
	if err == nil {
		err = c.checkTarget(target)
	}
	if err != nil {
		return nil, target.failed("local file", err)
	}
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	t := c.record("get", local, remote)
	if err := c.simulable(); err != nil {
		return nil, err
	}
	g, err := c.dialect().retrieve(ctx, remote)
	if err != nil {
		return nil, err
	}
	defer g.close()
	t.Bytes = g.size
	if t.Simulated {
		if t.Bytes == 0 {
			c.dialect().decline()
			return t, nil
		}
		return t, c.carry(ctx, t, g, nil, nil)
	}
	pending, err := target.tree.Create(target.name, c.newFile(g))
	if err == nil {
		defer func() { _ = pending.Abort() }()
		if t.Bytes == 0 {
			err = pending.Commit()
		}
	}
	if err != nil {
		c.dialect().decline()
		return nil, target.failed("local file", err)
	}
	if t.Bytes == 0 {
		c.say(wire.MsgCreateZero)
		return t, nil
	}
	if err := c.carry(ctx, t, g, pending.File(), c.engine.Receive); err != nil {
		return nil, err
	}
	if err := pending.Commit(); err != nil {
		return nil, target.failed("local file", err)
	}
	return t, nil
}

// checkTarget refuses before the server is asked what would be refused after,
// and touches nothing.
func (c *Client) checkTarget(target place) error {
	refuse := func(err error) error { return &fs.PathError{Op: "create", Path: target.name, Err: err} }
	info, err := target.tree.Stat(target.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if !c.set.NoDirs {
			return nil
		}
		_, err := target.tree.Chdir(strings.TrimSuffix(target.name, last(target.name)))
		if missing, ok := errors.AsType[*fs.PathError](err); ok {
			return refuse(missing.Err)
		}
		return err
	case err != nil:
		return err
	case info.IsDir():
		return refuse(storage.ErrIsDirectory)
	case !info.Mode().IsRegular():
		return refuse(storage.ErrNotRegular)
	case c.set.InPlace && info.Mode()&0o200 == 0:
		return refuse(syscall.EACCES)
	}
	return nil
}

// newFile is what becomes of g on this machine. What the sender's mode will
// not replace is respected: a file's permission bits, that it may not be
// written to, and that a link leads to it.
func (c *Client) newFile(g *grant) storage.NewFile {
	n := storage.NewFile{
		Size: g.size, Perm: 0o666 &^ c.set.Umask, Keep: true,
		Dirs: !c.set.NoDirs, DirPerm: 0o777 &^ c.set.Umask,
		Sync: c.set.Sync, Sparse: c.set.Sparse,
	}
	if g.mode != nil && !c.set.NoMode {
		n.Perm, n.Keep, n.ReplaceLink = *g.mode, false, true
	}
	n.Writable = n.Keep || c.set.InPlace
	if !c.set.NoTimes {
		n.Accessed, n.Modified = g.accessed, g.modified
	}
	return n
}
