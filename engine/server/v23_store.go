package server

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// storeOptions are those a store knows (wire.md 8.2).
const storeOptions = wire.OptTmp | wire.OptAcc | wire.OptMode | wire.OptDir | wire.OptGzip

// Modes of what clients create (wire.md 6.6), less the umask.
const (
	fileMode23 = 0o666
	dirMode23  = 0o777
)

// store serves MSG_STORE_V2 (wire.md 8.2). The target appears, complete and
// with its attributes, before MSG_OK, or not at all.
func (v versions23) store(ctx context.Context, h wire.Header, r wire.Transfer, name string) error {
	if r.Options.Has(wire.OptRFIO) {
		v.unwilling("put", name, errNoMass)
		return v.reply(wire.MsgBadNoRetry, "Fail to store : RFIO not supported")
	}
	if err := valid(r); err != nil {
		v.unwilling("put", name, errInvalid)
		return v.invalid(h, err)
	}
	file, err := v.newFile(r)
	if err != nil {
		v.unwilling("put", name, errInvalid)
		return v.invalid(h, err)
	}
	if strings.HasSuffix(name, "/") {
		v.unwilling("put", name, errInvalid)
		return v.reply(wire.MsgBadNoRetry, fmt.Sprintf("Filename %s ends with a /", name))
	}
	t := v.request("put", name, r)
	answer := r
	answer.Options &= storeOptions
	answer.Streams = v.streams(r)
	t.size, t.streams = r.Size, int(answer.Streams)

	if t.size > 0 {
		release, err := v.hold(t.streams)
		if err != nil {
			v.transferred(t.fileTransfer, err)
			return v.answer(transferRefusal23(err))
		}
		defer release()
	}
	pending, err := v.create(name, r.Options, file)
	if err != nil {
		v.transferred(t.fileTransfer, err)
		return v.answer(createRefusal23(name, r.Options, err))
	}
	defer func() { _ = pending.Abort() }() // after a crash
	if t.size > 0 {
		err = v.carry(ctx, t, answer, v.server.cfg.Waits.StoreStart, func() error { return v.receive(ctx, t.fileTransfer, pending) })
	} else {
		err = pending.Commit()
	}
	_ = pending.Abort() // before the reply: the client may look
	v.transferred(t.fileTransfer, err)
	if err == nil && t.size == 0 {
		return v.reply(wire.MsgOK, "")
	}
	return v.conclude(err, transferRefusal23)
}

// newFile is what r wants to have stored.
func (v versions23) newFile(r wire.Transfer) (storage.NewFile, error) {
	file := storage.NewFile{
		Size:     r.Size,
		Perm:     fileMode23 &^ v.umask,
		Writable: !r.Options.Has(wire.OptTmp),
		Dirs:     r.Options.Has(wire.OptDir),
		DirPerm:  dirMode23 &^ v.umask,
		Sync:     v.server.cfg.Sync,
		Sparse:   v.server.cfg.Sparse,
		// As with legacy servers, which unlink or rename: what a link such as
		// "latest" leads to is not the client's to overwrite.
		ReplaceLink: true,
	}
	if r.Options.Has(wire.OptMode) {
		file.Perm = fs.FileMode(r.Mode) & fs.ModePerm // no set-id bits (wire.md 14.17)
	}
	if !r.Options.Has(wire.OptAcc) {
		return file, nil
	}
	var err error
	if file.Accessed, err = r.Accessed.Time(); err == nil {
		file.Modified, err = r.Modified.Time()
	}
	return file, err
}

// errNotWritable is a file whose owner may not write to it: a client that does
// not ask for a temporary name does not replace it, whoever it is.
var errNotWritable = fmt.Errorf("not writable by its owner: %w", fs.ErrPermission)

func (v versions23) create(name string, o wire.Options, file storage.NewFile) (*storage.Pending, error) {
	target := storage.Join(v.dir, name)
	if !o.Has(wire.OptTmp) {
		const ownerWrite = 0o200
		if old, err := v.tree.Stat(target); err == nil && old.Mode().IsRegular() && old.Mode()&ownerWrite == 0 {
			return nil, errNotWritable
		}
	}
	return v.tree.Create(target, file)
}
