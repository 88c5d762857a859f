package replay

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// transcriptsVariable names the folder of the recorded sessions.
const transcriptsVariable = "BBFTP_TRANSCRIPTS"

// Which of them have a legacy client, and how many those are.
var (
	ours    = []string{"client_", "v3_", "v2_", "ssh_", "nocrypt_", "status_request", "rsa_login_server_u"}
	numOurs = 114
)

// transcript is the part of a recorder's file that matters here.
type transcript struct {
	Name    string
	Options struct {
		Argv     []string `json:"client_argv"`
		Password string   `json:"client_tty_password"`
	}
	Transfers []struct {
		Op, Source string
		Gzip       bool
	}
	Connections []struct {
		ID, Transfer, Stream int
		Kind, Initiator      string
		OpenMS               float64                      `json:"open_ms"`
		Range                struct{ Offset, Length int } `json:"file_range"`
		Events               []recorded
	}
	Files  map[string]formula
	Result struct {
		Exit       int    `json:"client_exit"`
		Output     string `json:"client_output"`
		FilesAfter map[string]struct {
			Size         int64
			Mode, SHA256 string
			MTime        int64
		} `json:"files_after"`
	}
}

type recorded struct {
	TMS            float64 `json:"t_ms"`
	From, Hex      string
	PayloadOf      string `json:"payload_of"`
	Offset, Length int
	EOF, RST       bool
}

type formula struct {
	Size    int
	Formula struct {
		Kind, Text string
		Seed       uint32
	}
}

func (f formula) content() content {
	if f.Formula.Kind == "text" {
		return repeated(f.Formula.Text, f.Size)
	}
	return random(f.Formula.Seed, f.Size)
}

// transcripts reads the sessions in the order of their names. It skips the
// test if nobody says where they are.
func transcripts(t *testing.T) []recording {
	t.Helper()
	dir := os.Getenv(transcriptsVariable)
	if dir == "" {
		t.Skip(transcriptsVariable + " does not name the folder of the recorded sessions")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var read []transcript
	contents := map[string]content{"zero.dat": random(0, 0)}
	for _, name := range names {
		if !slices.ContainsFunc(ours, func(prefix string) bool { return strings.HasPrefix(filepath.Base(name), prefix) }) {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var tr transcript
		if err := json.Unmarshal(data, &tr); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		read = append(read, tr)
		for name, f := range tr.Files {
			contents[name] = f.content() // a name means the same in all sessions
		}
	}
	if len(read) != numOurs {
		t.Fatalf("%s=%s: %d sessions have a client, want %d", transcriptsVariable, dir, len(read), numOurs)
	}
	var all []recording
	for _, tr := range read {
		r, err := tr.recording(contents)
		if err != nil {
			t.Fatalf("%s: %v", tr.Name, err)
		}
		all = append(all, r)
	}
	return all
}
