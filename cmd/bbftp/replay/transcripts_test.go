package replay

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"bbftp/engine/recorded"
)

// Which of the transcripts have a legacy client, and how many those are.
var (
	ours    = []string{"client_", "v3_", "v2_", "ssh_", "nocrypt_", "status_request", "rsa_login_server_u"}
	numOurs = 114
)

func isOurs(name string) bool {
	return slices.ContainsFunc(ours, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// transcript is a recorded session that is to become a recording.
type transcript struct{ recorded.Transcript }

// transcripts reads the sessions in the order of their names. It skips the
// test if nobody says where they are.
func transcripts(t *testing.T) []recording {
	t.Helper()
	read := recorded.Transcripts(t, isOurs, numOurs)
	contents := recorded.Contents{"zero.dat": recorded.Random(0, 0)}
	for _, tr := range read {
		maps.Copy(contents, tr.Files) // a name means the same in all sessions
	}
	var all []recording
	for _, tr := range read {
		r, err := (&transcript{tr}).recording(contents)
		if err != nil {
			t.Fatalf("%s: %v", tr.Name, err)
		}
		all = append(all, r)
	}
	return all
}
