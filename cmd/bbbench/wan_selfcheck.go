package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"bbftp/bench/observe"
	"bbftp/bench/wan/selfcheck"
	"bbftp/cmd/internal/version"
)

// The statuses of a self-check that was made.
const (
	checkFailed   = 1
	checkUnjudged = 3
)

// selfCheck prints the table of the self-check as it grows.
func selfCheck(ctx context.Context, o wanOptions, stdout io.Writer) error {
	self, err := os.Executable()
	if err != nil {
		return exit{wanFailed, err}
	}
	if err := selfcheck.Heading(stdout); err != nil {
		return exit{wanFailed, err}
	}
	var writing error
	table, err := selfcheck.Run(ctx, selfcheck.Options{
		Short:   o.short,
		Backend: o.path.Backend,
		Worker:  []string{self, "wan", worker},
		Progress: func(r selfcheck.Row) {
			if e := selfcheck.Line(stdout, r); writing == nil {
				writing = e
			}
		},
	})
	if err = errors.Join(err, writing); err != nil {
		return exit{wanFailed, err}
	}
	if _, err := fmt.Fprintln(stdout, table.Sum()); err != nil {
		return exit{wanFailed, err}
	}
	if o.markdown != "" {
		if err := document(o.markdown, table); err != nil {
			return exit{wanFailed, err}
		}
	}
	switch table.Result() {
	case selfcheck.Failed:
		return exit{status: checkFailed}
	case selfcheck.Unjudged:
		return exit{status: checkUnjudged}
	}
	return nil
}

// document writes the table with what a reader has to know about the machine.
func document(path string, t selfcheck.Table) (err error) {
	e, err := observe.Environment(version.Build(), os.TempDir())
	if err != nil {
		return err
	}
	t.Machine, t.Kernel = fmt.Sprintf("%s, %d cores", e.CPU, e.Cores), e.Kernel
	t.Build, t.Date = e.Build, time.Now().UTC()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return t.Markdown(f)
}
