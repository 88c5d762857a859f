package modern

import (
	"fmt"
	"io"
	"strings"
)

// help runs bbftp help [VERB].
func help(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		_, _ = io.WriteString(stdout, overview())
		return exitDone
	}
	v, ok := lookUp(args[0])
	if !ok {
		return misused(stderr, "help", usageErrorf("unknown verb %s", args[0]))
	}
	_, _ = io.WriteString(stdout, v.help())
	return exitDone
}

func overview() string {
	var b strings.Builder
	b.WriteString("Usage: bbftp VERB [options] OPERANDS\n\nCopies files to and from bbftp servers over parallel data streams.\n\n")
	for _, v := range verbs {
		fmt.Fprintf(&b, "  %-7s %-23s %s\n", v.name, v.form, v.summary)
	}
	b.WriteString("\nbbftp help VERB shows the options. bbftp --help shows the command line of\nlegacy scripts, which has options only.\n\n")
	b.WriteString(spelling)
	b.WriteString("\n" + exitHelp)
	return b.String()
}

// spelling is how operands name what is on a server.
const spelling = `What is on a server
  [user@]host:path                 path begins in the login directory, /path at
                                   the root; the first colon ends the host, so
                                   a local file with a colon is written ./a:b,
                                   and an IPv6 address stands in brackets
  bbftp://[user@]host[:port]/path  the same with a port; here //path begins at
                                   the root, and %xx stands for a byte
`

// help is the text of bbftp VERB --help.
func (v verb) help() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: bbftp %s [options] %s\n\n%s.\n", v.name, v.form, strings.ToUpper(v.summary[:1])+v.summary[1:])
	b.WriteString("\n" + v.details)
	if v.name != "status" {
		b.WriteString("\n" + spelling)
	}
	b.WriteString("\nOptions\n")
	for _, p := range optionTable {
		if p.has(v.name) {
			b.WriteString(p.help())
		}
	}
	b.WriteString("\n" + eventsHead + v.events)
	b.WriteString("\n" + exitHelp)
	return b.String()
}

const eventsHead = `Events of --json, one object per line with the field "event"; sizes are in
bytes, times in seconds, rates in bytes per second; U+FFFD stands for bytes of
names that are not UTF-8
`

// Columns of the help text.
const (
	textColumn = 26
	helpWidth  = 80
)

func (p option) help() string {
	name := "      --" + p.long
	if p.short != 0 {
		name = fmt.Sprintf("  -%c, --%s", p.short, p.long)
	}
	switch {
	case p.optional:
		name += "[=" + p.argument + "]"
	case p.argument != "":
		name += " " + p.argument
	}
	lines := wrap(p.text, helpWidth-textColumn)
	if len(name) > textColumn-2 {
		lines = append([]string{""}, lines...)
	}
	var b strings.Builder
	for i, text := range lines {
		if i > 0 {
			name = ""
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s%s", textColumn, name, text), " ") + "\n")
	}
	return b.String()
}

// wrap breaks text between words.
func wrap(text string, width int) (lines []string) {
	for _, word := range strings.Fields(text) {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}
