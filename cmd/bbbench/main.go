// Command bbbench measures throughput over long fat networks, emulated or real,
// with bbftp and what it is compared with.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"bbftp/bench/peer"
	"bbftp/bench/wan"
	"bbftp/cmd/internal/version"
)

func main() {
	// A run of this program may be the first process of an isolated sweep, or a
	// program a trial needs.
	if status, first, err := wan.Isolated(os.Args); first {
		if err != nil {
			fmt.Fprintln(os.Stderr, "bbbench:", err)
		}
		os.Exit(status)
	}
	if len(os.Args) > 1 && os.Args[1] == peer.HelperCommand {
		os.Exit(peer.Help(os.Args[2:], os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status(err, os.Stderr))
}

// status says what went wrong and returns the exit status that says it too.
func status(err error, stderr io.Writer) int {
	if err == nil {
		return 0
	}
	status := 1
	var chosen exit
	if errors.As(err, &chosen) {
		status = chosen.status
	}
	if silent, is := err.(exit); !is || silent.err != nil {
		fmt.Fprintln(stderr, "bbbench:", err)
	}
	return status
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return exit{2, errors.New("what to do? see bbbench --help")}
	}
	switch args[0] {
	case "-h", "--help":
		return writeUsage(stdout)
	case "help":
		if len(args) == 1 {
			return writeUsage(stdout)
		}
		return writeHelp(stdout, args[1])
	case "-v", "--version":
		_, err := fmt.Fprintf(stdout, "bbbench version %s (%s)\n", version.Release, version.Build())
		return err
	}
	c, known := lookUp(args[0])
	if !known {
		return exit{2, fmt.Errorf("unknown command %q; see bbbench --help", args[0])}
	}
	if asksForHelp(args[1:]) {
		return writeHelp(stdout, args[0])
	}
	return c.run(ctx, args, stdout, stderr)
}

// asksForHelp looks for --help before any "--" and before what is another
// program's command line.
func asksForHelp(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "-h", "--help":
			return true
		}
	}
	return false
}
