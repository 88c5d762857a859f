package settings

import (
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bbftp/cmd/bbftpd/internal/journal"
	"bbftp/netio"
)

// noConfig is a configuration file that does not exist.
const noConfig = "/nowhere/bbftpd.toml"

func TestParse(t *testing.T) {
	base := *newOptions("/dir")
	with := func(change func(*Options)) Options {
		o := base
		change(&o)
		return o
	}
	for _, tt := range []struct {
		args string
		want Options
	}{
		{"", base},
		{"-bufw6000", with(func(o *Options) { o.Background, o.AllowClear, o.AnySourcePort, o.Port = true, true, true, 6000 })},
		{"--background --clear-text --any-source-port --port=0", with(func(o *Options) {
			o.Background, o.AllowClear, o.AnySourcePort, o.Port = true, true, true, 0
		})},
		{"--users u --root /r --unconfined --run-as nobody", with(func(o *Options) {
			o.Users, o.Root, o.Unconfined, o.RunAs = "/dir/u", "/r", true, "nobody"
		})},
		{"--demo . --bind ::1 --max-sessions 3 --umask 27", with(func(o *Options) {
			o.Demo, o.Bind, o.MaxSessions, o.Umask = "/dir", "::1", 3, fs.FileMode(0o27)
		})},
		{"--max-file-size 2TiB --reserve 500MB", with(func(o *Options) { o.MaxFileSize, o.Reserve = 2<<40, 500e6 })},
		{"--max-file-size 0 --reserve 0", with(func(o *Options) { o.Reserve = -1 })},
		{"--mass-storage /a --mass-storage /b=/c --mass-storage-limit 2h", with(func(o *Options) {
			o.MassStorage, o.MassLimit = []string{"/a", "/b=/c"}, 2*time.Hour
		})},
		{"-bm10 -l NOTICE -e 40000:40100 -R none", with(func(o *Options) {
			o.Background, o.MaxStreams, o.logLevel, o.startName = true, 10, journal.LevelNotice, "none"
			o.DataPorts = netio.PortRange{Min: 40000, Max: 40100}
		})},
		{"--limit-rate 1gbit --mptcp --fsync --sparse", with(func(o *Options) {
			o.RateLimit, o.Multipath, o.Sync, o.Sparse = 125e6, true, true, true
		})},
		{"--limit-rate 0", base},
		{"-s -A -w 5321", with(func(o *Options) { o.Shell, o.Exchange, o.Port = true, true, 5321 })},
		{"-L l --log-format json --log-level debug --audit a", with(func(o *Options) {
			o.LogFile, o.LogFormat, o.logLevel, o.Audit = "/dir/l", "json", slog.LevelDebug, "/dir/a"
		})},
		{"--system-accounts", with(func(o *Options) { o.SystemAccounts = "shadow" })},
		{"--system-accounts=pam --read-only", with(func(o *Options) { o.SystemAccounts, o.ReadOnly = "pam", true })},
		{"--allow 192.0.2.7,10.0.0.0/8 --allow ::1 --deny 2001:db8::/32", with(func(o *Options) {
			o.Allow = []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
			o.Deny = []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}
		})},
		{"--max-per-address 4 --max-per-user 5 --max-data-streams 600 --memory 1GiB --login-delay 0", with(func(o *Options) {
			o.MaxPerAddress, o.MaxPerUser, o.MaxDataStreams, o.Memory, o.LoginDelay = 4, 5, 600, 1<<30, -1
		})},
		{"--tls-key k --tls-cert /c --require-tls --metrics :9521 --drain 90s", with(func(o *Options) {
			o.TLSKey, o.TLSCert, o.RequireTLS, o.Metrics, o.Drain = "/dir/k", "/c", true, "127.0.0.1:9521", 90*time.Second
		})},
		{"--metrics 9521", with(func(o *Options) { o.Metrics = "127.0.0.1:9521" })},
		{"--metrics [::]:9521", with(func(o *Options) { o.Metrics = "[::]:9521" })},
	} {
		got, err := Origin{args: strings.Fields(tt.args), dir: "/dir", config: noConfig}.Parse(io.Discard)
		if err != nil {
			t.Errorf("%q: %v", tt.args, err)
			continue
		}
		if diff := cmp.Diff(&tt.want, got, cmp.AllowUnexported(Options{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.args, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"-m 0":                           `-m "0": want 1 to 1000`,
		"-m 1001":                        `-m "1001": want 1 to 1000`,
		"-m x":                           "-m",
		"-e 5":                           `-e "5": want MIN:MAX`,
		"-e 2:1":                         `-e "2:1": want MIN:MAX`,
		"-e 0:9":                         `-e "0:9": want MIN:MAX`,
		"-e 1:65536":                     `-e "1:65536": want MIN:MAX`,
		"-e 1:2:3":                       `-e "1:2:3": want MIN:MAX`,
		"-A":                             "-A goes with -s",
		"-s -b":                          "-b does not go with it",
		"-s --users u":                   "don't go with it",
		"-s --run-as x":                  "don't go with it",
		"-s --system-accounts":           "don't go with it",
		"--max-sessions=-1":              `--max-sessions "-1": want 0 to`,
		"--limit-rate 1":                 `--limit-rate "1": "1" is less than 1 kB`,
		"--limit-rate=":                  `--limit-rate "": "": want`,
		"--limit-rate 1Mb":               "may be bits or bytes",
		"--congestion none":              `congestion control "none"`,
		"word":                           `unexpected argument "word"`,
		"--system-accounts=ldap":         "want shadow, pam",
		"--system-accounts --users u":    "exclude each other",
		"--demo . --system-accounts":     "exclude each other",
		"--allow host":                   "want addresses or networks",
		"--deny 10.0.0.1/8":              "want 10.0.0.0/8",
		"--allow ::ffff:10.0.0.0/104":    "write it as IPv4",
		"--allow 10.0.0.1,":              "want addresses or networks",
		"--memory much":                  "want a number of bytes",
		"--login-delay 2m":               "at most 1m",
		"--drain soon":                   "want a duration",
		"--drain=-1s":                    "want a duration",
		"--metrics 95210":                "want PORT or ADDRESS:PORT",
		"--metrics :metrics":             "want PORT or ADDRESS:PORT",
		"--metrics ::1":                  "want PORT or ADDRESS:PORT",
		"--tls-cert c":                   "--tls-key",
		"--require-tls":                  "--tls-key",
		"--require-tls --tls-key k -u":   "exclude each other",
		"--log-format xml":               "want text, json, legacy, journal",
		"-l loud":                        "want debug, info, warn, error",
		"--config /nowhere/bbftpd.toml":  "no such file",
		"--mass-storage-limit 25h":       "at most 24h",
		"--users u --demo . -b":          "exclude each other",
		"--demo . -b":                    "-b does not go with it",
		"--require-tls=perhaps -w 5":     "--require-tls",
		"--max-data-streams 10000000000": "want 0 to",
	} {
		from := Origin{args: strings.Fields(args), dir: "/dir", config: noConfig}
		if o, err := from.Parse(io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %q", args, o, err, want)
		}
	}
}

func TestLogLevel(t *testing.T) {
	for name, want := range map[string]slog.Level{
		"debug": slog.LevelDebug, "DEBUG": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "ERROR": slog.LevelError,
		"EMERGENCY": slog.LevelError, "alert": slog.LevelError, "CRITICAL": slog.LevelError, "Warning": slog.LevelWarn, "NOTICE": journal.LevelNotice, "INFORMATION": slog.LevelInfo,
	} {
		if got, err := logLevel(name); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", name, got, err, want)
		}
	}
	if got, err := logLevel("loud"); err == nil {
		t.Errorf("loud is taken for %v", got)
	}
}

func TestFileMask(t *testing.T) {
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
	for text, want := range map[string]int64{"0": 0, "1": 1, "1.5KiB": 1536, "2 GB": 2e9, "4EiB": 1 << 62} {
		if got, err := size(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"-1", "much", "1XB", "5EiB", "1e400"} {
		if got, err := size(text); err == nil {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
}
