package replay

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bbftp/engine/recorded"
)

// TestDocument compares our part of the document with the table. -update
// writes it.
func TestDocument(t *testing.T) {
	recorded.WantSection(t, "../../../results/deviations.md", document(), *update)
}

// document renders the table.
func document() string {
	var b strings.Builder
	b.WriteString(`## Client

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
