// Command bbftpd serves files to bbftp clients.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Once stopping, a second signal kills: a session may hang in its file system.
	context.AfterFunc(ctx, stop)
	// Nothing to reload yet, and no reason to cut transfers short.
	signal.Ignore(syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		if !shared(os.Stdin, os.Stderr) {
			fmt.Fprintln(os.Stderr, "bbftpd:", err)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin, stdout *os.File, stderr io.Writer) error {
	if len(args) > 0 && args[0] == "passwd" {
		return passwd(ctx, args[1:], stdin, stdout)
	}
	o, err := parse(args, stdout)
	if err != nil || o == nil {
		return err
	}
	if o.start, err = loadStartFile(o.startName, startFilePlaces()); err != nil {
		return err
	}
	switch {
	case o.shell:
		return shell(ctx, o, stdin, stdout)
	case o.background && !o.detached():
		return detach(stdout)
	case o.demo != "":
		return demo(ctx, o, stdout, stderr)
	}
	conn, err := connection(stdin)
	switch {
	case err != nil:
		return err
	case conn != nil:
		return single(ctx, o, conn)
	}
	return daemon(ctx, o, stderr)
}
