package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"bbftp/engine/audit"
)

var hostile = []struct{ name, text string }{
	{"newline", "a\nlevel=ERROR msg=forged"},
	{"tabs", "a\t1\tERROR\tforged"},
	{"colours", "\x1b[31mred\x1b[0m"},
	{"eight-bit escape", "\u009b31m"},
	{"not UTF-8", "a\xff\xfe\xc0\x80b"},
	{"direction", "gpj.\u202eexe"},
	{"zero", "a\x00b"},
	{"separators", "a\u2028b\u2029c\u0085d"},
	{"long", strings.Repeat("x", 64<<10)},
	{"long, of escapes", strings.Repeat("\x1b", 64<<10)},
	{"cut inside of a rune", strings.Repeat("x", longestValue-1) + "€€"},
}

// logged is what log writes in the format, with the audit records given to it.
func logged(t *testing.T, c Config, log func(*slog.Logger, audit.Sink)) string {
	t.Helper()
	var out bytes.Buffer
	c.Out = &out
	l, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	log(l.Logger(), l.Transfers())
	closing(t, l)
	return out.String()
}

// closing closes a log or a trail, again where a machine that stands still has it give up:
// what was left stays with its writer.
func closing(t *testing.T, c io.Closer) {
	t.Helper()
	err := c.Close()
	for again := 0; err != nil && again < 12; again++ {
		err = c.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestHostile(t *testing.T) {
	for _, format := range []string{"text", "json", "legacy"} {
		for _, tt := range hostile {
			t.Run(format+"/"+tt.name, func(t *testing.T) {
				out := logged(t, Config{Format: format}, func(log *slog.Logger, transfers audit.Sink) {
					log.With("user", tt.text).Info(tt.text, "file", tt.text, "error", errors.New(tt.text),
						slog.Group("g", "name", tt.text), "list", []string{tt.text})
					transfers.Record(audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", User: tt.text, File: tt.text, Bytes: 1})
				})
				if want := 1 + strings.Count(format, "legacy"); strings.Count(out, "\n") != want {
					t.Errorf("%d lines", strings.Count(out, "\n"))
				}
				checkPrintable(t, out)
				if format == "json" && !json.Valid([]byte(out)) {
					t.Error("not JSON")
				}
			})
		}
	}
}

func checkPrintable(t *testing.T, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Error("not UTF-8")
	}
	for _, r := range out {
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' {
			t.Fatalf("%U in the log", r)
		}
	}
	if len(out) > 8*6*longestValue {
		t.Errorf("%d bytes", len(out))
	}
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct{ format, want string }{
		{"", `level=WARN msg="transfer failed" user=alice file="/a b" paths.splice=7 error="disk full"`},
		{"text", `level=WARN msg="transfer failed" user=alice file="/a b" paths.splice=7 error="disk full"`},
		{"json", `"level":"WARN","msg":"transfer failed","user":"alice","file":"/a b","paths":{"splice":7},"error":"disk full"}`},
		{"legacy", fmt.Sprintf("\t%d\tWARNING\ttransfer failed user=alice file=\"/a b\" paths.splice=7 error=\"disk full\"", os.Getpid())},
	} {
		out := logged(t, Config{Format: tt.format}, func(log *slog.Logger, _ audit.Sink) {
			log.Debug("not told")
			log.With("user", "alice").Warn("transfer failed", "file", "/a b", slog.Group("paths", "splice", 7), "error", errors.New("disk full"))
		})
		if !strings.HasSuffix(out, tt.want+"\n") || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: %q, want %q at its end", tt.format, out, tt.want)
		}
	}
}

// TestEscapes has an escape written once, whatever else is in the value.
func TestEscapes(t *testing.T) {
	for format, want := range map[string]string{
		"text":   `name="a b\n\xff" plain="a\n" back=a\b`,
		"legacy": `name="a b\n\xff" plain="a\n" back=a\b`,
		"json":   `"name":"a b\\n\\xff","plain":"a\\n","back":"a\\b"`, // JSON's own, around ours
	} {
		out := logged(t, Config{Format: format}, func(log *slog.Logger, _ audit.Sink) {
			log.Info("m", "name", "a b\n\xff", "plain", "a\n", "back", `a\b`)
		})
		if !strings.Contains(out, want) {
			t.Errorf("%s: %s lacks %s", format, out, want)
		}
	}
}

func TestLevelChanges(t *testing.T) {
	var level slog.LevelVar
	for _, format := range []string{"text", "json", "legacy"} {
		level.Set(slog.LevelWarn)
		out := logged(t, Config{Format: format, Level: &level}, func(log *slog.Logger, _ audit.Sink) {
			log.Info("before")
			level.Set(slog.LevelDebug)
			log.Debug("after")
		})
		if strings.Contains(out, "before") || !strings.Contains(out, "after") {
			t.Errorf("%s: %q", format, out)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name string
		c    Config
		want string
	}{
		{"format", Config{Format: "xml"}, `log format "xml": want text, json, legacy or journal`},
		{"directory", Config{File: dir}, "open the log: open " + dir},
		{"no directory", Config{File: filepath.Join(dir, "no", "log")}, "no such file or directory"},
		{"journal in a file", Config{Format: "journal", File: filepath.Join(dir, "log")}, "exclude each other"},
	} {
		if l, err := Open(tt.c); err == nil {
			_ = l.Close()
			t.Errorf("%s: no error", tt.name)
		} else if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := Open(Config{File: path, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 4, 200
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			log := l.Logger().With("user", w) // whose lines are no flood
			for i := range each {
				log.Info("line", "n", i)
			}
		})
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err != nil {
		t.Fatal(err)
	}
	writing.Wait()
	l.Logger().Info("last")
	closing(t, l)
	old, now := lineCount(t, path+".1"), lineCount(t, path)
	if old+now != writers*each+1 || now == 0 || l.Dropped() != 0 {
		t.Errorf("%d and %d lines, %d lost", old, now, l.Dropped())
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&^0o640 != 0 {
		t.Error(info.Mode(), err)
	}
}

func lineCount(t *testing.T, path string) int {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(content) > 0 && content[len(content)-1] != '\n' {
		t.Errorf("%s ends in a torn line", path)
	}
	return bytes.Count(content, []byte("\n"))
}

// TestReopenFails has a rotation go wrong: the old file stays in use.
func TestReopenFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := Open(Config{File: filepath.Join(dir, "log"), Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dir, dir+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err == nil {
		t.Error("no error")
	}
	l.Logger().Info("goes on")
	closing(t, l)
	if n := lineCount(t, filepath.Join(dir+".moved", "log")); n != 1 {
		t.Errorf("%d lines", n)
	}
}

// TestReopenSame has the file in its place: it stays, though nobody may open it
// any more.
func TestReopenSame(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := Open(Config{File: path, Out: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	before := l.file.now.Load()
	if err := l.Reopen(); err != nil || l.file.now.Load() != before {
		t.Errorf("another file is in use (%v)", err)
	}
	closing(t, l)
}

func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := logged(t, Config{}, func(log *slog.Logger, _ audit.Sink) {
			session := log.With("client", "192.0.2.1:5", "user", "alice")
			for i := range 10 * floodBurst {
				log.Warn("login failed", "client", i)
				session.Info("transfer", "n", i)
				session.Warn("request refused", "n", i)
			}
			log.Warn("something else")
			time.Sleep(floodPeriod) // of the bubble
			synctest.Wait()
			log.Warn("login failed", "client", "next period")
			time.Sleep(3 * floodPeriod)
			synctest.Wait()
		})
		for _, tt := range []struct {
			text  string
			lines int
		}{
			{`msg="login failed"`, floodBurst + 1},
			{"msg=transfer", 10 * floodBurst},
			{`msg="request refused"`, floodBurst},
			{`msg="something else"`, 1},
			{fmt.Sprintf(`level=WARN msg="lines withheld" like="login failed" lines=%d`+"\n", 9*floodBurst), 1},
			{fmt.Sprintf(`msg="lines withheld" like="request refused" lines=%d user=alice`+"\n", 9*floodBurst), 1},
			{"withheld", 2},
		} {
			if n := strings.Count(out, tt.text); n != tt.lines {
				t.Errorf("%d lines of %s, want %d", n, tt.text, tt.lines)
			}
		}
	})
}

// TestFloodAtTheEnd has the log close in the middle of one.
func TestFloodAtTheEnd(t *testing.T) {
	out := logged(t, Config{Format: "json"}, func(log *slog.Logger, _ audit.Sink) {
		for range floodBurst + 5 {
			log.Warn("login failed")
		}
	})
	if !strings.Contains(out, `"like":"login failed","lines":5`) {
		t.Error(out)
	}
}
