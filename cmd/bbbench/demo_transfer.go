package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"

	"github.com/dustin/go-humanize"
	"github.com/pborman/getopt/v2"

	"bbftp/bench/demo"
	"bbftp/bench/peer"
)

const transferHelp = `Usage: bbbench demo-transfer [options]

Moves a generated file between bbftp and bbftpd on the loopback address, put
and get, over 1, 4 and 10 streams, plain and compressed, compares every copy
with the original and prints rates and the ways the bytes took.

  --size SIZE       size of the file (default 2GiB)
  --dir DIR         where to work; needs room for two copies
                    (default: the system's temporary directory)
  --svg FILE        also draw the rates as a picture
  --client PROGRAM  bbftp to run (default: beside bbbench, else on PATH)
  --server PROGRAM  bbftpd to run (likewise)

Exit status: 0 if every copy was identical, 1 otherwise, 2 if the command line
makes no sense.
`

func runTransfer(ctx context.Context, args []string, stdout, _ io.Writer) error {
	sizeText, dir, picture := "2GiB", "", ""
	var programs peer.Programs
	set := getopt.New()
	set.FlagLong(&sizeText, "size", 0)
	set.FlagLong(&dir, "dir", 0)
	set.FlagLong(&picture, "svg", 0)
	set.FlagLong(&programs.Client, "client", 0)
	set.FlagLong(&programs.Server, "server", 0)
	if err := set.Getopt(args, nil); err != nil {
		return exit{2, fmt.Errorf("%w; see bbbench help demo-transfer", err)}
	}
	if set.NArgs() > 0 {
		return exit{2, fmt.Errorf("unexpected argument %q; see bbbench help demo-transfer", set.Arg(0))}
	}
	size, err := humanize.ParseBytes(sizeText)
	if err != nil || size == 0 || size > 1<<50 {
		return exit{2, fmt.Errorf("--size %q: want a number of bytes such as 64MiB or 2GiB", sizeText)}
	}
	if programs.Client, err = findProgram("bbftp", programs.Client); err != nil {
		return err
	}
	if programs.Server, err = findProgram("bbftpd", programs.Server); err != nil {
		return err
	}
	title := fmt.Sprintf("a file of %s, half random and half text, over loopback on %d cores", humanize.IBytes(size), runtime.NumCPU())
	fmt.Fprintln(stdout, title)
	table := demo.NewTable(stdout)
	var results []demo.Result
	err = demo.Run(ctx, programs, dir, int64(size), func(r demo.Result) {
		table.Add(r)
		results = append(results, r)
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, "every copy is identical to the original")
	if picture == "" {
		return nil
	}
	return draw(picture, title, results)
}

func draw(path, title string, results []demo.Result) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return demo.Bars(f, title, results)
}
