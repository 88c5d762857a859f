package server

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"bbftp/engine/storage"
	"bbftp/engine/wire"
	"bbftp/netio"
)

// TestV2Commands: every command, its answers, and a session that goes on after
// each failure.
func TestV2Commands(t *testing.T) {
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		top := fmt.Sprintf("v%d", version)
		s.write(t, top+"/file", "content", 0o640)
		s.write(t, top+"/dir/deep", "", 0o644)
		for name, target := range map[string]string{"link": "dir", "dangling": "nowhere", "out": "/etc"} {
			if err := os.Symlink(target, filepath.Join(s.root, top, name)); err != nil {
				t.Fatal(err)
			}
		}
		c := s.login(t, version)
		const kind = wire.MsgOK
		for _, test := range []struct {
			code wire.Code
			o    wire.Options
			path string
			kind wire.Code
			text string
		}{
			{wire.MsgChdirV2, 15, top, kind, "/" + top},
			{wire.MsgChdirV2, 0, "dir", kind, "/" + top + "/dir"},
			{wire.MsgChdirV2, 0, "no", wire.MsgBadNoRetry, "Error changing directory no : No such file or directory"},
			{wire.MsgChdirV2, 0, "deep", wire.MsgBadNoRetry, "Error changing directory deep : Not a directory"},
			{wire.MsgChdirV2, wire.OptRFIO, "..", wire.MsgBadNoRetry, "Changing directory is not allowed under RFIO"},
			{wire.MsgChdirV2, 0, "../../../../..", kind, "/"},
			{wire.MsgChdirV2, 0, top + "/link", kind, "/" + top + "/dir"},
			{wire.MsgChdirV2, 0, "../out", wire.MsgBadNoRetry, "Error changing directory ../out : Permission denied"},
			{wire.MsgChdirV2, 0, "..", kind, "/" + top},

			{wire.MsgMkdirV2, 0, "made", kind, "Directory made created"},
			{wire.MsgMkdirV2, 0, "made", kind, "Directory made created"},
			{wire.MsgMkdirV2, wire.OptDir, "made/", kind, "Directory made/ created"},
			{wire.MsgMkdirV2, 0, "link", kind, "Directory link created"},
			{wire.MsgMkdirV2, 7, "x/y", wire.MsgBadNoRetry, "Error creation directory x/y (No such file or directory)"},
			{wire.MsgMkdirV2, wire.OptDir, "x/y", kind, "Directory x/y created"},
			{wire.MsgMkdirV2, 0, "file", wire.MsgBadNoRetry, "file exists but is not a directory"},
			{wire.MsgMkdirV2, wire.OptDir, "file", wire.MsgBadNoRetry, "file exists but is not a directory"},
			{wire.MsgMkdirV2, wire.OptDir, "file/x", wire.MsgBadNoRetry, "Error creation directory file/x (Not a directory)"},
			{wire.MsgMkdirV2, wire.OptDir, "out/x", wire.MsgBadNoRetry, "Error creation directory out/x (Permission denied)"},
			{wire.MsgMkdirV2, wire.OptRFIO, "z", wire.MsgBadNoRetry, "Fail to mkdir : RFIO not supported"},

			{wire.MsgRm, 0, "file", kind, "file has been deleted"},
			{wire.MsgRm, 0, "file", wire.MsgBadNoRetry, "Unable to delete file"},
			{wire.MsgRm, 0, "dir", wire.MsgBadNoRetry, "Unable to delete dir"},
			{wire.MsgRm, 0, "out/passwd", wire.MsgBadNoRetry, "Unable to delete out/passwd"},
			{wire.MsgRm, wire.OptRFIO, "dir/deep", wire.MsgBadNoRetry, "Fail to delete : RFIO not supported"},

			{wire.MsgStat, 15, "file", wire.MsgBadNoRetry, "stat file failed"},
			{wire.MsgStat, 0, "out/passwd", wire.MsgBadNoRetry, "stat out/passwd failed"},
			{wire.MsgStat, wire.OptRFIO, ".", wire.MsgBadNoRetry, "RFIO is not supported by the server"},
			{wire.MsgDf, 0, "no", wire.MsgBadNoRetry, "Unable to df no: No such file or directory"},
			{wire.MsgDf, wire.OptRFIO, ".", wire.MsgBadNoRetry, "RFIO is not supported by the server"},

			{wire.MsgListV2, 0, "no/*", wire.MsgBad, "opendir no/ failed : No such file or directory "},
			{wire.MsgListV2, 0, "dir/", wire.MsgBadNoRetry, "opendir dir/ failed : Invalid argument "},
			{wire.MsgListV2, wire.OptRFIO, "*", wire.MsgBadNoRetry, "Fail to LIST : RFIO not supported"},
		} {
			c.path(test.code, test.o, test.path)
			if got, want := c.read(), (wire.Reply{Kind: test.kind, Text: test.text}); got != want {
				t.Errorf("%v %v %s is answered\n\t%v %q, want\n\t%v %q", test.code, test.o, test.path, got.Code(), got, want.Kind, want.Text)
			}
		}
		if info, err := os.Stat(filepath.Join(s.root, top, "x/y")); err != nil || info.Mode() != 0o755|fs.ModeDir {
			t.Errorf("a new directory has %v, %v", info.Mode(), err)
		}
		for pattern, want := range map[string]string{
			"d*":         "./dangling|lu ./dir| d",
			"dir/*":      "dir/.| d dir/..| d dir/deep| f",
			"link//d*":   "link/deep| f",
			"l*":         "./link|ld",
			"none*":      "",
			"/" + top:    "/" + top + "| d",
			"dir/d[!a]*": "dir/deep| f",
		} {
			c.path(wire.MsgListV2, 0, pattern)
			m, ok := c.read().(wire.ListReplyV2)
			var got []string
			for _, e := range m.Entries {
				got = append(got, e.Path+"|"+string(e.Type[:]))
			}
			if !ok || strings.Join(got, " ") != want {
				t.Errorf("%s lists %q, want %q", pattern, got, want)
			}
		}
		c.alive()
	})
}

// TestV2Numbers: umask and class of service.
func TestV2Numbers(t *testing.T) {
	number := func(c *v2Client, kind wire.Code, n int32, want string) {
		t.Helper()
		c.send(wire.IntCommand{Kind: kind, Value: n})
		c.ok(want)
	}
	bothVersions(t, nil, func(t *testing.T, s *v2Server, version int32) {
		c := s.login(t, version)
		number(c, wire.MsgChumask, 0o27, "umask changed from 0022 to 0027")
		number(c, wire.MsgChumask, -1, "umask changed from 0027 to 0777")
		number(c, wire.MsgChumask, 0o7000, "umask changed from 0777 to 0000")
		number(c, wire.MsgChcos, 5, "COS not set, RFIO is not supported")
		number(s.login(t, version), wire.MsgChumask, 0, "umask changed from 0022 to 0000")
	})
	bothVersions(t, func(c *Config) { c.MassStorage = storage.NewMassStorage(storage.MassConfig{}) }, func(t *testing.T, s *v2Server, version int32) {
		c := s.login(t, version)
		number(c, wire.MsgChcos, 0, "COS set")
		number(c, wire.MsgChcos, -1, "COS not set")
	})
}

// TestV2StatLine has the form of wire.md 8.5.
func TestV2StatLine(t *testing.T) {
	s := newV2Server(t, nil)
	s.write(t, "file", "0123456789ab", 0o640)
	then := time.Date(2001, 2, 3, 4, 5, 6, 0, time.Local)
	if err := os.Chtimes(filepath.Join(s.root, "file"), then, then); err != nil {
		t.Fatal(err)
	}
	c := s.login(t, 3)
	for _, test := range []struct {
		code       wire.Code
		path, want string
	}{
		{wire.MsgStat, "file", fmt.Sprintf(`^\d+ 00100640 12 \d+ \d+  %d \d+ \(Sat Feb  3 04:05:06 2001\) \(Sat Feb  3 04:05:06 2001\) \(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\)$`, os.Getuid())},
		{wire.MsgStat, ".", `^\d+ 00040755 \d+ \d+ \d+  \d+ \d+ \(.*\) \(.*\) \(.*\)$`},
		{wire.MsgDf, "file", `^\d+ \d+ \d+ \d+ \d+ 255$`},
		{wire.MsgDf, ".", `^\d+ \d+ \d+ \d+ \d+ 255$`},
	} {
		c.path(test.code, 15, test.path)
		if m := c.read().(wire.Reply); m.Kind != wire.MsgOK || !regexp.MustCompile(test.want).MatchString(m.Text) {
			t.Errorf("%v %s: %v %q, want %s", test.code, test.path, m.Kind, m.Text, test.want)
		}
	}
}

// TestV2MassStorage retrieves from an archive.
func TestV2MassStorage(t *testing.T) {
	tape := t.TempDir()
	if err := os.WriteFile(filepath.Join(tape, "file"), []byte("archived"), 0o644); err != nil {
		t.Fatal(err)
	}
	bothVersions(t, func(c *Config) {
		store, err := storage.OpenStore("/tape="+tape, storage.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Tree.Close() })
		c.MassStorage = storage.NewMassStorage(storage.MassConfig{Stores: []storage.Store{store}})
	}, func(t *testing.T, s *v2Server, version int32) {
		c := s.login(t, version)
		c.request(wish(wire.MsgRetrV2, 0, wire.OptRFIO, 1), "/tape/file")
		a := c.agreed()
		if got := c.get(c.open(a, false), a.Size, false); got != "archived" || !a.Options.Has(wire.OptRFIO) {
			t.Errorf("got %q, options %v", got, a.Options)
		}
		c.ok("OK")
		c.request(wish(wire.MsgRetrV2, 0, wire.OptRFIO, 1), "/tape/no")
		c.never("Error stating file /tape/no : No such file or directory ")
		c.request(wish(wire.MsgStoreV2, 6, wire.OptRFIO, 1), "/tape/new")
		c.never("Fail to store : RFIO not supported")
	})
}

// TestV2Status tells what a client may want to know before it logs in.
func TestV2Status(t *testing.T) {
	s := newV2Server(t, func(c *Config) {
		c.MaxStreams, c.DataPorts, c.AllowClear = 7, netio.PortRange{Min: 40000, Max: 40100}, false
	})
	log := (&entrance{service: s.current.Load(), ctl: s.loopback(t)}).status()
	for _, line := range []string{"  Maximum number of streams = 7\n", "  data ports range = [40000-40100]\n", "  The server requires encrypted login\n"} {
		if !strings.Contains(log, line) {
			t.Errorf("no %q in\n%s", line, log)
		}
	}
}

// TestV2Log: who speaks which version, and what became of each transfer.
func TestV2Log(t *testing.T) {
	s := newV2Server(t, nil)
	c := s.login(t, 3)
	c.request(wish(wire.MsgStoreV2, 6, wire.OptGzip, 1), "file")
	c.put(c.open(c.agreed(), false), "abcdef", packStored(v2Block))
	c.ok("OK")
	c.request(wish(wire.MsgRetrV2, 6, 0, 1), "file")
	c.open(c.agreed(), true)
	c.ok("OK")
	c.request(wish(wire.MsgRetrV2, 6, 0, 1), "file")
	c.agreed()
	c.head(wire.MsgAbort, 0)
	c.head(wire.MsgCloseConn, 0)
	c.closed()
	c.halfClose() // the server need not wait for that
	s.settles(t)
	log := string(s.log.take())
	for _, line := range []string{
		`level=INFO msg="session begins" .* user=bbuser\n`,
		`level=INFO msg="version agreed on" .* user=bbuser version=3\n`,
		`level=INFO msg=transfer .* op=put file=file bytes=6 streams=1 compressed=true simulated=false seconds=\S+ paths.* telemetry.bytes_per_second=\d+ telemetry.retransmits=0 `,
		`level=INFO msg=transfer .* op=get file=file bytes=6 streams=1 compressed=false simulated=true seconds=[0-9.e-]+\n`,
		`level=WARN msg="transfer failed" .* op=get .* error="declined by the client"\n`,
		`level=INFO msg="session ends" .* user=bbuser\n`,
	} {
		if !regexp.MustCompile(line).MatchString(log) {
			t.Errorf("no line %s in\n%s", line, log)
		}
	}
}
