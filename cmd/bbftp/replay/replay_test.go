package replay

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	// The client is one that go build makes, which the test cache does not see:
	// what it is made of has to be imported here.
	_ "bbftp/cmd/bbftp/legacy"
	_ "bbftp/cmd/bbftp/modern"
	"bbftp/cmd/internal/programtest"
	"bbftp/engine/recorded"
)

var update = flag.Bool("update", false, "write testdata/sessions.txt anew from "+recorded.Variable+", and our part of results/deviations.md")

const (
	vectorsFile   = "testdata/sessions.txt"
	vectorsHeader = `; Sessions of legacy bbftp clients, as they went over the wire and over the terminal. The format is described in
; format_test.go. Figures that depend on time are blanked.

`
)

// TestVectorsAreTranscripts compares what is replayed with its source.
func TestVectorsAreTranscripts(t *testing.T) {
	want := vectorsHeader + formatAll(transcripts(t))
	recorded.WantFile(t, vectorsFile, want, "does not hold what "+recorded.Variable+" does; -update writes it", *update)
}

// TestFormat reads the text and writes it again.
func TestFormat(t *testing.T) {
	recorded.WantFile(t, vectorsFile, vectorsHeader+formatAll(vectors(t)), "is written otherwise than it was read", false)
}

func formatAll(all []recording) string {
	var texts []string
	for _, r := range all {
		texts = append(texts, r.String())
	}
	return strings.Join(texts, "\n")
}

func vectors(t *testing.T) (all []recording) {
	t.Helper()
	text, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(strings.TrimPrefix(string(text), vectorsHeader), "\n\n") {
		r, err := parseRecording(part)
		if err != nil {
			t.Fatalf("%s: %v", vectorsFile, err)
		}
		all = append(all, r)
	}
	if len(all) != numOurs {
		t.Fatalf("%s: %d sessions, want %d", vectorsFile, len(all), numOurs)
	}
	return all
}

// TestReplay plays the recordings as far as they are not in the table of
// deviations, and as that says where they are.
func TestReplay(t *testing.T) {
	programtest.Passable(t)
	programs := programtest.Build(t)
	open(t, programs)
	ours := program{path: filepath.Join(programs, "bbftp"), key: newKey(t)}
	used := make(map[string]bool)
	for _, r := range vectors(t) {
		changed, rows, err := r.deviate()
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
		for _, i := range rows {
			used[fmt.Sprint(i, " ", r.name)] = true
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			ours.play(t, changed)
		})
	}
	for i, d := range deviations {
		for _, name := range strings.Fields(d.sessions) {
			if !used[fmt.Sprint(i, " ", name)] {
				t.Errorf("%s: a deviation of no session: %q", name, d.legacy)
			}
		}
	}
}

// legacyVariable names legacy clients, of which the first is played.
const legacyVariable = "BBFTP_LEGACY_CLIENT"

// unsteady are the sessions that no legacy client plays twice.
var unsteady = map[string]string{
	"client_login_key_2048":     "it sends what its stack holds",
	"v3_mkdir_fail_nocreatedir": "whether it notices the server's end before its next command is chance",
}

// TestLegacyClient plays the recordings with a client of the kind they were
// made with, without the deviations: what it fails would say nothing about ours.
func TestLegacyClient(t *testing.T) {
	first, _, _ := strings.Cut(os.Getenv(legacyVariable), string(os.PathListSeparator))
	legacy := program{path: first, key: newKey(t), legacy: true}
	if legacy.path == "" {
		t.Skipf("%s names no legacy client", legacyVariable)
	}
	for _, r := range vectors(t) {
		if strings.HasPrefix(r.name, "nocrypt_") || r.run[0] != "bbftp" || unsteady[r.name] != "" {
			continue // others are programs of their own
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			legacy.play(t, r)
		})
	}
}
