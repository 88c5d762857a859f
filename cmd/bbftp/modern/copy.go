package modern

import (
	"context"
	"errors"
	"slices"
	"strings"

	"bbftp/engine/client"
)

var errNoMatch = errors.New("nothing matches that is a file")

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
	trees, bytes, err := r.localTrees(ctx, sources)
	if err == nil {
		err = checkNames(trees)
	}
	if err != nil || len(trees) == 0 {
		return err
	}
	return r.session(at, count(trees), func(s server) error {
		u := upload{ctx: ctx, server: s, o: r.o, dst: paths[0]}
		c := carrier{run: r, begin: u.begin, mkdir: u.mkdir, copy: u.copy}
		if len(sources) == 1 && trees[0].folders == nil && !onlyDirectory(u.dst) && s.RefusesDirectories() {
			c.to, c.copy = asFile(u.dst), u.guess
		} else if c.to, err = remoteTarget(ctx, s, u.dst, len(sources) > 1); err != nil {
			r.skipped += count(trees)
			return err
		}
		u.way = u.wayTo(c.to)
		r.out.start("put", count(trees), bytes)
		c.carry(ctx, trees)
		return nil
	})
}

// onServer refuses an operand that should be local. A colon may have been meant
// as part of a name.
func onServer(operand, rule string) error {
	if strings.HasPrefix(operand, scheme) {
		return usageErrorf("%s is on a server: %s", operand, rule)
	}
	return usageErrorf("%s is on a server: %s, and a local %s is written ./%s", operand, rule, operand, operand)
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
		find := r.remoteFiles
		if r.o.recursive {
			find = r.remoteTrees
		}
		trees, err := find(ctx, s, paths)
		if err == nil {
			err = checkNames(trees)
		}
		if err != nil || r.stopped {
			return err
		}
		r.out.start("get", count(trees), -1)
		d := download{server: s, o: r.o, to: to}
		c := carrier{run: r, to: to, begin: d.begin, mkdir: d.mkdir, copy: func(from, to string) (*client.Transfer, error) {
			return s.Get(ctx, from, to)
		}}
		c.carry(ctx, trees)
		return nil
	})
}

// remoteFiles expands the patterns.
func (r *run) remoteFiles(ctx context.Context, s server, paths []string) (files []tree, err error) {
	for i, source := range paths {
		if !isPattern(source) && !onlyDirectory(source) {
			files = append(files, tree{source: source})
			continue
		}
		err := errFolder
		if isPattern(source) {
			var found []string
			found, err = s.Files(ctx, source)
			found = slices.DeleteFunc(found, func(file string) bool { return hidden(source, file) })
			if err == nil && len(found) == 0 {
				err = errNoMatch
			}
			slices.Sort(found)
			for _, file := range found {
				files = append(files, tree{source: asAsked(source, file)})
			}
		}
		if err == nil {
			continue
		}
		r.did(outcome{op: r.verb, object: source, err: err})
		if final(ctx, err) {
			r.skipped += len(paths) - i - 1
			r.stop(err)
			return nil, nil
		}
	}
	return files, nil
}
