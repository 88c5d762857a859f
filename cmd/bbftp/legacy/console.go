package legacy

import (
	"fmt"
	"io"
	"time"

	"bbftp/cmd/internal/terminal"
)

// console writes for people and for scripts that read over their shoulder.
type console struct {
	stdout, stderr                     io.Writer
	verbose, warnings, debug, stamping bool
}

// quiet is a console of which only errors are seen.
func (c *console) quiet() *console { return &console{stdout: io.Discard, stderr: c.stderr} }

// say writes a line of -V.
func (c *console) say(format string, args ...any) {
	if c.verbose {
		c.line(c.stdout, "", format, args...)
	}
}

// trace writes a line of -d.
func (c *console) trace(format string, args ...any) {
	if c.debug {
		c.line(c.stdout, "", format, args...)
	}
}

func (c *console) fail(f failure) {
	c.line(c.stderr, fmt.Sprintf("BBFTP-ERROR-%05d : ", f.number), "%s", f.text)
}

// warn writes a line of -W.
func (c *console) warn(number int, format string, args ...any) {
	if c.warnings {
		c.line(c.stderr, fmt.Sprintf("BBFTP-WARNING-%05d : ", number), format, args...)
	}
}

func (c *console) line(w io.Writer, label, format string, args ...any) {
	if c.stamping {
		label = time.Now().Format("Mon Jan 02 15:04:05 (MST) : ") + label
	}
	_, _ = io.WriteString(w, label+terminal.Mask(fmt.Sprintf(format, args...))+"\n")
}
