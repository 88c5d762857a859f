package recorded

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

const session = `{"name": "v3_x", "options": {"client_argv": ["bbftp", "-V"], "client_tty_password": "secret"},
"files": {"a": {"size": 6, "formula": {"kind": "text", "text": "abcdef"}}},
"transfers": [{"op": "get", "filename": "a", "source": "a", "gzip": true, "acked": true}],
"connections": [
 {"id": 0, "kind": "control", "open_ms": 0, "events": [
  {"t_ms": 1, "from": "client", "hex": "01"}, {"t_ms": 2, "from": "client", "hex": "02"}, {"t_ms": 3, "from": "server", "rst": true}]},
 {"id": 1, "kind": "data", "initiator": "server", "stream": 2, "open_ms": 1.5, "file_range": {"offset": 0, "length": 6}, "events": [
  {"t_ms": 4, "from": "server", "hex": "aa"}, {"t_ms": 5, "from": "server", "payload_of": "a", "offset": 0, "length": 6},
  {"t_ms": 6, "from": "client", "hex": "0000"}, {"t_ms": 7, "from": "client", "hex": "01"}, {"t_ms": 8, "from": "server", "hex": "bb"},
  {"t_ms": 9, "from": "client", "eof": true}]}],
"result": {"client_exit": 3, "files_after": {"/mnt/a": {"size": 6, "mode": "0644", "sha256": "00", "mtime": 7}},
 "undelivered": [{"from": "server", "lost_hex": "4f4b"}]}}`

// TestTranscripts reads a folder of two sessions, of which one is wanted.
func TestTranscripts(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"v3_x.json", "client_y.json"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(session), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(Variable, dir)
	tr := Transcripts(t, func(name string) bool { return name == "v3_x" }, 1)[0]
	file, lost := tr.Result.FilesAfter["/mnt/a"], tr.Result.Undelivered
	if tr.Name != "v3_x" || tr.Options.Password != "secret" || len(tr.Options.ClientArgv) != 2 || tr.Result.Exit != 3 ||
		tr.Transfers[0] != (Transfer{Op: "get", Filename: "a", Source: "a", Gzip: true, Acked: true}) ||
		file != (File{Size: 6, Mode: "0644", SHA256: "00", MTime: 7}) || len(lost) != 1 || lost[0].LostHex != "4f4b" {
		t.Errorf("%+v", tr)
	}
	if got := string(tr.Files["a"].Bytes()); got != "abcdef" {
		t.Errorf("content %q", got)
	}
	if c := tr.Connections[1]; c.Initiator != "server" || c.Stream != 2 || c.OpenMS != 1.5 || c.Range.Length != 6 {
		t.Errorf("%+v", c)
	}
}

func TestActs(t *testing.T) {
	var tr Transcript
	if err := json.Unmarshal([]byte(session), &tr); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"1 client [01], 2 client [02], 3 server reset",
		"4 server [aa @a:0:6 bb], 6 client [0000], 7 client [01], 9 client eof",
	} {
		acts, err := tr.Connections[i].Acts()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, a := range acts {
			what := map[bool]string{true: "eof", false: "reset"}[a.EOF]
			if !a.Ends() {
				what = fmt.Sprint(a.Bytes)
			}
			all = append(all, fmt.Sprintf("%v %v %s", a.AtMS, a.From, what))
		}
		if got := strings.Join(all, ", "); got != want {
			t.Errorf("connection %d: %s, want %s", i, got, want)
		}
	}
	for _, event := range []string{`{"from": "nobody", "eof": true}`, `{"from": "client", "hex": "0"}`} {
		var c Connection
		if err := json.Unmarshal([]byte(`{"kind": "data", "events": [`+event+`]}`), &c); err != nil {
			t.Fatal(err)
		}
		if acts, err := c.Acts(); err == nil {
			t.Errorf("%s: %v, want an error", event, acts)
		}
	}
}

// FuzzTranscript: whatever a file says, it is acts or an error.
func FuzzTranscript(f *testing.F) {
	f.Add([]byte(session))
	f.Fuzz(func(t *testing.T, data []byte) {
		var tr Transcript
		if json.Unmarshal(data, &tr) != nil {
			return
		}
		for _, c := range tr.Connections {
			acts, err := c.Acts()
			for _, a := range acts {
				if a.From != wire.Client && a.From != wire.Server || a.Ends() == (len(a.Bytes) > 0) {
					t.Errorf("%+v, %v", a, err)
				}
			}
		}
	})
}
