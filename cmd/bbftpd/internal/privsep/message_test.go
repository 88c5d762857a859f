package privsep

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/engine/audit"
)

// FuzzRequest has a process that was taken over say what it likes.
func FuzzRequest(f *testing.F) {
	text := "v"
	for _, r := range []request{
		{Check: []byte{1, 0, 0, 0, 1, 'u', 'p'}},
		{Sign: &toSign{Message: make([]byte, 130), Hash: 5}},
		{Pong: true},
		{Ready: true},
		{Enter: &entering{Early: []byte("early"), TLS: true}},
		{Enter: &entering{}},
		{Streams: 8},
		{Release: 1},
		{Log: &line{Level: 4, Message: "m", Fields: []field{{Key: "k", Text: &text}, {Key: "user", Int: new(int64(1))}}}},
		{Record: &audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", File: "/f"}},
	} {
		b, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, s := range []string{"", "{}", "null", "[]", `{"streams":-1}`, `{"streams":1,"release":1}`, `{"check":""}`, `{"streams":1}{}`, `{"other":1}`, `{"log":{"fields":[{}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRequest(b)
		if err != nil {
			if !errors.Is(err, errRules) || !reflect.DeepEqual(r, request{}) {
				t.Fatalf("%v with error %v", r, err)
			}
			return
		}
		if r.Log != nil {
			for _, a := range r.Log.attrs() {
				if slices.Contains(stamped, a.Key) {
					t.Fatalf("stamped itself with %v", a)
				}
			}
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := parseRequest(again)
		if err != nil {
			t.Fatalf("%s: %v", again, err)
		}
		if said, err := json.Marshal(back); err != nil || !bytes.Equal(said, again) {
			t.Fatalf("%s became %s, %v", again, said, err)
		}
	})
}

// channels are the two ends of one.
func channels(t *testing.T) (a, b *channel) {
	t.Helper()
	x, y := net.Pipe()
	t.Cleanup(func() { _ = x.Close(); _ = y.Close() })
	return &channel{conn: x}, &channel{conn: y}
}

func TestReceiveBounds(t *testing.T) {
	for name, sent := range map[string][]byte{
		"nothing":  {0, 0, 0, 0},
		"too much": {0, 0, 0, 11},
		"huge":     {0xff, 0xff, 0xff, 0xff},
		"cut off":  {0, 0, 0, 10, '{'},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := channels(t)
			go func() {
				_, _ = a.conn.Write(sent)
				_ = a.Close()
			}()
			if frame, err := b.receive(10); err == nil {
				t.Errorf("received %q", frame)
			}
		})
	}
}

// TestLinesFit has the longest lines and records fit their frames, whatever is in them.
func TestLinesFit(t *testing.T) {
	for _, bad := range []string{"\x00", "\xff", "<", "x"} {
		long := strings.Repeat(bad, 100<<10)
		for room, most := range map[int]int{doorText: maxDoor, sessionText: maxSession} {
			a, b := channels(t)
			log := slog.New(&speaker{channel: a, room: room}).With("first", long).WithGroup("g")
			go func() {
				log.Warn(long, "error", errors.New(long), long, 1, slog.Group("deep", "n", 1, "s", long))
				recorder{&master{channel: a}}.Record(audit.Record{Event: audit.File, File: long, Reason: long, User: long})
			}()
			for _, what := range []string{"line", "record"} {
				if what == "record" && room == doorText {
					continue // a door has no files
				}
				frame, err := b.receive(most)
				if err != nil {
					t.Fatalf("%s of %q: %v", what, bad, err)
				}
				if _, err := parseRequest(frame); err != nil {
					t.Errorf("%s of %q: %v", what, bad, err)
				}
			}
		}
	}
}

// TestLines tells what was written, but for what the monitor knows better.
func TestLines(t *testing.T) {
	a, b := channels(t)
	go slog.New(&speaker{channel: a, room: sessionText}).With("user", "root", "text", "t").Info("done",
		"int", 1, "float", 1.5, "bool", true, "duration", time.Second, "error", errors.New("e"), "client", "other", "msg", "login", "level", "ERROR")
	frame, err := b.receive(maxSession)
	if err != nil {
		t.Fatal(err)
	}
	r, err := parseRequest(frame)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	log.LogAttrs(t.Context(), slog.Level(r.Log.Level), r.Log.Message, r.Log.attrs()...)
	if want := "level=INFO msg=done text=t int=1 float=1.5 bool=true duration=1s error=e\n"; out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

func TestShares(t *testing.T) {
	var s shares
	s.limit(1000)
	now := make(map[string]int64)
	join := func(name, user string, own int64) (leave func()) {
		return s.join(&sharer{user: user, own: own, share: func(limit int64) { now[name] = limit }})
	}
	want := func(shares map[string]int64) {
		t.Helper()
		for name, share := range shares {
			if now[name] != share {
				t.Errorf("%s has %d, want %d", name, now[name], share)
			}
		}
	}
	a := join("a", "alice", 0)
	want(map[string]int64{"a": 1000})
	b := join("b", "bob", 300)
	want(map[string]int64{"a": 500, "b": 300})
	b2 := join("b2", "bob", 300)
	want(map[string]int64{"a": 333, "b": 150, "b2": 150})
	s.limit(0)
	want(map[string]int64{"a": 0, "b": 150, "b2": 150})
	b()
	a()
	want(map[string]int64{"b2": 300})
	s.limit(100)
	want(map[string]int64{"b2": 100})
	b2()
	if len(s.sessions) != 0 {
		t.Error("somebody is left")
	}
}

// TestMemory has sessions come, and all together get little more than there is.
func TestMemory(t *testing.T) {
	for total, want := range map[int64][]int64{
		0:         {256 << 20, 128 << 20, 64 << 20, 32 << 20, leastMemory, leastMemory},
		256 << 20: {128 << 20, 64 << 20, leastMemory, leastMemory},
		1 << 20:   {1 << 20, 1 << 20},
	} {
		var s shares
		var leave []func()
		for i, most := range want {
			one := &sharer{share: func(int64) {}}
			leave = append(leave, s.join(one))
			if got := s.lend(one, total); got != most {
				t.Errorf("of %d, session %d gets %d, want %d", total, i+1, got, most)
			}
		}
		for _, one := range leave {
			one()
		}
		if s.lent != 0 {
			t.Errorf("%d bytes not given back", s.lent)
		}
	}
}
