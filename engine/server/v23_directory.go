package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

func (v versions23) chdir(c wire.PathCommand) error {
	dir, err := v.tree.Chdir(storage.Join(v.dir, c.Path))
	if err != nil {
		return v.answer(chdirRefusal23(c.Path, err))
	}
	v.dir = dir
	return v.reply(wire.MsgOK, dir)
}

// mkdir makes a directory. One that is there is a success (wire.md 8.5).
func (v versions23) mkdir(c wire.PathCommand) error {
	name, perm := storage.Join(v.dir, c.Path), dirMode23&^v.umask
	mkdir := v.tree.Mkdir
	if c.Options.Has(wire.OptDir) {
		mkdir = v.tree.MkdirAll
	}
	err := mkdir(name, perm)
	if errors.Is(err, syscall.EEXIST) {
		if info, statErr := v.tree.Stat(name); statErr == nil && info.IsDir() {
			err = nil
		}
	}
	v.changed("mkdir", c.Path, err)
	if err != nil {
		return v.answer(mkdirRefusal23(c.Path, err))
	}
	return v.reply(wire.MsgOK, fmt.Sprintf("Directory %s created", c.Path))
}

func (v versions23) remove(c wire.PathCommand) error {
	err := v.tree.Remove(storage.Join(v.dir, c.Path))
	v.changed("rm", c.Path, err)
	if err != nil {
		return v.reply(wire.MsgBadNoRetry, fmt.Sprintf("Unable to delete %s", c.Path))
	}
	return v.reply(wire.MsgOK, fmt.Sprintf("%s has been deleted", c.Path))
}

func (v versions23) stat(c wire.PathCommand) error {
	d, err := v.tree.Describe(storage.Join(v.dir, c.Path))
	if err != nil {
		return v.reply(wire.MsgBadNoRetry, fmt.Sprintf("stat %s failed", c.Path))
	}
	return v.reply(wire.MsgOK, fmt.Sprintf("%d %08o %d %d %d  %d %d (%s) (%s) (%s)",
		d.Inode, d.Mode, d.Size, d.BlockSize, d.Blocks, d.UID, d.GID,
		ctime(d.Accessed), ctime(d.Modified), ctime(d.Changed)))
}

// ctime is the form of ctime(3), in the server's local time.
func ctime(t time.Time) string { return t.Local().Format(time.ANSIC) }

func (v versions23) df(c wire.PathCommand) error {
	s, err := v.tree.Space(storage.Join(v.dir, c.Path))
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return v.reply(wire.MsgBadNoRetry, "df operation not supported by the server")
	case err != nil:
		return v.reply(wire.MsgBadNoRetry, fmt.Sprintf("Unable to df %s: %s", c.Path, reason(err)))
	}
	return v.reply(wire.MsgOK, fmt.Sprintf("%d %d %d %d %d %d",
		s.Blocks, s.Available, s.BlockSize, s.Inodes, s.FreeInodes, s.NameMax))
}

func (v versions23) list(ctx context.Context, pattern string) error {
	return v.listing(ctx, func(ctx context.Context) error {
		found, err := v.tree.List(ctx, v.dir, pattern)
		if err != nil {
			return v.answer(listRefusal23(pattern, err))
		}
		m := wire.ListReplyV2{Entries: make([]wire.ListEntry, len(found))}
		for i, e := range found {
			m.Entries[i] = wire.ListEntry{Path: e.Path, Type: fileType(e)}
		}
		return v.ctl.Send(m)
	})
}

func fileType(e storage.Entry) wire.FileType {
	t := wire.FileType{' ', 'f'}
	if e.Link {
		t[0] = 'l'
	}
	switch {
	case e.Dir:
		t[1] = 'd'
	case e.Dangling:
		t[1] = 'u'
	}
	return t
}

func (v versions23) chumask(mask int32) error {
	old := v.umask
	v.umask = fs.FileMode(mask) & fs.ModePerm
	return v.reply(wire.MsgOK, fmt.Sprintf("umask changed from %04o to %04o", old, v.umask))
}

// chcos answers a class of service. Mounted mass storage has none, but clients
// take no other answer.
func (v versions23) chcos(class int32) error {
	switch {
	case v.server.cfg.MassStorage == nil:
		return v.reply(wire.MsgOK, "COS not set, RFIO is not supported")
	case class < 0:
		return v.reply(wire.MsgOK, "COS not set")
	}
	return v.reply(wire.MsgOK, "COS set")
}
