// Command bbftp copies files to and from bbftp servers.
//
// Two command lines share it: verbs with long options, and the one that scripts
// of twenty years are written in. The first argument tells them apart.
package main

import (
	"context"
	"os"

	"bbftp/cmd/bbftp/internal/interrupt"
	"bbftp/cmd/bbftp/legacy"
	"bbftp/cmd/bbftp/modern"
)

func main() {
	run := legacy.Run
	if len(os.Args) > 1 && isVerb(os.Args[1]) {
		run = modern.Run
	}
	ctx, stop := interrupt.Context(context.Background())
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// isVerb tells whether the first argument selects the modern command line. In
// the other one it is an option, or a host: one named like a verb needs its
// options first.
func isVerb(first string) bool {
	switch first {
	case "put", "get", "ls", "mkdir", "rm", "stat", "df", "status", "help":
		return true
	}
	return false
}
