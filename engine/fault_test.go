package engine

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/wire"
)

// spoilt runs one transfer of "f" through a middle with a plan. The target
// holds "precious" before. The client must fail with an error that names the
// file; the source must be as before; the target must be as before or, where
// the receiver could not know of the fault, complete; and nothing else may
// stay. It returns the error and whether the target is complete.
func spoilt(t *testing.T, h *host, op string, content []byte, set func(*client.Config), p plan) (failure error, complete bool) {
	t.Helper()
	others := h.sessions()
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
	m.close()
	h.settle(t, others)

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

// awaitFiles waits for the server to have cleaned up: only so many files stay.
func awaitFiles(t *testing.T, root string, n int) {
	t.Helper()
	var entries []os.DirEntry
	for range 1000 {
		var err error
		if entries, err = os.ReadDir(root); err != nil {
			t.Fatal(err)
		}
		if len(entries) == n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("left in %s: %v", root, entries)
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

// TestPeerDies ends the control connection, or all there are, after each message
// of each dialogue, before the next one, and in it. Both sides see their peer
// die.
func TestPeerDies(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	w := newWitness(t, h)
	content := waves(300_001)
	for _, op := range []struct {
		version  int
		name     string
		messages int
	}{
		{1, "put", 5},  // CRYPT, LOG, OK, STORE, OK
		{1, "get", 7},  // CRYPT, LOG, OK, RETR, RETR_OK, RETR_START, OK
		{2, "put", 11}, // CRYPT, LOG, OK, PROT, PROT_ANS, PROT_ANS, STORE_V2, FILENAME, TRANS_OK_V2, TRANS_START_V2, OK
		{2, "get", 11},
		{3, "put", 11},
		{3, "get", 11},
	} {
		set := func(cfg *client.Config) { cfg.Protocol, cfg.Streams, cfg.BufferSize = op.version, 3, 64 }
		for n := 1; n < op.messages; n++ {
			for how, p := range map[string]plan{
				"connection after":  {cut: n},
				"machine before":    {cut: n, late: true, all: true},
				"connection inside": {cut: n, late: true, half: true},
			} {
				t.Run(fmt.Sprintf("version %d/%s/%s %d", op.version, op.name, how, n), func(t *testing.T) {
					err, complete := spoilt(t, h, op.name, content, set, p)
					if complete && (op.name == "get" || n < op.messages-1) {
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
		t.Run(fmt.Sprintf("version %d/%s/never", op.version, op.name), func(t *testing.T) {
			// Proves that the messages are those counted above.
			m := between(t, h.port, plan{})
			c, dir := dial(t, m.port, set)
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
			m.close()
			if m.passed != op.messages {
				t.Errorf("%d messages, want %d", m.passed, op.messages)
			}
		})
	}
}

func saysOne(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// TestDataFaults spoils one of three data streams in every way.
func TestDataFaults(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	w := newWitness(t, h)
	const part = 1031 // more than the KiB that makes another stream worth while
	content := waves(3 * part)
	// What the client says. Where both sides notice, either may be first.
	type says struct{ put, get []string }
	refused := []string{
		"Cannot connect receive socket 2 : Connection refused", // the server, in version 1
		"Cannot connect receive socket port 127.0.0.1:",        // in version 2
		"connect data stream 2",                                // the client, in version 3
	}
	cut := []string{"before the end of the data", "Connection reset by peer", "data stream 2"}
	for _, tt := range []struct {
		name      string
		compress  bool
		plan      plan
		says      says
		committed bool // by the server, for it has all and could say so
	}{
		{
			name: "port refused", plan: plan{refuse: 2},
			says: says{refused, refused},
		},
		{
			name: "cut before the data", plan: plan{data: onStream(1, cutAt(0))},
			says: says{cut, cut},
		},
		{
			name: "cut halfway", plan: plan{data: onStream(1, cutAt(part/2))},
			says: says{cut, cut},
		},
		{
			name: "cut before the last byte", plan: plan{data: onStream(1, cutAt(part-1))},
			says: says{cut, cut},
		},
		{
			name: "cut before the ACK", plan: plan{ack: onStream(1, func(_ int64, b []byte) ([]byte, bool) { return nil, len(b) > 0 })},
			says: says{[]string{"ACK"}, cut}, committed: true,
		},
		{
			name: "cut in the ACK", plan: plan{ack: onStream(1, cutAt(4))},
			says: says{[]string{"ACK"}, cut}, committed: true,
		},
		{
			name: "another ACK", plan: plan{ack: onStream(1, flipByte(3))},
			says: says{[]string{"not an ACK"}, []string{"Input/output error"}}, committed: true,
		},
		{
			name: "excess", plan: plan{data: onStream(1, addAt(part, "x"))},
			says: says{[]string{"More data than announced"}, []string{"more than its segment"}},
		},
		{
			name: "block code", compress: true, plan: plan{data: onStream(1, flipByte(0))},
			says: says{[]string{"Invalid compressed block"}, []string{"bad block"}},
		},
		{
			name: "block length", compress: true, plan: plan{data: onStream(1, flipByte(4))},
			says: says{[]string{"Invalid compressed block"}, []string{"bad block"}},
		},
		{
			name: "block content", compress: true, plan: plan{data: onStream(1, flipByte(20))},
			says: says{[]string{"Invalid compressed block"}, []string{"bad block"}},
		},
		{
			name: "cut in a block", compress: true, plan: plan{data: onStream(1, cutAt(20))},
			says: says{cut, cut},
		},
	} {
		for i := range 6 {
			version, op := 1+i/2, []string{"put", "get"}[i%2]
			t.Run(fmt.Sprintf("%s/version %d/%s", tt.name, version, op), func(t *testing.T) {
				err, complete := spoilt(t, h, op, content, func(cfg *client.Config) {
					cfg.Protocol, cfg.Streams, cfg.BufferSize, cfg.Compress = version, 3, 1, tt.compress
				}, tt.plan)
				want := tt.says.put
				if op == "get" {
					want = tt.says.get
				}
				if text := err.Error(); !strings.Contains(text, op+" f") || !saysOne(text, want) {
					t.Errorf("%q does not say %q and %q", text, op+" f", want)
				}
				// Whether the other streams were done before the client closed them
				// is a race: the target is whole then, and untouched otherwise.
				if complete && !(op == "put" && tt.committed) {
					t.Errorf("%v, and the file is complete: %t", err, complete)
				}
			})
			w.testify(t, h)
		}
	}
}

// TestControlLost ends the control connection of a client whose data streams
// stay: the server must not wait for them.
func TestControlLost(t *testing.T) {
	noLeaks(t)
	h := serve(t, nil)
	w := newWitness(t, h)
	content := noise(64 << 20) // more than the kernel's buffers take
	size := int64(len(content))
	for _, code := range []wire.Code{wire.MsgStore, wire.MsgStoreC, wire.MsgRetr, wire.MsgRetrC} {
		for how, end := range map[string]func(*net.TCPConn) error{
			"closed": (*net.TCPConn).Close,
			"reset":  func(conn *net.TCPConn) error { return errors.Join(conn.SetLinger(0), conn.Close()) },
			"talking": func(conn *net.TCPConn) error {
				_, err := conn.Write(wire.PathRequest{Kind: wire.MsgMkdir, Path: "d"}.Append(nil))
				return err
			},
		} {
			t.Run(code.String()+"/"+how, func(t *testing.T) {
				before := []byte("precious")
				if code == wire.MsgRetr || code == wire.MsgRetrC {
					before = content
				}
				write(t, h.root, "f", before)
				defer os.Remove(filepath.Join(h.root, "f"))
				others := h.sessions()
				r := intrude(t, h.port)
				r.login()
				streams := r.transfer(code, "f", size, 3)
				if err := end(r.conn); err != nil {
					t.Fatal(err)
				}
				for i, conn := range streams {
					if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("data stream %d stays open", i+1)
					}
					conn.Close()
				}
				r.conn.Close()
				h.settle(t, others)
				holds(t, h.root, "f", string(before))
			})
			w.testify(t, h)
		}
	}
}

// transfer begins one and returns its data streams, on which nothing has moved.
func (r *rude) transfer(code wire.Code, name string, size int64, n int) []*net.TCPConn {
	r.Helper()
	var (
		listeners []*net.TCPListener
		ports     []uint16
		streams   []*net.TCPConn
	)
	for range n {
		ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			r.Fatal(err)
		}
		defer ln.Close()
		listeners, ports = append(listeners, ln), append(ports, uint16(ln.Addr().(*net.TCPAddr).Port))
	}
	request, err := wire.NewFileRequest(code, name, size, netip.Addr{}, ports)
	if err != nil {
		r.Fatal(err)
	}
	r.say(request.Append(nil))
	if code == wire.MsgRetr || code == wire.MsgRetrC {
		if m, ok := r.hear().(wire.RetrOK); !ok || m.Size != size {
			r.Fatalf("answered %v", m)
		}
		r.say(wire.Signal{Kind: wire.MsgRetrStart}.Append(nil))
	}
	for _, ln := range listeners {
		conn, err := ln.AcceptTCP()
		if err != nil {
			r.Fatal(err)
		}
		r.Cleanup(func() { conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			r.Fatal(err)
		}
		streams = append(streams, conn)
	}
	return streams
}
