package server

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const transcriptsVariable = "BBFTP_TRANSCRIPTS"

// numOurs is how many of the recorded sessions have a server, which is all but
// those of clients with a script and the one whose shell has no server.
const numOurs = 201

func isOurs(name string) bool {
	return !strings.HasPrefix(name, "client_") && name != "ssh_server_fails"
}

// transcript is the part of a recorder's file that matters here.
type transcript struct {
	Name    string
	Options struct {
		ServerArgv []string `json:"server_argv"`
		ClientArgv []string `json:"client_argv"`
	}
	Transfers   []transferOf
	Connections []connection
	Files       map[string]struct {
		Size    int
		Formula struct {
			Kind, Text string
			Seed       uint32
		}
	}
	Result struct {
		FilesAfter map[string]struct {
			Size         int64
			Mode, SHA256 string
			ModTime      int64 `json:"mtime"`
		} `json:"files_after"`
		Undelivered []struct {
			From    string
			LostHex string `json:"lost_hex"`
		}
	}
}

// transferOf is one transfer of a transcript.
type transferOf struct {
	Op, Filename, Source string
	Gzip                 bool
	Complete             bool `json:"data_complete"`
	Acked                bool
}

// connection is one connection of a transcript.
type connection struct {
	ID, Transfer, Stream int
	Kind, Initiator      string
	OpenMS               float64                      `json:"open_ms"`
	Range                struct{ Offset, Length int } `json:"file_range"`
	Events               []struct {
		TMS            float64 `json:"t_ms"`
		From, Hex      string
		PayloadOf      string `json:"payload_of"`
		Offset, Length int
		EOF, RST       bool
	}
}

// transcripts reads the sessions that have a server, in the order of their
// names. It skips the test if nobody says where they are.
func transcripts(t *testing.T) []recording {
	t.Helper()
	dir := os.Getenv(transcriptsVariable)
	if dir == "" {
		t.Skip(transcriptsVariable + " does not name the folder of the recorded sessions")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s=%s: no sessions, %v", transcriptsVariable, dir, err)
	}
	var all []recording
	for _, name := range names {
		if !isOurs(strings.TrimSuffix(filepath.Base(name), ".json")) {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var from transcript
		if err := json.Unmarshal(data, &from); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := from.recording()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, r)
	}
	if len(all) != numOurs {
		t.Fatalf("%s=%s: %d sessions have a server, want %d", transcriptsVariable, dir, len(all), numOurs)
	}
	return all
}

func (tr *transcript) recording() (recording, error) {
	r := recording{name: tr.Name, contents: make(map[string]content)}
	if err := tr.configure(&r); err != nil {
		return r, err
	}
	for name, f := range tr.Files {
		r.contents[name] = random(f.Formula.Seed, f.Size)
		if f.Formula.Kind == "text" {
			r.contents[name] = repeated(f.Formula.Text, f.Size)
		}
	}
	if err := tr.tree(&r); err != nil {
		return r, err
	}
	for _, u := range tr.Result.Undelivered {
		lost, err := hex.DecodeString(u.LostHex)
		if err != nil || u.From != "server" {
			return r, fmt.Errorf("undelivered of %s: %w", u.From, err)
		}
		r.lost = append(r.lost, piece{plain: lost})
	}
	return r, tr.events(&r)
}

// configure sets the server up as its command line says. The options that
// every session has are those of a daemon with a log.
func (tr *transcript) configure(r *recording) error {
	argv := tr.Options.ServerArgv
	if len(argv) == 0 {
		command := tr.Options.ClientArgv[slices.Index(tr.Options.ClientArgv, "-E")+1]
		argv = strings.Fields(command)
		r.shell = shellCalls
	}
	for i := 1; i < len(argv); i++ {
		var err error
		switch argv[i] {
		case "-b", "-s":
		case "-R", "-l", "-L":
			i++
		case "-u":
			r.server.Clear = true
		case "-f":
			r.server.AnySourcePort = true
		case "-A":
			r.shell = shellTells
		case "-m":
			i++
			r.server.MaxStreams, err = strconv.Atoi(argv[i])
		case "-e":
			i++
			_, err = fmt.Sscanf(argv[i], "%d:%d", &r.server.DataPorts.Min, &r.server.DataPorts.Max)
		default:
			err = fmt.Errorf("unknown option")
		}
		if err != nil {
			return fmt.Errorf("option %s of the server: %w", argv[i], err)
		}
	}
	return nil
}
