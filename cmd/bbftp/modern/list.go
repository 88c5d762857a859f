package modern

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"bbftp/cmd/internal/terminal"
	"bbftp/engine/client"
	"bbftp/engine/wire"
)

var (
	errNotThere = errors.New("no such file or directory")
	errNone     = errors.New("nothing matches")
)

// ls lists directories, files and patterns of a server.
func ls(ctx context.Context, r *run, operands []string) error {
	at, paths, err := r.o.oneServer(operands)
	if err != nil {
		return err
	}
	return r.session(at, len(paths), func(s server) error {
		each(ctx, r, paths, func(operand string) outcome {
			l, err := r.list(ctx, s, operand)
			if err != nil {
				return outcome{object: operand, err: err}
			}
			if len(paths) > 1 && l.inside {
				l.heading = cmp.Or(operand, ".") + ":"
			}
			return outcome{object: operand, answer: l}
		})
		return nil
	})
}

// list asks for one operand: one question if it is a pattern or can only be a
// directory, else a second one if it turns out to be one.
func (r *run) list(ctx context.Context, s server, operand string) (*listing, error) {
	l := &listing{long: r.o.long, inside: onlyDirectory(operand)}
	var entries []wire.ListEntry
	var err error
	switch {
	case l.inside:
	case isPattern(operand):
		if entries, err = s.List(ctx, operand); err == nil && len(entries) == 0 {
			err = errNone
		}
	default:
		if entries, err = s.List(ctx, literal(operand)); err == nil && len(entries) == 0 {
			err = errNotThere
		}
		if len(entries) == 1 {
			l.inside, err = leadsToDirectory(ctx, s, operand, entries[0])
		}
	}
	if err == nil && l.inside {
		entries, err = s.List(ctx, within(operand, "*"))
	}
	if err != nil {
		return nil, err
	}
	asked := operand
	if l.inside {
		asked = within(operand, "*")
	}
	for _, e := range entries {
		name := path.Base(e.Path)
		if name == "." || name == ".." || !r.o.all && hidden(asked, name) {
			continue
		}
		n := listed{path: asAsked(operand, e.Path), name: name, kind: e.Type}
		if !l.inside {
			n.name = n.path
		}
		if l.long && !e.Type.Dangling() {
			var gone *client.RefusedError
			if n.status, err = fileStatus(ctx, s, n.path); err != nil && !errors.As(err, &gone) {
				return nil, err
			}
		}
		l.names = append(l.names, n)
	}
	slices.SortFunc(l.names, func(a, b listed) int { return cmp.Compare(a.name, b.name) })
	return l, nil
}

// leadsToDirectory asks once more in version 1, which tells no types: only a
// directory has an entry ".".
func leadsToDirectory(ctx context.Context, s server, operand string, e wire.ListEntry) (bool, error) {
	if e.Type != (wire.FileType{}) {
		return e.Type.Dir(), nil
	}
	dots, err := s.List(ctx, within(operand, "."))
	return len(dots) > 0, err
}

// listing is the answer to one operand of ls.
type listing struct {
	inside  bool // the names are those in a directory
	heading string
	long    bool
	names   []listed
}

type listed struct {
	path, name string
	kind       wire.FileType
	status     *client.FileStatus // with --long
}

// marked is the name with a sign of its type, as ls -F has it.
func (n listed) marked() string {
	name := terminal.Mask(n.name)
	switch {
	case n.kind.Link():
		return name + "@"
	case n.kind.Dir():
		return name + "/"
	}
	return name
}

func (l *listing) lines() (lines []string) {
	if l.heading != "" {
		lines = append(lines, l.heading)
	}
	if l.long {
		return append(lines, l.table()...)
	}
	for _, n := range l.names {
		lines = append(lines, n.marked())
	}
	return lines
}

// table has mode, owner, group, size, time and name, as ls -l has them.
func (l *listing) table() (lines []string) {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 0, 1, ' ', tabwriter.AlignRight)
	for _, n := range l.names {
		if n.status == nil {
			fmt.Fprintf(table, "?\t?\t?\t?\t?\t %s\n", n.marked())
			continue
		}
		fmt.Fprintf(table, "%v\t%d\t%d\t%d\t%s\t %s\n",
			n.status.Mode, n.status.UID, n.status.GID, n.status.Size, n.status.Modified.Format(time.DateTime), n.marked())
	}
	_ = table.Flush() // into memory
	for line := range linesOf(text.String()) {
		lines = append(lines, strings.TrimPrefix(line, " "))
	}
	return lines
}

// entryEvent has figures with --long only.
type entryEvent struct {
	Event string `json:"event"` // "entry"
	Path  string `json:"path"`
	Type  string `json:"type"` // file, directory, dangling, or unknown in version 1
	Link  bool   `json:"link"`
	*statusFigures
}

func (l *listing) events() []any {
	events := make([]any, len(l.names))
	for i, n := range l.names {
		e := entryEvent{Event: "entry", Path: n.path, Type: "file", Link: n.kind.Link()}
		switch {
		case n.kind == wire.FileType{}:
			e.Type = "unknown"
		case n.kind.Dir():
			e.Type = "directory"
		case n.kind.Dangling():
			e.Type = "dangling"
		}
		if n.status != nil {
			e.statusFigures = figuresOf(n.status)
		}
		events[i] = e
	}
	return events
}
