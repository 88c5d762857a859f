package server

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

const transcriptsVariable = "BBFTP_TRANSCRIPTS"

// Which of the recorded sessions a version 1 server can be held to: those of
// version 1 and those that show a login.
var (
	ours    = []string{"v1_", "hand_login_", "hand_prot_", "hand_v1first_", "rsa_login_", "v3_login_", "nocrypt_refused", "nocrypt_wrong_password", "status_request"}
	numOurs = 56
)

// What the transcripts do not say: what lay in the home directory ("sub/" is a
// directory), with the content that other transcripts give to the name.
var present = map[string][]string{
	"v1_list_chdir_mkdir":  {"m1.dat", "m2.dat", "sub/", "sub/m3.dat"},
	"v1_prot_ans_1":        {"m1.dat"},
	"v1_retr_abr":          {"m1.dat"},
	"v1_retr_errors":       {"sub/"},
	"v1_retr_rfio":         {"m1.dat"},
	"v1_retr_rfio_nobody":  {"m1.dat"},
	"v1_retr_zero":         {"zero.dat"},
	"v1_store_errors":      {"sub/"},
	"v1_unknown":           {"m1.dat"},
	"v1_unknown_pipelined": {"m1.dat"},
	"hand_v1first_list":    {"m1.dat"},
}

var presentContents = map[string]content{
	"m1.dat":   random(11, 1000),
	"m2.dat":   random(12, 1000),
	"m3.dat":   random(13, 1000),
	"zero.dat": random(0, 0),
}

// And what they left there besides files.
var made = map[string][]entry{
	"v1_list_chdir_mkdir": {{path: home + "/newdir", mode: 0o750 | fs.ModeDir}},
}

// logins are the ones of transcripts whose MSG_LOG is encrypted.
var logins = map[string][2]string{
	"rsa_login_server_u":      {"bbuser", "secret"},
	"v1_login_rsa":            {"bbuser", "secret"},
	"v3_login_only":           {"bbuser", "secret"},
	"v3_login_unknown_user":   {"nouser", "secret"},
	"v3_login_wrong_password": {"bbuser", "wrong"},
}

// transcript is the part of a recorder's file that matters here.
type transcript struct {
	Name    string
	Options struct {
		ServerArgv []string `json:"server_argv"`
	}
	Transfers []struct {
		Op, Filename, Source string
		Gzip                 bool
		Complete             bool `json:"data_complete"`
	}
	Connections []struct {
		ID, Transfer, Stream int
		Kind                 string
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
	Files map[string]struct {
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
		} `json:"files_after"`
		Undelivered []struct {
			From    string
			LostHex string `json:"lost_hex"`
		}
	}
}

// transcripts reads the sessions that concern a version 1 server, in the order
// of their names. It skips the test if nobody says where they are.
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
		if !slices.ContainsFunc(ours, func(prefix string) bool { return strings.HasPrefix(filepath.Base(name), prefix) }) {
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
		t.Fatalf("%s=%s: %d sessions concern a version 1 server, want %d", transcriptsVariable, dir, len(all), numOurs)
	}
	return all
}

func (tr *transcript) recording() (recording, error) {
	r := recording{name: tr.Name, contents: make(map[string]content), left: made[tr.Name]}
	r.server.Clear = slices.Contains(tr.Options.ServerArgv, "-u")
	for name, f := range tr.Files {
		r.contents[name] = random(f.Formula.Seed, f.Size)
		if f.Formula.Kind == "text" {
			r.contents[name] = repeated(f.Formula.Text, f.Size)
		}
	}
	for _, name := range present[tr.Name] {
		e := entry{path: home + "/" + strings.TrimSuffix(name, "/"), mode: 0o755 | fs.ModeDir}
		if !strings.HasSuffix(name, "/") {
			e.mode, e.of = 0o644, filepath.Base(name)
			r.contents[e.of] = presentContents[e.of]
		}
		r.given = append(r.given, e)
	}
	for _, f := range tr.Transfers {
		if f.Op == "get" {
			r.given = append(r.given, entry{path: home + "/" + f.Filename, mode: 0o644, of: f.Source})
		}
	}
	for name, f := range tr.Result.FilesAfter {
		mode, err := strconv.ParseUint(f.Mode, 8, 32)
		if err != nil {
			return r, fmt.Errorf("mode of %s: %w", name, err)
		}
		r.left = append(r.left, entry{path: name, mode: fs.FileMode(mode), size: f.Size, sum: f.SHA256})
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

// events puts the events of all connections into one order. What a side sent
// on a data connection is one event: how it was cut says nothing.
func (tr *transcript) events(r *recording) error {
	type timed struct {
		event
		at float64
	}
	var all []timed
	for _, c := range tr.Connections {
		data := c.Kind == "data"
		if data {
			all = append(all, timed{event{conn: c.ID, from: wire.Server, kind: opened, stream: c.Stream}, c.OpenMS})
		}
		whole := -1 // where in all the data are
		for _, from := range c.Events {
			e := event{conn: c.ID}
			if from.From == "server" {
				e.from = wire.Server
			}
			switch {
			case from.RST:
				e.kind = reset
			case from.EOF:
				e.kind = eof
			case from.PayloadOf != "":
				e.bytes = []piece{{of: from.PayloadOf, offset: from.Offset, len: from.Length}}
			default:
				b, err := hex.DecodeString(from.Hex)
				if err != nil {
					return err
				}
				e.bytes = []piece{{plain: maskKey(b)}}
			}
			if !data {
				tr.encrypted(&e)
			} else if !tr.Transfers[c.Transfer].Complete && e.from == wire.Server && e.kind == eof {
				e.kind = closed // of an aborted transfer: which end it is depends on what was still on its way
			}
			if whole >= 0 && e.kind == sent && all[whole].from == e.from {
				all[whole].bytes = appendPieces(all[whole].bytes, e.bytes...)
				continue
			}
			all = append(all, timed{e, from.TMS})
			if data && e.kind == sent && whole < 0 {
				whole = len(all) - 1
			}
		}
		if data && tr.Transfers[c.Transfer].Op == "get" && tr.Transfers[c.Transfer].Gzip {
			if err := unblock(r, &all[whole].event, tr.Transfers[c.Transfer].Source, c.Range.Offset, c.Range.Length); err != nil {
				return fmt.Errorf("connection %d: %w", c.ID, err)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b timed) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	})
	for _, e := range all {
		r.events = append(r.events, e.event)
	}
	return nil
}

// encrypted makes a MSG_LOG that only the recorded server could decrypt one
// for any server.
func (tr *transcript) encrypted(e *event) {
	who, ok := logins[tr.Name]
	if !ok || e.from != wire.Client || e.kind != sent {
		return
	}
	if h, err := wire.ReadHeader(bytes.NewReader(e.bytes[0].plain)); err == nil && h.Code == wire.MsgLog {
		*e = event{conn: e.conn, kind: login, user: who[0], secret: who[1]}
	}
}

// unblock turns the recorded blocks of a server into their content, which it
// checks: another server may cut and pack them otherwise.
func unblock(r *recording, e *event, source string, offset, length int) error {
	b, err := r.join(e.bytes)
	if err != nil {
		return err
	}
	plain, err := readBlocks(bytes.NewReader(b), length)
	if err != nil {
		return err
	}
	*e = event{conn: e.conn, from: e.from, kind: blocks, bytes: []piece{{of: source, offset: offset, len: length}}}
	want, err := r.join(e.bytes)
	if err == nil && !bytes.Equal(plain, want) {
		err = fmt.Errorf("recorded blocks do not hold %s", source)
	}
	return err
}

// readBlocks reads compressed blocks until they hold length bytes, and
// insists on the limits of wire.md 6.4.
func readBlocks(r io.Reader, length int) (plain []byte, err error) {
	for len(plain) < length {
		h, err := wire.ReadBlockHeader(r, wire.BlockSizeV1)
		if err != nil {
			return plain, fmt.Errorf("after %d bytes of content: %w", len(plain), err)
		}
		data := make([]byte, h.Len)
		if _, err := io.ReadFull(r, data); err != nil {
			return plain, fmt.Errorf("block of %d bytes after %d bytes of content: %w", h.Len, len(plain), err)
		}
		if h.Code == wire.BlockZlib {
			packed := bytes.NewReader(data)
			z, err := zlib.NewReader(packed)
			if err == nil {
				data, err = io.ReadAll(z)
			}
			if err != nil || packed.Len() > 0 {
				return plain, fmt.Errorf("block of %d bytes: %d left over: %w", h.Len, packed.Len(), err)
			}
		}
		if len(data) > wire.BlockSizeV1 || len(plain)+len(data) > length {
			return plain, fmt.Errorf("block holds %d bytes, %d are missing", len(data), length-len(plain))
		}
		plain = append(plain, data...)
	}
	return plain, nil
}
