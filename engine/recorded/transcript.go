package recorded

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Variable names the folder of the transcripts in the environment.
const Variable = "BBFTP_TRANSCRIPTS"

// Transcript is a recorder's file, as far as tests look at it.
type Transcript struct {
	Name    string
	Options struct {
		ServerArgv []string `json:"server_argv"`
		ClientArgv []string `json:"client_argv"`
		Password   string   `json:"client_tty_password"` // typed; "" if nobody was asked
	}
	Transfers   []Transfer
	Connections []Connection
	Files       Contents
	Result      struct {
		Exit        int             `json:"client_exit"` // negative: killed
		Output      string          `json:"client_output"`
		FilesAfter  map[string]File `json:"files_after"`
		Undelivered []struct {
			From    string
			LostHex string `json:"lost_hex"`
		}
	}
}

// Transfer is what one file took.
type Transfer struct {
	Op, Filename string // get or put
	Source       string // the content's name
	Gzip, Acked  bool
}

// File is what the recorder found after the session.
type File struct {
	Size         int64
	Mode, SHA256 string
	MTime        int64 // in s since 1970; 0 if it was of no interest
}

// Transcripts reads the sessions whose names are wanted, in the order of their
// names; there must be count of them. It skips the test if nobody says where
// they are.
func Transcripts(t testing.TB, wanted func(name string) bool, count int) []Transcript {
	t.Helper()
	var all []Transcript
	for _, file := range Files(t) {
		if !wanted(strings.TrimSuffix(filepath.Base(file), ".json")) {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var tr Transcript
		if err := json.Unmarshal(data, &tr); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all = append(all, tr)
	}
	if len(all) != count {
		t.Fatalf("%s=%s: %d sessions, want %d", Variable, os.Getenv(Variable), len(all), count)
	}
	return all
}

// Files returns the transcripts' file names, sorted. It skips the test if nobody
// says where they are.
func Files(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv(Variable)
	if dir == "" {
		t.Skip(Variable + " does not name the folder of the recorded sessions")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s=%s: no sessions, %v", Variable, dir, err)
	}
	return files
}
