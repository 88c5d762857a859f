package main

import (
	"bytes"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bbftp/netio"
)

func TestParse(t *testing.T) {
	mask, err := fileMask("")
	if err != nil {
		t.Fatal(err)
	}
	base := options{port: 5021, massLimit: 30 * time.Minute, umask: mask}
	with := func(change func(*options)) options {
		o := base
		change(&o)
		return o
	}
	for _, tt := range []struct {
		args string
		want options
	}{
		{"", base},
		{"-bufw6000", with(func(o *options) { o.background, o.clear, o.anySource, o.port = true, true, true, 6000 })},
		{"--background --clear-text --any-source-port --port=0", with(func(o *options) {
			o.background, o.clear, o.anySource, o.port = true, true, true, 0
		})},
		{"--users u --root /r --unconfined --run-as nobody", with(func(o *options) {
			o.users, o.root, o.unconfined, o.runAs = "u", "/r", true, "nobody"
		})},
		{"--demo . --bind ::1 --max-sessions 3 --umask 27", with(func(o *options) {
			o.demo, o.bind, o.maxSessions, o.umask = ".", "::1", 3, fs.FileMode(0o27)
		})},
		{"--max-file-size 2TiB --reserve 500MB", with(func(o *options) { o.maxFileSize, o.reserve = 2<<40, 500e6 })},
		{"--max-file-size 0 --reserve 0", with(func(o *options) { o.reserve = -1 })},
		{"--mass-storage /a --mass-storage /b=/c --mass-storage-limit 2h", with(func(o *options) {
			o.massStorage, o.massLimit = []string{"/a", "/b=/c"}, 2*time.Hour
		})},
		{"-bm10 -l NOTICE -e 40000:40100 -R none", with(func(o *options) {
			o.background, o.maxStreams, o.logLevel, o.startName = true, 10, "NOTICE", "none"
			o.dataPorts = netio.PortRange{Min: 40000, Max: 40100}
		})},
		{"--limit-rate 1gbit --mptcp --fsync --sparse", with(func(o *options) {
			o.limitRate, o.mptcp, o.fsync, o.sparse = 125e6, true, true, true
		})},
		{"--limit-rate 0", base},
		{"-s -A -w 5321", with(func(o *options) { o.shell, o.exchange, o.port = true, true, 5321 })},
		{"-L l --log-format json --log-level debug", with(func(o *options) { o.logFile, o.logFormat, o.logLevel = "l", "json", "debug" })},
	} {
		var out bytes.Buffer
		got, err := parse(strings.Fields(tt.args), &out)
		if err != nil {
			t.Errorf("%q: %v", tt.args, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, got, cmp.AllowUnexported(options{}, startFile{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"-m 0":              "-m 0: want 1 to 1000",
		"-m 1001":           "-m 1001: want 1 to 1000",
		"-m x":              "-m",
		"-e 5":              `-e "5": want MIN:MAX`,
		"-e 2:1":            `-e "2:1": want MIN:MAX`,
		"-e 0:9":            `-e "0:9": want MIN:MAX`,
		"-e 1:65536":        `-e "1:65536": want MIN:MAX`,
		"-e 1:2:3":          `-e "1:2:3": want MIN:MAX`,
		"-A":                "-A goes with -s",
		"-s -b":             "-b does not go with it",
		"-s --users u":      "don't go with it",
		"-s --run-as x":     "don't go with it",
		"--max-sessions=-1": "must not be negative",
		"--limit-rate 1":    `--limit-rate: "1" is less than 1 kB`,
		"--limit-rate=":     `--limit-rate: "": want`,
		"--limit-rate 1Mb":  "may be bits or bytes",
		"--congestion none": `congestion control "none"`,
		"word":              `unexpected argument "word"`,
	} {
		if o, err := parse(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %q", args, o, err, want)
		}
	}
}

func TestLogLevel(t *testing.T) {
	for name, want := range map[string]slog.Level{
		"": slog.LevelInfo, "debug": slog.LevelDebug, "DEBUG": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "ERROR": slog.LevelError,
		"EMERGENCY": slog.LevelError, "alert": slog.LevelError, "CRITICAL": slog.LevelError, "Warning": slog.LevelWarn, "NOTICE": slog.LevelInfo, "INFORMATION": slog.LevelInfo,
	} {
		if got, err := logLevel(name); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", name, got, err, want)
		}
	}
	if got, err := logLevel("loud"); err == nil {
		t.Errorf("loud is taken for %v", got)
	}
}

// TestFileMask proves that looking at the umask leaves it alone.
func TestFileMask(t *testing.T) {
	first, err := fileMask("")
	if err != nil {
		t.Fatal(err)
	}
	if second, err := fileMask(""); err != nil || second != first {
		t.Errorf("umask %o, then %o, %v", first, second, err)
	}
	for text, want := range map[string]fs.FileMode{"0": 0, "022": 0o22, "777": 0o777} {
		if got, err := fileMask(text); err != nil || got != want {
			t.Errorf("%s: %o, %v", text, got, err)
		}
	}
	for _, text := range []string{"8", "1000", "-1", "rwx", "0x12", "99999"} {
		if got, err := fileMask(text); err == nil {
			t.Errorf("%s is taken for %o", text, got)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "0": 0, "1": 1, "1.5KiB": 1536, "2 GB": 2e9, "4EiB": 1 << 62} {
		if got, err := size("--reserve", text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"-1", "much", "1XB", "5EiB", "1e400"} {
		if got, err := size("--reserve", text); err == nil {
			t.Errorf("%q is taken for %d", text, got)
		} else if !strings.Contains(err.Error(), "--reserve") || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: the error %q names neither option nor value", text, err)
		}
	}
}

// TestHelpNamesOptions keeps the help and the documents whole: what is read is
// explained.
func TestHelpNamesOptions(t *testing.T) {
	manual, err := os.ReadFile("../../scripts/man/bbftpd.8")
	if err != nil {
		t.Fatal(err)
	}
	completion, err := os.ReadFile("../../scripts/completion/bbftp.bash")
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range strings.Fields(`--users --root --unconfined --run-as -u --demo -w --port --bind -f
		--any-source-port --max-sessions --umask --max-file-size --reserve --mass-storage --mass-storage-limit
		--limit-rate --congestion --mptcp --fsync --sparse
		-b --background -L --log --log-format -l --log-level -e --data-ports -m --max-streams -s -A -R -v --version -h --help`) {
		if !strings.Contains(usage, " "+option) {
			t.Errorf("the help lacks %s", option)
		}
		if !strings.Contains(string(manual), " "+option[1:]) {
			t.Errorf("the manual page lacks %s", option)
		}
		if !strings.Contains(string(completion), option) {
			t.Errorf("the completion lacks %s", option)
		}
	}
}
