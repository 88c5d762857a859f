//go:build !linux

package replay

import (
	"os/exec"
	"testing"
)

func startAtTerminal(t *testing.T, _ *exec.Cmd, _ string) (end func() string) {
	t.Skip("needs Linux: reads a terminal's settings there only")
	return nil
}
