package legacy

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the numbers into the manual page")

const (
	manual       = "../../../scripts/man/bbftp.1"
	numbersBegin = ".\\\" begin numbers\n"
	numbersEnd   = ".\\\" end numbers\n"
)

// TestManualNumbers holds the manual page to the table of numbers.
func TestManualNumbers(t *testing.T) {
	page, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(page), numbersBegin)
	was, after, ok2 := strings.Cut(rest, numbersEnd)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the numbers", manual)
	}
	want := manualList("Errors", Errors()) + manualList("Warnings", Warnings())
	if was == want {
		return
	}
	if !*update {
		t.Fatalf("%s does not list the numbers of this program; -update writes them", manual)
	}
	if err := os.WriteFile(manual, []byte(before+numbersBegin+want+numbersEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// manualList is one list of the manual page.
func manualList(title string, numbers []Number) string {
	meanings := map[int][]string{}
	for _, n := range numbers {
		meanings[n.Number] = append(meanings[n.Number], n.Meaning)
	}
	var b strings.Builder
	fmt.Fprintf(&b, ".Pp\n%s:\n.Bl -tag -width 100 -compact\n", title)
	for n := range 1000 {
		if m := meanings[n]; m != nil {
			fmt.Fprintf(&b, ".It %d\n%s\n", n, strings.Join(m, "; "))
		}
	}
	b.WriteString(".El\n")
	return b.String()
}
