package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

var longOption = regexp.MustCompile(`\B--([a-z][a-z-]+)`)

// TestDocuments has every command and option that the help explains in the
// manual page and in the completion.
func TestDocuments(t *testing.T) {
	for _, name := range []string{"man/bbbench.1", "completion/bbbench.bash"} {
		text, err := os.ReadFile(filepath.Join("../../scripts", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands() {
			if !regexp.MustCompile(`\b` + c.name + `\b`).Match(text) {
				t.Errorf("scripts/%s lacks %s", name, c.name)
			}
			options := longOption.FindAllStringSubmatch(c.help, -1)
			if len(options) < 2 {
				t.Errorf("the help of %s explains only %q", c.name, options)
			}
			for _, o := range options {
				if !regexp.MustCompile(`-` + o[1] + `\b`).Match(text) {
					t.Errorf("scripts/%s lacks --%s of %s", name, o[1], c.name)
				}
			}
		}
	}
}
