// Command bbbench measures bbftp.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/dustin/go-humanize"
	"github.com/pborman/getopt/v2"

	"bbftp/bench"
	"bbftp/bench/report"
	"bbftp/cmd/internal/version"
)

const usage = `Usage: bbbench demo [options]
       bbbench --version | --help

demo moves a generated file between bbftp and bbftpd on the loopback address,
put and get, over 1, 4 and 10 streams, plain and compressed, compares every
copy with the original and prints rates and the ways the bytes took.

  --size SIZE       size of the file (default 2GiB)
  --dir DIR         where to work; needs room for three copies
                    (default: the system's temporary directory)
  --svg FILE        also draw the rates as a picture
  --client PROGRAM  bbftp to run (default: beside bbbench, else on PATH)
  --server PROGRAM  bbftpd to run (likewise)

Exit status: 0 if every copy was identical, 1 otherwise.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bbbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) == 0 {
		return errors.New("what to do? see bbbench --help")
	}
	switch args[0] {
	case "demo":
		return demo(ctx, args, stdout)
	case "-h", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	case "-v", "--version":
		_, err := fmt.Fprintf(stdout, "bbbench version %s (%s)\n", version.Release, version.Build())
		return err
	}
	return fmt.Errorf("unknown command %q; see bbbench --help", args[0])
}

func demo(ctx context.Context, args []string, stdout io.Writer) error {
	sizeText, dir, picture := "2GiB", "", ""
	var programs bench.Programs
	set := getopt.New()
	set.FlagLong(&sizeText, "size", 0)
	set.FlagLong(&dir, "dir", 0)
	set.FlagLong(&picture, "svg", 0)
	set.FlagLong(&programs.Client, "client", 0)
	set.FlagLong(&programs.Server, "server", 0)
	if err := set.Getopt(args, nil); err != nil {
		return fmt.Errorf("%w; see bbbench --help", err)
	}
	if set.NArgs() > 0 {
		return fmt.Errorf("unexpected argument %q; see bbbench --help", set.Arg(0))
	}
	size, err := humanize.ParseBytes(sizeText)
	if err != nil || size == 0 || size > 1<<50 {
		return fmt.Errorf("--size %q: want a number of bytes such as 64MiB or 2GiB", sizeText)
	}
	if programs.Client, err = find("bbftp", programs.Client); err != nil {
		return err
	}
	if programs.Server, err = find("bbftpd", programs.Server); err != nil {
		return err
	}
	title := fmt.Sprintf("a file of %s, half random and half text, over loopback on %d cores", humanize.IBytes(size), runtime.NumCPU())
	fmt.Fprintln(stdout, title)
	table := report.NewTable(stdout)
	var results []bench.Result
	err = bench.Demo(ctx, programs, dir, int64(size), func(r bench.Result) {
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

func draw(path, title string, results []bench.Result) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return report.Bars(f, title, results)
}

// find locates a program of this release: where the user says, beside this
// one, or on PATH.
func find(name, given string) (string, error) {
	if given != "" {
		path, err := exec.LookPath(given)
		if err != nil {
			return "", fmt.Errorf("find %s: %w", name, err)
		}
		return path, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("find %s: neither beside bbbench nor on PATH", name)
	}
	return path, nil
}
