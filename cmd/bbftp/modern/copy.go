package modern

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"bbftp/engine/client"
)

var (
	errDirectory = errors.New("is a directory: bbftp copies files, not trees")
	errNoMatch   = errors.New("nothing matches that is a file")
)

// put copies local files to a server.
func put(ctx context.Context, r *run, operands []string) error {
	last := len(operands) - 1
	sources, dst := operands[:last], operands[last]
	for _, source := range sources {
		if isRemote(source) {
			return onServer(source, "put copies local files")
		}
	}
	at, paths, err := r.o.oneServer([]string{dst})
	if err != nil {
		return err
	}
	files, bytes := r.localFiles(sources)
	if len(files) == 0 {
		return nil
	}
	return r.session(at, len(files), func(s server) error {
		move := func(local string, to target) outcome {
			return copied(local, to, func(remote string) (*client.Transfer, error) { return s.Put(ctx, local, remote) })
		}
		if len(sources) == 1 && !onlyDirectory(paths[0]) && s.RefusesDirectories() {
			r.out.start("put", 1, bytes)
			each(ctx, r, files, func(local string) outcome { return guess(ctx, s, local, paths[0], move) })
			return nil
		}
		to, err := remoteTarget(ctx, s, paths[0], len(sources) > 1)
		if err != nil {
			r.skipped = len(files)
			return err
		}
		r.out.start("put", len(files), bytes)
		each(ctx, r, files, func(local string) outcome { return move(local, to) })
		return nil
	})
}

// guess takes dst for the new name of the file, which saves to ask; only a server
// that refuses it is asked whether it is a directory.
func guess(ctx context.Context, s server, local, dst string, move func(string, target) outcome) outcome {
	o := move(local, asFile(dst))
	var refused *client.RefusedError
	if !errors.As(o.err, &refused) {
		return o
	}
	if dir, err := isDirectory(ctx, s, dst); err != nil || !dir {
		return o
	}
	return move(local, intoDirectory(dst))
}

// onServer refuses an operand that should be local. A colon may have been meant
// as part of a name.
func onServer(operand, rule string) error {
	if strings.HasPrefix(operand, scheme) {
		return usageErrorf("%s is on a server: %s", operand, rule)
	}
	return usageErrorf("%s is on a server: %s, and a local %s is written ./%s", operand, rule, operand, operand)
}

// localFiles sorts out what can't be put before anybody is asked for a
// password, and adds up the rest.
func (r *run) localFiles(sources []string) (files []string, bytes int64) {
	for _, source := range sources {
		info, err := os.Stat(source)
		if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
			err = failed.Err // the line names the file already
		} else if err == nil && info.IsDir() {
			err = errDirectory
		}
		if err != nil {
			r.did(outcome{op: r.verb, object: source, err: err})
			continue
		}
		files = append(files, source)
		bytes += info.Size()
	}
	return files, bytes
}

// get copies files of a server to this machine.
func get(ctx context.Context, r *run, operands []string) error {
	last := len(operands) - 1
	sources, dst := operands[:last], operands[last]
	if isRemote(dst) {
		return onServer(dst, "get copies to this machine")
	}
	at, paths, err := r.o.oneServer(sources)
	if err != nil {
		return err
	}
	many := len(paths) > 1
	for _, source := range paths {
		many = many || isPattern(source)
	}
	to, err := localTarget(dst, many)
	if err != nil {
		return err
	}
	return r.session(at, len(paths), func(s server) error {
		files := r.remoteFiles(ctx, s, paths)
		if r.stopped {
			return nil
		}
		r.out.start("get", len(files), -1)
		each(ctx, r, files, func(remote string) outcome {
			return copied(remote, to, func(local string) (*client.Transfer, error) { return s.Get(ctx, remote, local) })
		})
		return nil
	})
}

// remoteFiles expands the patterns.
func (r *run) remoteFiles(ctx context.Context, s server, paths []string) (files []string) {
	for i, source := range paths {
		if !isPattern(source) && !onlyDirectory(source) {
			files = append(files, source)
			continue
		}
		err := errDirectory
		if isPattern(source) {
			var found []string
			found, err = s.Files(ctx, source)
			found = slices.DeleteFunc(found, func(file string) bool { return hidden(source, file) })
			if err == nil && len(found) == 0 {
				err = errNoMatch
			}
			slices.Sort(found)
			for _, file := range found {
				files = append(files, asAsked(source, file))
			}
		}
		if err == nil {
			continue
		}
		r.did(outcome{op: r.verb, object: source, err: err})
		if final(ctx, err) {
			r.skipped += len(paths) - i - 1
			r.stop(err)
			return nil
		}
	}
	return files
}

// copied copies one file to where to says.
func copied(from string, to target, move func(to string) (*client.Transfer, error)) outcome {
	o := outcome{object: from}
	name, err := to(path.Base(from))
	if err == nil {
		o.copied, err = move(name)
	}
	o.err = err
	return o
}
