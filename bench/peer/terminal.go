package peer

import (
	"fmt"
	"os"

	"github.com/creack/pty"
)

// terminal is what a program writes its lines to one by one: into a pipe it
// would keep them to the end, and their times are of interest.
type terminal struct{ master, tty *os.File }

func newTerminal() (*terminal, error) {
	master, tty, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a terminal: %w", err)
	}
	return &terminal{master, tty}, nil
}
