package wire_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

const transcriptsVariable = "BBFTP_TRANSCRIPTS"

// session is a recorded conversation of real peers, or of one with a script, as far as these tests look at it.
type session struct {
	Name        string
	Connections []connection
	Transfers   []struct {
		Complete bool `json:"data_complete"`
	}
}

type connection struct {
	ID       int
	Kind     string // control, addr-check or data
	Transfer int
	Events   []event
}

type event struct {
	From    string
	Hex     string
	Length  int    // of bytes that are not in Hex
	Msg     string // the message that these bytes are
	Garbage bool   `json:"incomplete_or_garbage"`
	Block   *struct{ Datalen int }
	Decoded map[string]any
}

func (e event) bytes(t testing.TB) []byte { return unhex(t, e.Hex) }

func (e event) sender() wire.Sender {
	if e.From == "client" {
		return wire.Client
	}
	return wire.Server
}

// sessions reads all transcripts. It skips the test if nobody says where they are.
func sessions(t testing.TB) []session {
	t.Helper()
	dir := os.Getenv(transcriptsVariable)
	if dir == "" {
		t.Skip(transcriptsVariable + " does not name the folder of the recorded sessions")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s=%s: no sessions, %v", transcriptsVariable, dir, err)
	}
	all := make([]session, 0, len(files))
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		d := json.NewDecoder(f)
		d.UseNumber()
		var s session
		if err := d.Decode(&s); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, s)
	}
	return all
}

// piece is one message of a stream, or what cannot be one.
type piece struct {
	at    int // offset in the stream
	bytes []byte
	msg   wire.Message
	err   error
}

// split cuts one direction of a control connection into messages. Behind a refused header it goes on after the bytes announced, if they came.
func split(stream []byte, from wire.Sender) []piece {
	var pieces []piece
	for at := 0; at < len(stream); {
		m, n, err := wire.Parse(stream[at:], from)
		if err != nil {
			n = len(stream) - at
			if h, headerErr := wire.ReadHeader(bytes.NewReader(stream[at:])); headerErr == nil && !errors.Is(err, wire.ErrTruncated) {
				if end := wire.HeaderSize + int(h.Len); h.Len >= 0 && end < n {
					n = end
				}
			}
		}
		pieces = append(pieces, piece{at: at, bytes: stream[at : at+n], msg: m, err: err})
		at += n
	}
	return pieces
}

// TestTranscripts: every byte on the control connections of real peers ends in a message that is sent as it came, says what the recorder
// understood and is where the recorder cut it; or in one of the errors of the table, which has nothing else.
func TestTranscripts(t *testing.T) {
	expected := make(map[place]fault)
	for _, f := range faults {
		expected[f.place] = f
	}
	messages := 0
	for _, s := range sessions(t) {
		for _, c := range s.Connections {
			if c.Kind == "data" {
				continue
			}
			for _, from := range []wire.Sender{wire.Client, wire.Server} {
				stream, events := direction(t, c, from)
				pieces := split(stream, from)
				inStep := !slices.ContainsFunc(pieces, func(p piece) bool { return p.err != nil })
				for _, p := range pieces {
					at := place{s.Name, c.ID, from, p.at}
					if p.err != nil {
						want, ok := expected[at]
						if !ok {
							t.Errorf("%v: %v", at, p.err)
							continue
						}
						delete(expected, at)
						wantError(t, p.err, want.cause, want.offset)
						continue
					}
					messages++
					if got := p.msg.Append(nil); !bytes.Equal(got, p.bytes) {
						t.Errorf("%v: %+v is sent as\n%x, came as\n%x", at, p.msg, got, p.bytes)
					}
					e, ok := events[p.at]
					if !ok || len(e.bytes(t)) != len(p.bytes) {
						if inStep {
							t.Errorf("%v: %v takes %d bytes, recorded otherwise", at, p.msg.Code(), len(p.bytes))
						}
						continue
					}
					checkDecoded(t, at, e, p.msg)
				}
				for offset, e := range events {
					if e.Garbage && !slices.ContainsFunc(faults, func(f fault) bool { return f.place == place{s.Name, c.ID, from, offset} }) {
						t.Errorf("%v: recorded as garbage, but no error", place{s.Name, c.ID, from, offset})
					}
				}
			}
		}
	}
	for at := range expected {
		t.Errorf("%v: no error", at)
	}
	t.Logf("%d messages, %d errors", messages, len(faults))
}

// direction returns what one side sent, and the recorded events by their offset in it.
func direction(t testing.TB, c connection, from wire.Sender) ([]byte, map[int]event) {
	var stream []byte
	events := make(map[int]event)
	for _, e := range c.Events {
		if e.sender() == from && e.Hex != "" {
			events[len(stream)] = e
			stream = append(stream, e.bytes(t)...)
		}
	}
	return stream, events
}

// checkDecoded compares a message with the fields that the recorder, another program, took from the same bytes.
func checkDecoded(t *testing.T, at place, e event, m wire.Message) {
	t.Helper()
	if e.Msg != m.Code().String() {
		t.Errorf("%v: %v, recorded as %s", at, m.Code(), e.Msg)
	}
	got := decoded(m)
	for key, want := range e.Decoded {
		if key == "options" {
			continue // names for the bits of transferoption
		}
		if fmt.Sprint(got[key]) != fmt.Sprint(want) {
			t.Errorf("%v: %s of %v is %v, recorded as %v", at, key, m.Code(), got[key], want)
		}
	}
}

// decoded names a message's fields as the transcripts do.
func decoded(m wire.Message) map[string]any {
	switch m := m.(type) {
	case wire.Reply:
		return map[string]any{"text": latin1(m.Text)}
	case wire.Filename:
		return map[string]any{"text": latin1(m.Path)}
	case wire.PathRequest:
		return map[string]any{"name": latin1(m.Path)}
	case wire.PathCommand:
		return map[string]any{"name": latin1(m.Path), "transferoption": uint32(m.Options)}
	case wire.IntCommand:
		return map[string]any{"value": m.Value}
	case wire.Log:
		return map[string]any{"crtype": int32(m.Type), "numuser": uint32(m.UserLen), "numpass": uint32(m.PassLen)}
	case wire.Crypt:
		return map[string]any{
			"crtype": int32(m.Type), "pubkeylen": 4 + len(m.Modulus), "expolen": 4 + len(m.Exponent),
			"modulus_mpi":  fmt.Sprintf("%08x%s", len(m.Modulus), hex.EncodeToString(m.Modulus)),
			"exponent_mpi": fmt.Sprintf("%08x%s", len(m.Exponent), hex.EncodeToString(m.Exponent)),
		}
	case wire.LoggedStdin:
		return map[string]any{"port": m.Port}
	case wire.ProtRange:
		return map[string]any{"min": m.Min, "max": m.Max}
	case wire.ProtChoice:
		return map[string]any{"version": m.Version}
	case wire.RetrOK:
		return map[string]any{"filesize": m.Size}
	case wire.FileRequest:
		name, _, _ := strings.Cut(string(m.Name[:]), "\x00")
		return map[string]any{"filename": latin1(name), "filesize": m.Size, "nbport": m.Count, "ports": m.Ports[:m.Count]}
	case wire.Transfer:
		return map[string]any{
			"filesize": m.Size, "transferoption": uint32(m.Options), "filemode": m.Mode,
			"lastaccess": strings.Trim(string(m.Accessed[:]), "\x00"), "lastmodif": strings.Trim(string(m.Modified[:]), "\x00"),
			"sendwinsize": m.SendWindow, "recvwinsize": m.RecvWindow, "buffersizeperstream": m.BufferSize, "nbstream": m.Streams,
			"ports_trailer": m.Ports,
		}
	case wire.ActiveStart:
		return map[string]any{"ports": m.Ports}
	case wire.PassiveStart:
		n, _ := m.Streams()
		return map[string]any{"nbstream": n}
	case wire.ListReply:
		return map[string]any{"list": latin1All(m.Names)}
	case wire.ListReplyV2:
		var list []string
		for _, e := range m.Entries {
			list = append(list, e.Path, string(e.Type[:]))
		}
		return map[string]any{"list": latin1All(list)}
	}
	return nil
}

func latin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

func latin1All(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = latin1(s)
	}
	return out
}

// TestTranscriptsData: the ACKs and block headers on the data connections of real peers.
func TestTranscriptsData(t *testing.T) {
	notAck := map[string]bool{"client_put_bad_ack": true, "hand_v3_get_wrong_ack": true}
	badBlock := map[string]bool{"hand_v3_put_gzip_unknown_blockcode": true}
	acks, blocks := 0, 0
	for _, s := range sessions(t) {
		limit := blockLimit(t, s)
		for _, c := range s.Connections {
			if c.Kind != "data" {
				continue
			}
			missing := 0 // bytes of the block that still have to come
			for _, e := range c.Events {
				switch {
				case e.Msg != "":
					acks++
					if err := wire.ReadAck(bytes.NewReader(e.bytes(t))); (err != nil) != notAck[s.Name] || err != nil && !errors.Is(err, wire.ErrNotAck) {
						t.Errorf("%s, data connection %d: %v", s.Name, c.ID, err)
					}
				case e.Block != nil:
					blocks++
					h, err := wire.ParseBlockHeader(e.bytes(t), limit)
					if badBlock[s.Name] {
						if !errors.Is(err, wire.ErrBlockCode) {
							t.Errorf("%s, data connection %d: block header %x: %v", s.Name, c.ID, e.bytes(t), err)
						}
						break
					}
					if err != nil || int(h.Len) != e.Block.Datalen || missing != 0 || !bytes.Equal(h.Append(nil), e.bytes(t)) {
						t.Errorf("%s, data connection %d: %+v, %v, before it %d bytes missing", s.Name, c.ID, h, err, missing)
					}
					missing = int(h.Len)
				case missing > 0:
					missing -= len(e.bytes(t)) + e.Length
				}
			}
			if missing != 0 && s.Transfers[c.Transfer].Complete {
				t.Errorf("%s, data connection %d: %d bytes missing in the last block", s.Name, c.ID, missing)
			}
		}
	}
	if acks == 0 || blocks == 0 {
		t.Errorf("%d ACKs, %d blocks", acks, blocks)
	}
	t.Logf("%d ACKs, %d block headers", acks, blocks)
}

// blockLimit finds the largest block that the sides of a session agreed on.
func blockLimit(t *testing.T, s session) int {
	limit := 0
	for _, c := range s.Connections {
		if c.Kind == "data" {
			continue
		}
		for _, from := range []wire.Sender{wire.Client, wire.Server} {
			stream, _ := direction(t, c, from)
			for _, p := range split(stream, from) {
				switch m := p.msg.(type) {
				case wire.FileRequest:
					limit = wire.BlockSizeV1
				case wire.Transfer:
					limit = m.BlockLimit()
				}
			}
		}
	}
	return limit
}
