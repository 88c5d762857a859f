//go:build !linux

package programtest

import "github.com/rogpeppe/go-internal/testscript"

func terminal(ts *testscript.TestScript, _ bool, _ []string) {
	stateOf(ts).t.Skip("needs Linux: reads a terminal's settings there only")
}
