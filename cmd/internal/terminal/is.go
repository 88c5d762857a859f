package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Is tells whether what is written to w is seen at a terminal. It looks through
// writers that have an Unwrap method.
func Is(w io.Writer) bool {
	if outer, ok := w.(interface{ Unwrap() io.Writer }); ok {
		return Is(outer.Unwrap())
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
