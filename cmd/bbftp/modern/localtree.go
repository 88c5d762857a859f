package modern

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// localTrees sorts out what can't be put before anybody is asked for a password,
// and adds up the bytes of the rest. Of directories it takes the regular files in
// them, and those that symbolic links in them lead to without leaving them.
func (r *run) localTrees(ctx context.Context, sources []string) (trees []tree, bytes int64, err error) {
	for _, source := range sources {
		info, err := os.Stat(source)
		switch {
		case err == nil && info.IsDir() && !r.o.recursive:
			err = errFolder
		case err == nil && info.IsDir():
			w := localWalk{ctx: ctx, run: r, tree: tree{source: source}}
			if err = w.walk(); err == nil {
				trees = append(trees, w.tree)
				bytes += w.bytes
			}
		case err == nil:
			trees = append(trees, tree{source: source})
			bytes += info.Size()
		}
		switch {
		case ctx.Err() != nil:
			return nil, 0, context.Cause(ctx)
		case err != nil:
			r.did(outcome{op: r.verb, object: source, err: bare(err)})
		}
	}
	return trees, bytes, nil
}

// bare is the cause of a failure in a line that names the file already.
func bare(err error) error {
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		return failed.Err
	}
	return err
}

// localWalk goes through a directory of this machine, which no link leads out of.
type localWalk struct {
	ctx   context.Context
	run   *run
	root  *os.Root
	tree  tree
	bytes int64
}

func (w *localWalk) walk() (err error) {
	if w.root, err = os.OpenRoot(w.tree.source); err != nil {
		return err
	}
	defer func() { _ = w.root.Close() }()
	return w.folder("", 0)
}

// folder takes a directory and what is in it, and tells what it leaves out. An
// error is one of the directory itself.
func (w *localWalk) folder(inside string, level int) error {
	if level > maxLevels {
		return tooDeep
	}
	f, names, err := w.read(inside)
	if err != nil {
		return err
	}
	var folders []string
	for _, name := range names {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		at := below(inside, name)
		switch info, err := w.file(at); {
		case err != nil:
			w.leave(at, err)
		case info.IsDir():
			folders = append(folders, at)
		default:
			f.files = append(f.files, name)
			w.bytes += info.Size()
		}
	}
	w.tree.folders = append(w.tree.folders, f)
	for _, at := range folders {
		if err := w.folder(at, level+1); err != nil {
			w.leave(at, err)
		}
	}
	return nil
}

// read lists a directory. What a moment ago was one may by now be a FIFO, which
// is not waited for.
func (w *localWalk) read(inside string) (f folder, names []string, err error) {
	dir, err := w.root.OpenFile(cmp.Or(inside, "."), os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if err != nil {
		return folder{}, nil, err
	}
	defer func() { _ = dir.Close() }()
	info, err := dir.Stat()
	if err != nil {
		return folder{}, nil, err
	}
	names, err = dir.Readdirnames(-1)
	slices.Sort(names)
	return folder{path: inside, perm: own(info.Mode())}, names, err
}

// file describes a directory, or a regular file that at is or leads to.
func (w *localWalk) file(at string) (fs.FileInfo, error) {
	info, err := w.root.Lstat(at)
	if err != nil {
		return nil, err
	}
	if info.Mode().Type() == fs.ModeSymlink {
		if info, err = w.root.Stat(at); err != nil {
			return nil, linkAway
		}
		if info.IsDir() {
			return nil, linkToFolder
		}
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return nil, leftOut(typeOf(info.Mode()))
	}
	return info, nil
}

// leave tells of what is in the tree and will not be copied.
func (w *localWalk) leave(at string, err error) {
	if w.ctx.Err() == nil {
		w.run.did(outcome{op: w.run.verb, object: below(w.tree.source, at), err: bare(err)})
	}
}
