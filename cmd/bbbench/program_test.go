package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFindProgram(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := func(dir, name string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Remove(path) })
		return path
	}
	given := program(t.TempDir(), "anything")
	onPath := t.TempDir()
	t.Setenv("PATH", onPath)

	if _, err := findProgram("bbftp-found", ""); err == nil || !strings.Contains(err.Error(), "bbftp-found") {
		t.Errorf("found nowhere: error is %v", err)
	}
	// Each place goes before the ones already there.
	check := func(given, want string) {
		t.Helper()
		if got, err := findProgram("bbftp-found", given); err != nil || got != want {
			t.Errorf("find with %q: %q, %v, want %q", given, got, err, want)
		}
	}
	check("", program(onPath, "bbftp-found"))
	check("", program(filepath.Dir(self), "bbftp-found"))
	check(given, given)
	if _, err := findProgram("bbftp-found", filepath.Join(onPath, "missing")); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a program that is not there: error is %v", err)
	}
}
