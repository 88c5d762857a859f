package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"bbftp/cmd/bbftp/legacy"
	"bbftp/cmd/bbftp/modern"
)

var longOption = regexp.MustCompile(`\B--([a-z][a-z-]+)`)

// TestDocuments has every option that the help explains in the manual page and
// in the completions of the shells.
func TestDocuments(t *testing.T) {
	documents := map[string]string{}
	for _, name := range []string{"man/bbftp.1", "completion/bbftp.bash", "completion/bbftp.zsh", "completion/bbftp.fish"} {
		text, err := os.ReadFile(filepath.Join("../../scripts", name))
		if err != nil {
			t.Fatal(err)
		}
		documents[name] = string(text)
	}
	for _, form := range [][]string{
		{"--help"},
		{"put", "--help"},
		{"get", "--help"},
		{"ls", "--help"},
		{"mkdir", "--help"},
		{"rm", "--help"},
		{"stat", "--help"},
		{"df", "--help"},
		{"status", "--help"},
	} {
		var help bytes.Buffer
		run := legacy.Run
		if isVerb(form[0]) {
			run = modern.Run
		}
		if code := run(t.Context(), form, os.Stdin, &help, os.Stderr); code != 0 {
			t.Fatalf("bbftp %v: exit %d", form, code)
		}
		options := longOption.FindAllStringSubmatch(help.String(), -1)
		if len(options) < 4 {
			t.Errorf("bbftp %v explains only %q", form, options)
		}
		for _, o := range options {
			for name, text := range documents {
				if len(form) == 1 && name == "completion/bbftp.fish" {
					continue // fish completes the verbs only
				}
				if !regexp.MustCompile(`-(l )?` + o[1] + `\b`).MatchString(text) {
					t.Errorf("scripts/%s lacks --%s of bbftp %v", name, o[1], form)
				}
			}
		}
	}
}
