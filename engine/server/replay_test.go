package server

import (
	"flag"
	"os"
	"testing"
	"time"

	"bbftp/engine/recorded"
)

var update = flag.Bool("update", false, "write testdata/sessions.txt anew from "+recorded.Variable+", and the list of deviations")

const (
	vectorsFile   = "testdata/sessions.txt"
	vectorsHeader = `# Sessions of real bbftp servers, as they went over the wire. The format is described in vectors_test.go. The modulus of
# the server's key, which is random, is blanked.
`
)

// TestSessions plays the recorded sessions, from the transcripts or else from
// the text in testdata, which is there always and says the same.
func TestSessions(t *testing.T) {
	all := vectors(t)
	if os.Getenv(recorded.Variable) != "" {
		all = transcripts(t)
	}
	replay(t, all)
}

func vectors(t *testing.T) []recording {
	t.Helper()
	text, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	all, err := parseAll(string(text))
	if err != nil {
		t.Fatalf("%s: %v", vectorsFile, err)
	}
	if len(all) != numOurs {
		t.Fatalf("%s: %d sessions, want %d", vectorsFile, len(all), numOurs)
	}
	return all
}

// TestVectorsAreTranscripts holds the two sources together.
func TestVectorsAreTranscripts(t *testing.T) {
	want := vectorsHeader + formatAll(transcripts(t))
	recorded.WantFile(t, vectorsFile, want, "does not hold what "+recorded.Variable+" does; -update writes it", *update)
}

// TestFormat reads the text and writes it again.
func TestFormat(t *testing.T) {
	recorded.WantFile(t, vectorsFile, vectorsHeader+formatAll(vectors(t)), "is written otherwise than it was read", false)
}

// hasty are the sessions in which a time limit of the server passes.
var hasty = map[string]Waits{
	"hand_prot_timeout":        {First: 50 * time.Millisecond},
	"hand_v3_timeout_filename": {Filename: 50 * time.Millisecond},
}

// unhurried leaves a player that is stopped for a while the time that recorded clients
// did not need.
func unhurried(w Waits) Waits {
	for _, wait := range []*time.Duration{&w.First, &w.Filename, &w.StoreStart} {
		if *wait == 0 {
			*wait = time.Hour
		}
	}
	return w
}

// replay plays recordings as far as they are not in the table of deviations,
// and as that says where they are.
func replay(t *testing.T, all []recording) {
	h := servers(t)
	deviated := make(map[int]bool)
	for _, r := range all {
		r.server.Waits, r.server.Umask = unhurried(hasty[r.name]), recordedUmask
		for i, d := range deviations {
			if d.session != r.name {
				continue
			}
			var err error
			if r, err = r.deviate(d); err != nil {
				t.Errorf("%s, answer %d: %v", d.session, d.answer, err)
			}
			deviated[i] = true
		}
		t.Run(r.name, func(t *testing.T) { h.play(t, r) })
	}
	for i, d := range deviations {
		if !deviated[i] {
			t.Errorf("no session for the deviation of %s, answer %d", d.session, d.answer)
		}
	}
}
