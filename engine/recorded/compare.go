package recorded

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

// Differ says where what a side sent is not what was wanted of it, or nothing.
func Differ(from wire.Sender, got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	return fmt.Errorf("the %v sent %d bytes\n\t%.200q\nrather than %d\n\t%.200q\nfirst difference at byte %d", from, len(got), got, len(want), want, at)
}

// WantFile fails the test unless a file holds a text, and says otherwise of the
// file then. With update it writes the text first.
func WantFile(t testing.TB, name, text, otherwise string, update bool) {
	t.Helper()
	if update {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != text {
		t.Errorf("%s %s (%v)", name, otherwise, err)
	}
}

// WantSection fails the test unless a section, heading and all, stands in a
// document as it does here. With update it first writes the section in the place
// of an older one, or at the end.
func WantSection(t testing.TB, document, section string, update bool) {
	t.Helper()
	old, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	WantFile(t, document, withSection(string(old), section), "is not what the table says; -update writes it", update)
}

// withSection puts a section, with its heading of the second level, into a
// document.
func withSection(document, section string) string {
	heading, _, _ := strings.Cut(section, "\n")
	before, rest, _ := strings.Cut("\n"+document, "\n"+heading+"\n")
	if _, after, more := strings.Cut("\n"+rest, "\n## "); more {
		section += "\n## " + after
	}
	return strings.Trim(before, "\n") + "\n\n" + section
}
