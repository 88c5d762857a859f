package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bbftp/engine/wire"
)

// TestV2RefusedRequests: a request that must not be obeyed is read to its end
// with the name behind it, refused, and the session goes on.
func TestV2RefusedRequests(t *testing.T) {
	const store, retr = wire.MsgStoreV2, wire.MsgRetrV2
	change := func(r wire.Transfer, f func(*wire.Transfer)) wire.Transfer { f(&r); return r }
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		s.write(t, "file", "before", 0o644)
		s.write(t, "read-only", "before", 0o444)
		s.write(t, "dir/file", "", 0o644)
		if err := os.Symlink("/etc/passwd", filepath.Join(s.root, "outside")); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
		long := strings.Repeat("n", 5000)
		for _, test := range []struct {
			name string
			r    wire.Transfer
			file string
			want string // as far as it goes
		}{
			{"no streams", wish(store, 6, 0, 0), "file", textInvalid},
			{"negative streams", wish(store, 6, 0, -1), "file", textInvalid},
			{"no streams", wish(retr, 0, 0, 0), "file", textInvalid},
			{"negative size", wish(store, -1, 0, 1), "file", textInvalid},
			{"no buffer", change(wish(store, 6, 0, 1), func(r *wire.Transfer) { r.BufferSize = 0 }), "file", textInvalid},
			{"no buffer", change(wish(retr, 0, 0, 1), func(r *wire.Transfer) { r.BufferSize = 0 }), "file", textInvalid},
			{"negative buffer", change(wish(retr, 0, 0, 1), func(r *wire.Transfer) { r.BufferSize = -16 }), "file", textInvalid},
			{"large buffer", change(wish(store, 6, 0, 1), func(r *wire.Transfer) { r.BufferSize = 1 << 21 }), "file", textInvalid},
			{"large blocks", change(wish(store, 6, wire.OptGzip, 1), func(r *wire.Transfer) { r.BufferSize = maxBlock + 1 }), "file", textInvalid},
			{"large blocks", change(wish(retr, 0, wire.OptGzip, 1), func(r *wire.Transfer) { r.BufferSize = maxBlock + 1 }), "file", textInvalid},
			{"negative window", change(wish(store, 6, 0, 1), func(r *wire.Transfer) { r.SendWindow = -1 }), "file", textInvalid},
			{"negative window", change(wish(retr, 0, 0, 1), func(r *wire.Transfer) { r.RecvWindow = -1 }), "file", textInvalid},
			{"no time", change(wish(store, 6, wire.OptAcc, 1), func(r *wire.Transfer) { copy(r.Accessed[:], "yesterda") }), "file", textInvalid},
			{"no name", wish(store, 6, 0, 1), "", textInvalid},
			{"a NUL in the name", wish(retr, 0, 0, 1), "file\x00.txt", textInvalid},
			{"a slash", wish(store, 6, 0, 1), "file/", "Filename file/ ends with a /"},
			{"a directory", wish(store, 6, 0, 1), "dir", "File dir is a directory"},
			{"a directory", wish(store, 6, wire.OptTmp, 1), "dir", "File dir is a directory"},
			{"a directory", wish(retr, 6, 0, 1), "dir", "File dir is a directory"},
			{"read-only", wish(store, 6, 0, 1), "read-only", "File read-only is not writable"},
			{"read-only", wish(store, 6, wire.OptAcc|wire.OptDir, 1), "read-only", "File read-only is not writable"},
			{"no directory", wish(store, 6, 0, 1), "no/file", "Directory (no) creation needed but TROPT_DIR not set"},
			{"no directory", wish(store, 6, wire.OptTmp, 1), "/no/such/file", "Directory (/no/such) creation needed but TROPT_DIR not set"},
			{"a file on the way", wish(store, 6, wire.OptDir, 1), "file/x", "Error creation file file/x : Not a directory "},
			{"a way out", wish(store, 6, 0, 1), "outside/x", "Error creation file outside/x : Permission denied "},
			{"a way out", wish(retr, 6, 0, 1), "outside", "Error stating file outside : Permission denied "},
			{"no file", wish(retr, 6, 0, 1), "no", "Error stating file no : No such file or directory "},
			{"mass storage", wish(store, 6, wire.OptRFIO|wire.OptTmp, 1), "file", "Fail to store : RFIO not supported"},
			{"mass storage", wish(retr, 6, wire.OptRFIO, 1), "file", "Fail to retreive : RFIO not supported"},
			{"too large", wish(store, 1<<62, 0, 1), "large", textNoSpace},
			{"a long name", wish(store, 6, 0, 1), long, ("Error stating file " + long)[:maxRefusal]},
			{"a long name", wish(retr, 6, 0, 1), long, ("Error stating file " + long)[:maxRefusal]},
		} {
			t.Run(test.name+" "+test.r.Kind.String(), func(t *testing.T) {
				c := s.login(t, version)
				c.request(test.r, test.file)
				if m, ok := c.read().(wire.Reply); !ok || m.Kind != wire.MsgBadNoRetry || !strings.HasPrefix(m.Text, test.want) ||
					test.want != textInvalid && m.Text != test.want {
					t.Errorf("answered %v %.200q, want %.200q", m.Kind, m.Text, test.want)
				}
				c.alive()
			})
		}
		s.wantNames(t, "dir", "dir/file", "file", "outside", "read-only")
		s.holds(t, "file", "before")
		s.holds(t, "read-only", "before")
		c := s.login(t, version) // with a temporary name the mode of the old one means nothing
		c.request(wish(wire.MsgStoreV2, 0, wire.OptTmp, 1), "read-only")
		c.ok("")
		if err := os.Remove(filepath.Join(s.root, "read-only")); err != nil {
			t.Fatal(err)
		}
	})
}

// TestV2Lengths: a length that no such message has.
func TestV2Lengths(t *testing.T) {
	const minus, gib2 = -1, 1<<31 - 1
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		s.write(t, "file", "before", 0o644)
		kept := func(c *v2Client) { c.t.Helper(); c.alive() }
		gone := (*v2Client).closed
		for _, test := range []struct {
			name string
			send func(*v2Client)
			text string
			then func(*v2Client)
		}{
			{"a stat without an option word", func(c *v2Client) { c.body(wire.MsgStat, "") }, textStringLength, kept},
			{"a cd of 3 bytes", func(c *v2Client) { c.body(wire.MsgChdirV2, "abc") }, textStringLength, kept},
			{"a negative list", func(c *v2Client) { c.head(wire.MsgListV2, minus) }, textStringLength, gone},
			{"a list of 2 GiB", func(c *v2Client) { c.head(wire.MsgListV2, gib2) }, textStringLength, gone},
			{"an umask of 8 bytes", func(c *v2Client) { c.body(wire.MsgChumask, "12345678") }, textInt, gone},
			{"a negative class", func(c *v2Client) { c.head(wire.MsgChcos, minus) }, textInt, gone},
			{"a store of 40 bytes", func(c *v2Client) { c.body(wire.MsgStoreV2, strings.Repeat("x", 40)) }, textTransferSize, gone},
			{"a retrieve of 2 GiB", func(c *v2Client) { c.head(wire.MsgRetrV2, gib2) }, textTransferSize, gone},
			{"a retrieve of -1 bytes", func(c *v2Client) { c.head(wire.MsgRetrV2, minus) }, textTransferSize, gone},
			{"a negative name", func(c *v2Client) { c.send(wish(wire.MsgStoreV2, 6, 0, 1)); c.head(wire.MsgFilename, minus) }, textStringLength, gone},
			{"a name of 2 GiB", func(c *v2Client) { c.send(wish(wire.MsgRetrV2, 6, 0, 1)); c.head(wire.MsgFilename, gib2) }, textStringLength, gone},
			{"a start for fewer", start(-4), textInconsistent, gone},
			{"a start for more", start(4), textInconsistent, gone},
			{"a start for one and a half", start(2), textInconsistent, gone},
		} {
			t.Run(test.name, func(t *testing.T) {
				c := s.login(t, version)
				test.send(c)
				c.bad(test.text)
				test.then(c)
				s.wantNames(t, "file")
			})
		}
		c := s.login(t, version)
		c.path(wire.MsgStat, 0, "")
		if m := c.read().(wire.Reply); m.Kind != wire.MsgBadNoRetry || !strings.HasPrefix(m.Text, textInvalid) {
			t.Errorf("an empty path is answered %v %q", m.Kind, m.Text)
		}
		c.path(wire.MsgStat, 0, strings.Repeat("s", wire.MaxString))
		if m := c.read().(wire.Reply); m.Kind != wire.MsgBadNoRetry || len(m.Text) != maxRefusal {
			t.Errorf("the longest path is answered %v with %d bytes", m.Kind, len(m.Text))
		}
		c.alive()
	})
}

// start announces that many bytes more than agreed on.
func start(more int32) func(*v2Client) {
	return func(c *v2Client) {
		c.request(wish(wire.MsgStoreV2, 6, 0, 2), "new")
		c.agreed()
		c.head(starts[c.version][0], 8+more)
	}
}
