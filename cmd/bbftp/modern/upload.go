package modern

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"bbftp/engine/client"
)

// upload is how put moves trees to a server.
type upload struct {
	ctx    context.Context
	server server
	o      *options
	dst    string
	way    string // directory to make before all others, "" for none
	inside string // local names are confined to, "" for nothing

	absent string // directory that a dry run found missing, and left so; "" for none

	mask     fs.FileMode // of the server's session
	masked   bool        // mask was set
	maskless bool        // it can't be
}

// wayTo is the directory in which the first one of a tree is to be made: it has
// the mode that the server chooses, and not the tree's. One that was found there
// is none.
func (u *upload) wayTo(to target) string {
	switch {
	case u.o.cfg.NoDirs:
		return ""
	case !to.dir:
		return above(u.dst)
	case onlyDirectory(u.dst):
		return u.dst
	}
	return ""
}

// begin lets no name of a tree lead out of it. For a file by itself it closes the
// umask that a directory before may have left open: legacy servers give a file its
// mode only once it is complete (wire.md 6.6).
func (u *upload) begin(t *tree, _ string) error {
	inside := ""
	if t.folders != nil {
		inside = t.source
	} else if u.masked {
		if err := u.setMask(0o077); err != nil {
			return err
		}
	}
	if inside == u.inside {
		return nil
	}
	u.inside = "" // what a failure leaves
	err := u.server.Confine(inside)
	if err == nil {
		u.inside = inside
	}
	return err
}

func (u *upload) copy(from, to string) (*client.Transfer, error) {
	if u.absent == "" || !strings.HasPrefix(to, u.absent+"/") {
		return u.server.Put(u.ctx, from, to)
	}
	info, err := os.Stat(from)
	if err != nil {
		return nil, bare(err)
	}
	return &client.Transfer{Op: "put", Local: from, Remote: to, Bytes: info.Size(), Simulated: true}, nil
}

// guess takes dst for the new name of the file, which saves to ask; only a server
// that refuses it is asked whether it is a directory.
func (u *upload) guess(from, to string) (*client.Transfer, error) {
	t, err := u.copy(from, to)
	if !refused(err) {
		return t, err
	}
	if dir, e := isDirectory(u.ctx, u.server, to); e != nil || !dir {
		return nil, err
	}
	return u.copy(from, within(to, path.Base(from)))
}

func refused(err error) bool {
	_, is := errors.AsType[*client.RefusedError](err)
	return is
}

// mkdir makes a directory with the permission bits of its source, as far as the
// server lets its umask be changed. One that is there keeps its own.
func (u *upload) mkdir(dir string, perm fs.FileMode) error {
	if u.o.cfg.Simulate {
		return u.look(dir)
	}
	way := u.way
	u.way = ""
	if err := u.make(way); err != nil && !refused(err) {
		return err // a refusal will show in dir
	}
	if err := u.setMask(0o777 &^ perm); err != nil {
		return err
	}
	err := u.make(dir)
	if refused(err) { // by version 1 also because it is there (wire.md 7.3)
		if there, e := isDirectory(u.ctx, u.server, dir); e == nil && there {
			return nil
		}
	}
	return err
}

// look is mkdir of a dry run. To a directory that is missing no file can even be
// pretended to go: the server would make it (wire.md 8.2).
func (u *upload) look(dir string) error {
	if u.absent != "" && strings.HasPrefix(dir, u.absent+"/") {
		return nil
	}
	there, err := isDirectory(u.ctx, u.server, cmp.Or(dir, "."))
	if u.absent = ""; !there {
		u.absent = dir
	}
	return err
}

// make makes a directory that has a name, not "." or "..", which are there or
// for nobody to make.
func (u *upload) make(dir string) error {
	dir = strings.TrimRight(dir, "/")
	for strings.HasSuffix(dir, "/.") {
		dir = strings.TrimRight(strings.TrimSuffix(dir, "."), "/")
	}
	switch path.Base(dir) {
	case ".", "..":
		return nil
	}
	return u.server.Mkdir(u.ctx, dir)
}

// setMask changes the umask of the session, which is all that decides on the mode
// of a new directory; files have their own mode, or with --no-mode the server's
// choice.
func (u *upload) setMask(mask fs.FileMode) error {
	if u.o.cfg.NoMode || u.maskless || u.masked && mask == u.mask {
		return nil
	}
	err := u.server.SetRemoteUmask(u.ctx, mask)
	if refused(err) || errors.Is(err, errors.ErrUnsupported) {
		u.maskless = true
		return nil
	}
	u.mask, u.masked = mask, err == nil
	return err
}
