package replay

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const (
	documentFile = "../../../results/deviations.md"
	section      = "## Client\n"
)

// TestDocument compares our part of the document with the table. -update
// writes it.
func TestDocument(t *testing.T) {
	old, err := os.ReadFile(documentFile)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	want := withSection(string(old), document())
	if *update {
		if err := os.WriteFile(documentFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(old) != want {
		t.Errorf("%s is not what the table says; -update writes it", documentFile)
	}
}

// withSection puts our section into a document, in the place of an older one.
func withSection(text, ours string) string {
	if text == "" {
		text = "# Deviations\n"
	}
	before, rest, found := strings.Cut(text, section)
	if !found {
		return strings.TrimRight(text, "\n") + "\n\n" + ours
	}
	if _, after, more := strings.Cut(rest, "\n## "); more {
		return before + ours + "\n## " + after
	}
	return before + ours
}

// document renders the table.
func document() string {
	var b strings.Builder
	b.WriteString(section + `
Where our client does otherwise than the recorded legacy clients, on purpose; everything else in the ` + strconv.Itoa(numOurs) + ` recorded sessions with a
client is the same: each message, each byte of data, exit status, terminal, files. ` + "`cmd/bbftp/replay`" + ` holds the table and checks it.
Events are those on connection 0, 1, …: ` + "`>`" + ` the client sends, ` + "`<`" + ` the server. A file left has the times of its source (` + "`kept`" + `) or of now (` + "`fresh`" + `).

| sessions | legacy | ours | why |
|---|---|---|---|
`)
	for _, d := range deviations {
		b.WriteString("| " + strings.Join([]string{
			strings.ReplaceAll(d.sessions, " ", "<br>"), shown(d.legacy), shown(d.ours), d.reason,
		}, " | ") + " |\n")
	}
	return b.String()
}

var (
	header  = regexp.MustCompile(`^(\d+ [<>]) [0-9a-f]{8} ([0-9a-f]{8}) ; (MSG_\w+)$`)
	message = regexp.MustCompile(`^(\d+ [<>]) [0-9a-f ]+(.*?) ?; (MSG_\w+)$`)
	hash    = regexp.MustCompile(` [0-9a-f]{64}`)
	said    = regexp.MustCompile(`^says (".*")$`)
)

// shown renders lines of a recording for people: messages by their names.
func shown(text string) string {
	var all []string
	for line := range strings.SplitSeq(strings.Trim(text, "\n "), "\n") {
		line = hash.ReplaceAllString(line, "")
		if h := header.FindStringSubmatch(line); h != nil {
			n, _ := strconv.ParseUint(h[2], 16, 32) // has 8 digits
			line = fmt.Sprintf("%s %s, length %d", h[1], h[3], n)
		}
		line = message.ReplaceAllString(line, "$1 $3 $2")
		if quoted := said.FindStringSubmatch(line); quoted != nil {
			if s, err := strconv.Unquote(quoted[1]); err == nil {
				line = s
			}
		}
		line = strings.TrimSpace(strings.ReplaceAll(line, `\"`, `"`))
		if strings.Count(line, `"`)%2 != 0 { // cut out of a line
			line = strings.Trim(line, `"`)
		}
		if line != "" {
			all = append(all, "`"+strings.ReplaceAll(line, "|", `\|`)+"`")
		}
	}
	if all == nil {
		return "nothing"
	}
	return strings.Join(all, "<br>")
}
