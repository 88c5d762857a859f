package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"bbftp/bench/payload"
)

// Scenarios are those of the demonstration: put and get over 1, 4 and 10
// streams, plain and compressed.
func Scenarios() []Scenario {
	var all []Scenario
	for _, compressed := range []bool{false, true} {
		for _, streams := range []int{1, 4, 10} {
			for _, op := range []string{"put", "get"} {
				all = append(all, Scenario{op, streams, compressed})
			}
		}
	}
	return all
}

// Run moves a generated file of size bytes through the programs on the
// loopback address, once per scenario, and compares every copy with it. It
// works in a new directory below dir ("" for the system's temporary one),
// which needs room for three copies and is removed in the end. Each result is
// handed to done as it comes.
func Run(ctx context.Context, p Programs, dir string, size int64, done func(Result)) (err error) {
	work, err := os.MkdirTemp(dir, "bbftp-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	source, served := filepath.Join(work, "source"), filepath.Join(work, "served")
	if err := os.Mkdir(served, 0o700); err != nil {
		return err
	}
	if err := payload.Write(source, payload.Mixed, size, 1); err != nil {
		return fmt.Errorf("make the file to move: %w", err)
	}
	d, err := startDaemon(ctx, p.Server, served, work)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()

	remote, back := filepath.Join(served, "file"), filepath.Join(work, "back")
	for _, s := range Scenarios() {
		// A put makes the file that the get after it brings back.
		from, to, copied := source, "file", remote
		if s.Op == "get" {
			from, to, copied = "file", back, back
		}
		if err := os.Remove(copied); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		r, err := d.trial(ctx, p.Client, s, from, to)
		if err != nil {
			return err
		}
		if err := payload.Same(source, copied); err != nil {
			return fmt.Errorf("%v: %w", s, err)
		}
		done(r)
	}
	return nil
}
