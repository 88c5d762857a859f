package client

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
)

// List returns what matches pattern, with paths as the pattern spells them;
// versions 2 and 3 prefix "./" where it names no directory, and take wildcards
// in the last component only. Version 1 tells no types: they are zero.
func (c *Client) List(ctx context.Context, pattern string) (entries []wire.ListEntry, err error) {
	err = c.retry(ctx, func(ctx context.Context) error {
		entries, err = c.list(ctx, pattern)
		return err
	})
	return entries, err
}

func (c *Client) list(ctx context.Context, pattern string) ([]wire.ListEntry, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	question, err := c.message(list, pattern, c.set.options())
	if err != nil {
		return nil, err
	}
	answer, err := c.command(c.set.Waits.Reply, question)
	if err != nil {
		if isRefusal(err) {
			c.refusedBy(list)
		}
		return nil, fmt.Errorf("list %s: %w", pattern, err)
	}
	var entries []wire.ListEntry
	switch m := answer.(type) {
	case wire.ListReply:
		entries = make([]wire.ListEntry, len(m.Names))
		for i, name := range m.Names {
			entries[i].Path = name
		}
	case wire.ListReplyV2:
		entries = m.Entries
	}
	if expected := c.listReply(); answer.Code() != expected {
		return nil, fmt.Errorf("list %s: %w", pattern, c.unexpected(answer, question.Code()))
	}
	return entries, c.checkNames(pattern, entries)
}

func (c *Client) listReply() wire.Code {
	if c.version == 1 {
		return wire.MsgListRepl
	}
	return wire.MsgListReplV2
}

// checkNames refuses a listing with names that were not asked for: a server
// could make "mget *.dat" write any file of the local directory.
func (c *Client) checkNames(pattern string, entries []wire.ListEntry) error {
	match := storage.Match
	if c.version > 1 {
		match = storage.MatchAll
	}
	for _, e := range entries {
		if !match(last(pattern), last(e.Path)) {
			return fmt.Errorf("list %s: %w: %s", pattern, ErrUnasked, excerpt(e.Path))
		}
	}
	return nil
}

// last is the last component of a path, "" after a slash.
func last(p string) string { return p[strings.LastIndexByte(p, '/')+1:] }

// Files returns the remote names that match pattern and are files: no
// directories, no dangling links. The last component of each is one that can
// name a local file.
func (c *Client) Files(ctx context.Context, pattern string) ([]string, error) {
	entries, err := c.List(ctx, pattern)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	if c.version == 1 {
		// Names come without their types, but only a directory has an entry ".".
		dirs, err := c.List(ctx, pattern+"/.")
		if err != nil {
			return nil, err
		}
		isDir := make(map[string]bool, len(dirs))
		for _, d := range dirs {
			isDir[strings.TrimSuffix(d.Path, "/.")] = true
		}
		entries = slices.DeleteFunc(entries, func(e wire.ListEntry) bool { return isDir[e.Path] })
	}
	return files(entries), nil
}

// LocalFiles returns the local names that match pattern and are files, links to
// files among them. As in the listings of versions 2 and 3 only the last
// component may hold wildcards, "*" matches names with a leading period too, and
// "./" is prefixed where pattern names no directory.
func (c *Client) LocalFiles(ctx context.Context, pattern string) ([]string, error) {
	found, err := c.local.List(ctx, c.ldir, pattern)
	if err != nil {
		return nil, &LocalError{"local files", err}
	}
	var names []string
	for _, e := range found {
		if !e.Dir && !e.Dangling {
			names = append(names, e.Path)
		}
	}
	return names, nil
}

// files are the names that a file can be copied from, by its type, and to, by
// its last component (wire.md 14.21).
func files(entries []wire.ListEntry) (names []string) {
	for _, e := range entries {
		switch last(e.Path) {
		case "", ".", "..":
			continue
		}
		if !e.Type.Dir() && !e.Type.Dangling() {
			names = append(names, e.Path)
		}
	}
	return names
}
