package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// findProgram locates a program of this release: where the user says, beside this
// one, or on PATH.
func findProgram(name, given string) (string, error) {
	if given != "" {
		path, err := exec.LookPath(given)
		if err != nil {
			return "", fmt.Errorf("find %s: %w", name, err)
		}
		return path, nil
	}
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), name)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("find %s: neither beside bbbench nor on PATH", name)
	}
	return path, nil
}
