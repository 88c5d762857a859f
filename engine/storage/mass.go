package storage

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// Store is a part of mass storage: a tree that the peers see below Prefix, an
// absolute path.
type Store struct {
	Prefix string
	Tree   *Tree
}

// OpenStore opens the store that an argument "PREFIX=DIR" or "DIR" describes;
// the prefix of the latter is "/". DIR is absolute. Close the tree after use.
func OpenStore(arg string, l Limits) (Store, error) {
	prefix, dir, ok := strings.Cut(arg, "=")
	if !ok || !filepath.IsAbs(dir) { // "/a=b" is a directory
		prefix, dir = "/", arg
	}
	if !filepath.IsAbs(dir) {
		return Store{}, fmt.Errorf("mass storage %q: the directory must be absolute", arg)
	}
	tree, err := Open(dir, l)
	if err != nil {
		return Store{}, fmt.Errorf("mass storage %q: %w", arg, err)
	}
	return Store{Join("/", prefix), tree}, nil
}

// MassConfig describes mass storage.
type MassConfig struct {
	// Stores are searched for the longest prefix, in whole components, of a path.
	Stores []Store
	// OpenLimit is how long an open may take: 0 stands for 30 min.
	OpenLimit time.Duration
	// MaxOpens is how many opens may be under way at once, given up ones
	// included: 0 stands for 32.
	MaxOpens int
}

// patience is how long an open waits for its turn. Opens of files that are
// online take far less, so that a burst of them is served rather than refused.
const patience = time.Second

// MassStorage opens files that may first have to be fetched from tape. It may be
// used from many goroutines.
type MassStorage struct {
	stores []Store
	limit  time.Duration
	turns  chan struct{} // one slot per open under way
}

// NewMassStorage returns the mass storage that c describes. It uses the trees
// but does not own them.
func NewMassStorage(c MassConfig) *MassStorage {
	if c.OpenLimit == 0 {
		c.OpenLimit = 30 * time.Minute
	}
	if c.MaxOpens == 0 {
		c.MaxOpens = 32
	}
	return &MassStorage{stores: c.Stores, limit: c.OpenLimit, turns: make(chan struct{}, c.MaxOpens)}
}

// Open opens a regular file for an account that may read what lies below
// within, a path as the peers see it: "/" permits everything, "" nothing.
// Links cannot lead out of it. A relative name is relative to "/".
//
// Open returns when the file is there, when ctx ends or, with [ErrStalled],
// after the time limit; [ErrBusy] when too many opens are under way. A file that
// arrives later is closed. Refusals are those of [Tree.OpenSource], and
// [ErrEscapes] outside of within.
func (m *MassStorage) Open(ctx context.Context, name, within string) (*Source, error) {
	s, err := m.open(ctx, name, within)
	if err != nil {
		return nil, failed("open", name, err)
	}
	return s, nil
}

func (m *MassStorage) open(ctx context.Context, name, within string) (*Source, error) {
	s, rest, err := m.lookUp(Join("/", name))
	if err != nil {
		return nil, err
	}
	part, err := s.part(within)
	if err != nil {
		return nil, err
	}
	select {
	case m.turns <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(patience):
		return nil, ErrBusy
	}

	ctx, cancel := context.WithTimeoutCause(ctx, m.limit, ErrStalled)
	defer cancel()
	type result struct {
		source *Source
		err    error
	}
	opened := make(chan result) // unbuffered: either taken over or closed here
	go func() {
		defer func() { <-m.turns }()
		source, err := s.Tree.openContained("/"+rest, "/"+part)
		select {
		case opened <- result{source, err}:
		case <-ctx.Done():
			if err == nil {
				source.Close()
			}
		}
	}()
	select {
	case r := <-opened:
		return r.source, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// lookUp returns the store of an absolute name and the rest of the name in it.
func (m *MassStorage) lookUp(name string) (s Store, rest string, err error) {
	err = syscall.ENOENT
	for _, c := range m.stores {
		r, ok := below(name, c.Prefix)
		if ok && (err != nil || len(r) < len(rest)) {
			s, rest, err = c, r, nil
		}
	}
	return s, rest, err
}

// part returns the directory of the store that an account allowed within may
// read: all of it when within lies above.
func (s Store) part(within string) (string, error) {
	switch {
	case within == "":
		return "", syscall.EACCES
	default:
		if _, ok := below(s.Prefix, within); ok {
			return "", nil
		}
	}
	rest, ok := below(within, s.Prefix)
	if !ok {
		return "", ErrEscapes
	}
	return rest, nil
}

// Panic is a panic in the goroutine of an open, made its failure. The stack is for
// a log: the error's text does not hold it.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// openContained is openWithin in a goroutine of its own, whose panic would end
// the program.
func (t *Tree) openContained(name, top string) (source *Source, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	return t.openWithin(name, top)
}

// openWithin opens name for reading if it really lies in the directory top.
func (t *Tree) openWithin(name, top string) (*Source, error) {
	dir, err := t.existing(top)
	if err != nil {
		return nil, err
	}
	at, err := t.existing(name)
	if err != nil {
		if _, ok := below(path.Clean(name), path.Clean(top)); !ok {
			return nil, ErrEscapes // what exists elsewhere is nothing to learn here
		}
		return nil, err
	}
	rest, ok := below(at.path, dir.path)
	if !ok {
		return nil, ErrEscapes
	}
	// Opened from there, so that a link changed meanwhile cannot lead elsewhere.
	part, err := t.files.Sub(inside(dir.path))
	if err != nil {
		return nil, err
	}
	defer part.Close()
	at.path = "/" + rest
	return openSource(part, at)
}
