package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bbftp/engine/client"
)

// spoilt runs one transfer of "f" through a middle with a plan. The target
// holds "precious" before. The client must fail with an error that names the
// file; the source must be as before; the target must be as before or, where
// the receiver could not know of the fault, complete; and nothing else may
// stay. It returns the error and whether the target is complete.
func spoilt(t *testing.T, h *host, op string, content []byte, set func(*client.Config), p plan) (failure error, complete bool) {
	t.Helper()
	m := between(t, h.port, p)
	c, dir := dial(t, m.port, set)
	from, to := dir, h.root
	if op == "get" {
		from, to = h.root, dir
	}
	write(t, from, "f", content)
	write(t, to, "f", []byte("precious"))

	var err error
	if op == "put" {
		_, err = c.Put(t.Context(), "f", "f")
	} else {
		_, err = c.Get(t.Context(), "f", "f")
	}
	if err == nil {
		t.Error("no error")
		return errors.New("none"), false
	}
	c.Close()
	// The server may still be about to notice; where the client failed after
	// the server's success, the new file is there already.
	m.drop(false)
	m.all.Wait()
	awaitNoTemporary(t, h.root)

	holds(t, from, "f", string(content))
	got, readErr := os.ReadFile(filepath.Join(to, "f"))
	if readErr != nil {
		t.Fatal(readErr)
	}
	if complete = string(got) == string(content); complete {
		holds(t, to, "f", string(content))
	} else {
		holds(t, to, "f", "precious")
	}
	return err, complete
}

// awaitNoTemporary waits for the server to have cleaned up.
func awaitNoTemporary(t *testing.T, root string) {
	t.Helper()
	for range 1000 {
		entries, err := os.ReadDir(root)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) == 1 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the server does not clean up")
}

// witness is a session that began before the faults and lives through them: a
// transfer of it shows that the server still serves, and that it serves others
// undisturbed.
type witness struct {
	*client.Client
	before usage
}

func newWitness(t *testing.T, h *host) *witness {
	t.Helper()
	c, dir := dial(t, h.port, nil)
	write(t, dir, "w", []byte("content"))
	w := &witness{Client: c}
	w.testify(t, h)
	w.before = use(t)
	return w
}

// testify also checks that nothing was leaked since the witness came.
func (w *witness) testify(t *testing.T, h *host) {
	t.Helper()
	if w.before != (usage{}) {
		w.before.back(t)
	}
	if _, err := w.Put(t.Context(), "w", "w"); err != nil {
		t.Errorf("another session: %v", err)
	}
	if _, err := w.Get(t.Context(), "w", "w"); err != nil {
		t.Errorf("another session: %v", err)
	}
	if err := os.Remove(filepath.Join(h.root, "w")); err != nil {
		t.Error(err)
	}
}

// TestPeerDies ends the connection, or all of them, after each message of each
// dialogue, before each, and in each. Both sides see their peer die.
func TestPeerDies(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	w := newWitness(t, h)
	content := waves(300_001)
	for _, op := range []struct {
		name     string
		messages int
	}{
		{"put", 7}, // CRYPT, LOG, OK, PROT, BAD, STORE, OK
		{"get", 9}, // CRYPT, LOG, OK, PROT, BAD, RETR, RETR_OK, RETR_START, OK
	} {
		for n := range op.messages {
			for how, p := range map[string]plan{
				"after":           {cut: n},
				"after, with all": {cut: n, all: true},
				"before":          {cut: n, late: true},
				"before with all": {cut: n, late: true, all: true},
				"in":              {cut: n, late: true, half: true},
			} {
				if n == 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s %d", op.name, how, n+1), func(t *testing.T) {
					err, complete := spoilt(t, h, op.name, content, func(cfg *client.Config) { cfg.Streams = 3 }, p)
					if complete && (op.name == "get" || n < op.messages-2) {
						t.Errorf("%v, but the file is there", err)
					}
					var local *client.LocalError
					if errors.As(err, &local) {
						t.Errorf("%v: that is no local failure", err)
					}
				})
				w.testify(t, h)
			}
		}
		t.Run(op.name+"/never", func(t *testing.T) {
			// Proves that the messages are those counted above.
			m := between(t, h.port, plan{})
			c, dir := dial(t, m.port, nil)
			write(t, dir, "f", content)
			var err error
			if op.name == "put" {
				_, err = c.Put(t.Context(), "f", "f")
			} else {
				_, err = c.Get(t.Context(), "f", "f")
			}
			if err != nil {
				t.Error(err)
			}
			if m.passed != op.messages {
				t.Errorf("%d messages, want %d", m.passed, op.messages)
			}
		})
	}
}

// TestDataFaults spoils one of three data streams in every way.
func TestDataFaults(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	w := newWitness(t, h)
	const part = 1003
	content := waves(3 * part)
	type says struct{ put, get string }
	for _, tt := range []struct {
		name      string
		compress  bool
		plan      plan
		says      says
		committed bool // by the server, for it has all and could say so
	}{
		{
			name: "port refused", plan: plan{refuse: 2},
			says: says{"Cannot connect receive socket 2 : Connection refused", "Cannot connect receive socket 2 : Connection refused"},
		},
		{
			name: "cut before the data", plan: plan{data: onStream(1, cutAt(0))},
			says: says{"Connection closed before the end of the data", "data stream 2"},
		},
		{
			name: "cut halfway", plan: plan{data: onStream(1, cutAt(part/2))},
			says: says{"Connection closed before the end of the data", "data stream 2"},
		},
		{
			name: "cut before the last byte", plan: plan{data: onStream(1, cutAt(part-1))},
			says: says{"Connection closed before the end of the data", "data stream 2"},
		},
		{
			name: "cut before the ACK", plan: plan{ack: onStream(1, func(_ int64, b []byte) ([]byte, bool) { return nil, len(b) > 0 })},
			says: says{"ACK", "Connection closed before the end of the data"}, committed: true,
		},
		{
			name: "cut in the ACK", plan: plan{ack: onStream(1, cutAt(4))},
			says: says{"ACK", "Connection closed before the end of the data"}, committed: true,
		},
		{
			name: "another ACK", plan: plan{ack: onStream(1, flipByte(3))},
			says: says{"not an ACK", "Input/output error"}, committed: true,
		},
		{
			name: "excess", plan: plan{data: onStream(1, addAt(part, "x"))},
			says: says{"More data than announced", "more than its segment"},
		},
		{
			name: "block code", compress: true, plan: plan{data: onStream(1, flipByte(0))},
			says: says{"Invalid compressed block", "bad block"},
		},
		{
			name: "block length", compress: true, plan: plan{data: onStream(1, flipByte(4))},
			says: says{"Invalid compressed block", "bad block"},
		},
		{
			name: "block content", compress: true, plan: plan{data: onStream(1, flipByte(20))},
			says: says{"Invalid compressed block", "bad block"},
		},
		{
			name: "cut in a block", compress: true, plan: plan{data: onStream(1, cutAt(20))},
			says: says{"Connection closed before the end of the data", "data stream 2"},
		},
	} {
		for _, op := range []string{"put", "get"} {
			t.Run(tt.name+"/"+op, func(t *testing.T) {
				err, complete := spoilt(t, h, op, content,
					func(cfg *client.Config) { cfg.Streams, cfg.Compress = 3, tt.compress }, tt.plan)
				want := tt.says.put
				if op == "get" {
					want = tt.says.get
				}
				if text := err.Error(); !strings.Contains(text, op+" f") || !strings.Contains(text, want) {
					t.Errorf("%q does not say %q and %q", text, op+" f", want)
				}
				if complete != (op == "put" && tt.committed) {
					t.Errorf("%v, and the file is complete: %t", err, complete)
				}
			})
			w.testify(t, h)
		}
	}
}
