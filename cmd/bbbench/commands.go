package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// command is a word of the command line.
type command struct {
	name, does string
	help       string
	run        func(ctx context.Context, args []string, stdout, stderr io.Writer) error
}

// commands are all of them, in the order a user meets them.
func commands() []command {
	return []command{
		{"wan", "run any program across an emulated wide-area network", wanHelp, runWAN},
		{"sweep", "measure every combination of a scenario, over an emulated path or a real one", sweepHelp, runSweep},
		{"compare", "measure bbftp against other programs on the same paths", compareHelp, runCompare},
		{"report", "tell what a sweep found: tables, a page, pictures, other formats", reportHelp, runReport},
		{"doctor", "say what on this host limits a long fat path, and what to set", doctorHelp, runDoctor},
		{"demo-transfer", "move one file over loopback in every way, and compare", transferHelp, runTransfer},
	}
}

func lookUp(name string) (command, bool) {
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

func writeUsage(w io.Writer) error {
	var text strings.Builder
	text.WriteString("Usage: bbbench COMMAND [options]\n       bbbench help COMMAND\n       bbbench --version | --help\n\n")
	for _, c := range commands() {
		fmt.Fprintf(&text, "  %-14s %s\n", c.name, c.does)
	}
	text.WriteString("\nbbbench(1) has the whole story.\n")
	_, err := io.WriteString(w, text.String())
	return err
}

func writeHelp(w io.Writer, name string) error {
	c, known := lookUp(name)
	if !known {
		return exit{2, fmt.Errorf("no help on %q; see bbbench --help", name)}
	}
	_, err := io.WriteString(w, c.help)
	return err
}
