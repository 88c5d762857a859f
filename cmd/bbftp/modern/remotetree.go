package modern

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"bbftp/engine/wire"
)

// The most that all trees of a run may hold, since their names are in memory
// before the first file is copied: what a server lists has no end of its own.
const (
	maxNames     = 2_000_000
	maxPathBytes = 256 << 20
)

var (
	errNoTypes = errors.New("--recursive needs to know files from directories, which version 1 of the protocol does not tell: " +
		"choose another with --protocol, if the server has it")
	errTooMany = fmt.Errorf("too much for one run: more than %d names, or %d MiB of them; copy what is in the directory one by one",
		maxNames, maxPathBytes>>20)
)

// remoteTrees finds out what the sources are, and expands the patterns.
func (r *run) remoteTrees(ctx context.Context, s server, sources []string) ([]tree, error) {
	w := remoteWalk{ctx: ctx, server: s, run: r}
	for i, source := range sources {
		err := w.source(source)
		if err == nil {
			continue
		}
		if !final(ctx, err) && ends(ctx, err) {
			return nil, err
		}
		r.did(outcome{op: r.verb, object: cmp.Or(source, "."), err: err})
		if final(ctx, err) {
			r.skipped += len(sources) - i - 1
			r.stop(err)
			return nil, nil
		}
	}
	return w.trees, nil
}

// remoteWalk goes through directories of a server.
type remoteWalk struct {
	ctx          context.Context
	server       server
	run          *run
	names, bytes int
	trees        []tree
}

// source finds out what an operand stands for.
func (w *remoteWalk) source(source string) error {
	if !isPattern(source) {
		status, err := fileStatus(w.ctx, w.server, cmp.Or(source, "."))
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			return errNoTypes
		case err != nil:
			return err
		case status.Mode.IsDir():
			return w.tree(source, w.perm(status.Mode))
		}
		w.trees = append(w.trees, tree{source: source})
		return nil
	}
	listed, err := w.list(source)
	if err != nil {
		return err
	}
	listed = slices.DeleteFunc(listed, func(l leaf) bool { return hidden(source, l.name) })
	if len(listed) == 0 {
		return errNone
	}
	dir := source[:strings.LastIndexByte(source, '/')+1]
	for _, l := range listed {
		at := dir + l.name
		switch err := l.refused(); {
		case err != nil:
			w.leave(at, err)
		case !l.kind.Dir():
			w.trees = append(w.trees, tree{source: at})
		default:
			if err := w.inner(at, func(perm fs.FileMode) error { return w.tree(at, perm) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// tree takes a directory that is no part of another tree.
func (w *remoteWalk) tree(source string, perm fs.FileMode) error {
	t := tree{source: source}
	err := w.folder(&t, "", perm, 0)
	if t.folders != nil {
		w.trees = append(w.trees, t)
	}
	return err
}

// folder takes a directory and what is in it, and tells what it leaves out.
func (w *remoteWalk) folder(t *tree, inside string, perm fs.FileMode, level int) error {
	if level > maxLevels {
		return tooDeep
	}
	listed, err := w.list(within(below(t.source, inside), "*"))
	if err != nil {
		return err
	}
	f := folder{path: inside, perm: perm}
	var folders []string
	for _, l := range listed {
		at := below(inside, l.name)
		switch err := l.refused(); {
		case err != nil:
			w.leave(below(t.source, at), err)
		case l.kind.Dir():
			folders = append(folders, at)
			if err := w.count(0, len(at)); err != nil {
				return err
			}
		default:
			f.files = append(f.files, strings.Clone(l.name)) // without the rest of the listing
		}
	}
	t.folders = append(t.folders, f)
	for _, at := range folders {
		enter := func(perm fs.FileMode) error { return w.folder(t, at, perm, level+1) }
		if err := w.inner(below(t.source, at), enter); err != nil {
			return err
		}
	}
	return nil
}

// inner enters a directory in another one. Only what ends the run is an error.
func (w *remoteWalk) inner(at string, enter func(perm fs.FileMode) error) error {
	var mode fs.FileMode
	if !w.run.o.cfg.NoMode {
		switch status, err := fileStatus(w.ctx, w.server, at); {
		case err == nil:
			mode = status.Mode
		case final(w.ctx, err):
			return err
		}
		// What does not tell its mode may still be listed.
	}
	err := enter(w.perm(mode))
	if err == nil || ends(w.ctx, err) {
		return err
	}
	w.leave(at, err)
	return nil
}

// ends tells whether nothing at all is to be copied after err.
func ends(ctx context.Context, err error) bool {
	return final(ctx, err) || errors.Is(err, errNoTypes) || errors.Is(err, errTooMany)
}

// perm are the permission bits to make a directory with; the mode is 0 if it is
// not known.
func (w *remoteWalk) perm(mode fs.FileMode) fs.FileMode {
	if mode == 0 || w.run.o.cfg.NoMode {
		return w.run.o.dirPerm()
	}
	return own(mode)
}

// leave tells of what is there and will not be copied.
func (w *remoteWalk) leave(at string, err error) {
	w.run.did(outcome{op: w.run.verb, object: at, err: err})
}

// list lists what matches a pattern, sorted.
func (w *remoteWalk) list(pattern string) ([]leaf, error) {
	entries, err := w.server.List(w.ctx, pattern)
	if err != nil {
		return nil, err
	}
	bytes := 0
	for _, e := range entries {
		if e.Type == (wire.FileType{}) {
			return nil, errNoTypes
		}
		bytes += len(e.Path)
	}
	return leaves(entries), w.count(len(entries), bytes)
}

// count bounds what is kept: names of so many bytes, and again the paths of
// directories, in which those above them come once more.
func (w *remoteWalk) count(names, bytes int) error {
	w.names += names
	w.bytes += bytes
	if w.names > maxNames || w.bytes > maxPathBytes {
		return errTooMany
	}
	return nil
}
