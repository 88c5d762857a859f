package server

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bbftp/engine/recorded"
)

// numOurs is how many of the recorded sessions have a server, which is all but
// those of clients with a script and the one whose shell has no server.
const numOurs = 201

func isOurs(name string) bool {
	return !strings.HasPrefix(name, "client_") && name != "ssh_server_fails"
}

// transcript is a recorded session that is to become a recording.
type transcript struct{ recorded.Transcript }

// transcripts reads the sessions that have a server, in the order of their
// names. It skips the test if nobody says where they are.
func transcripts(t *testing.T) []recording {
	t.Helper()
	var all []recording
	for _, tr := range recorded.Transcripts(t, isOurs, numOurs) {
		r, err := (&transcript{tr}).recording()
		if err != nil {
			t.Fatalf("%s: %v", tr.Name, err)
		}
		all = append(all, r)
	}
	return all
}

func (tr *transcript) recording() (recording, error) {
	r := recording{name: tr.Name, contents: make(recorded.Contents)}
	maps.Copy(r.contents, tr.Files)
	if err := tr.configure(&r); err != nil {
		return r, err
	}
	if err := tr.tree(&r); err != nil {
		return r, err
	}
	for _, u := range tr.Result.Undelivered {
		lost, err := hex.DecodeString(u.LostHex)
		if err != nil || u.From != "server" {
			return r, fmt.Errorf("undelivered of %s: %w", u.From, err)
		}
		r.lost = append(r.lost, recorded.Piece{Plain: lost})
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
