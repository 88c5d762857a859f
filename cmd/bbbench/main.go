// Command bbbench measures bbftp.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

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
		return runDemo(ctx, args, stdout)
	case "-h", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	case "-v", "--version":
		_, err := fmt.Fprintf(stdout, "bbbench version %s (%s)\n", version.Release, version.Build())
		return err
	}
	return fmt.Errorf("unknown command %q; see bbbench --help", args[0])
}
