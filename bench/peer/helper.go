package peer

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// HelperCommand is the hidden first argument that makes a program of ours one
// of the servers below, by Help: peers start the program they run in again.
const HelperCommand = "peer-server"

// Help serves until it is told to end by SIGTERM, and returns the exit code.
func Help(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := help(ctx, args, stdout); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func help(ctx context.Context, args []string, stdout io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case helpHTTP:
			return serveHTTP(ctx, args[1:], stdout)
		case helpInetd:
			return serveInetd(ctx, args[1:], stdout)
		}
	}
	return fmt.Errorf("%s is for the bench's own use", HelperCommand)
}

// helper makes the command that runs Help with args.
func helper(args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return exec.Command(self, append([]string{HelperCommand}, args...)...), nil
}
