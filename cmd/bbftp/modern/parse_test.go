package modern

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bbftp/engine/client"
	"bbftp/netio"
)

func TestParse(t *testing.T) {
	here(t, "key")
	for _, tt := range []struct {
		verb, line string
		operands   []string
		want       client.Config
	}{
		{"put", "a h:b", []string{"a", "h:b"}, client.Config{}},
		{"put", "a -p 4 h:b -c", []string{"a", "h:b"}, client.Config{Settings: client.Settings{Streams: 4, Compress: true}}},
		{"put", "-p4 -- -a h:-b --help", []string{"-a", "h:-b", "--help"}, client.Config{Settings: client.Settings{Streams: 4}}},
		{"get", "--streams=25 --dry-run h:a -n b", []string{"h:a", "b"}, client.Config{Settings: client.Settings{Streams: 25, Simulate: true}}},
		{
			"put", "--no-mode --no-times --no-mkdir --in-place --qbss", nil,
			client.Config{Settings: client.Settings{NoMode: true, NoTimes: true, NoDirs: true, InPlace: true, QBSS: true}},
		},
		{
			"put", "--buffer 1MiB --send-window 4MB --recv-window 1", nil,
			client.Config{Settings: client.Settings{BufferSize: 1024, SendWindow: 3907, RecvWindow: 1}},
		},
		{"put", "-p auto -cn", nil, client.Config{Settings: client.Settings{Compress: true, Simulate: true}}},
		{"put", "--compress=auto --streams auto", nil, client.Config{Settings: client.Settings{Compress: true}}},
		{"get", "--compress=always --fsync --sparse --mptcp", nil, client.Config{Settings: client.Settings{
			Compress: true, CompressAlways: true, Sync: true, Sparse: true, Multipath: true,
		}}},
		{"put", "--window 4MiB", nil, client.Config{Settings: client.Settings{SendWindow: 4096, RecvWindow: 4096}}},
		{"put", "--send-window 4MiB --recv-window auto", nil, client.Config{Settings: client.Settings{SendWindow: 4096}}},
		{"put", "--limit-rate 1gbit", nil, client.Config{RateLimit: 125e6}},
		{"put", "--dscp 46", nil, client.Config{Settings: client.Settings{TOS: 46 << 2}}},
		{"put", "--dscp le", nil, client.Config{Settings: client.Settings{TOS: 1 << 2}}},
		{"put", "--dscp AF41", nil, client.Config{Settings: client.Settings{TOS: 34 << 2}}},
		{"put", "--dscp CS1", nil, client.Config{Settings: client.Settings{TOS: 0x20}}},
		{"put", "-D", nil, client.Config{Active: true}},
		{"put", "-D1000:2000", nil, client.Config{Active: true, DataPorts: netio.PortRange{Min: 1000, Max: 2000}}},
		{"put", "--active=1000:1000", nil, client.Config{Active: true, DataPorts: netio.PortRange{Min: 1000, Max: 1000}}},
		{"put", "--active --data-ports 7:8", nil, client.Config{Active: true, DataPorts: netio.PortRange{Min: 7, Max: 8}}},
		{"get", "--data-from 192.0.2.7", nil, client.Config{DataFrom: netip.MustParseAddr("192.0.2.7")}},
		{"ls", "-u ann -w 99 --protocol 2", nil, client.Config{User: "ann", Port: 99, Protocol: 2, Tries: 1}},
		{"ls", "--tries 3 --retry-wait 0s", nil, client.Config{Tries: 3, RetryWait: -1}},
		{"put", "--retry-wait 1m", nil, client.Config{RetryWait: time.Minute}},
		{"put", "-s", nil, client.Config{SSH: &client.SSH{}}},
		{
			"ls", "-S -I key -E bbftpd2", nil,
			client.Config{SSH: &client.SSH{Batch: true, Identity: "key", Server: "bbftpd2 -s"}, Tries: 1},
		},
		{"mkdir", "--clear-text --no-mkdir", nil, client.Config{ClearText: true, Settings: client.Settings{NoDirs: true}, Tries: 1}},
	} {
		o, operands, err := parse(tt.verb, strings.Fields(tt.line))
		if err != nil {
			t.Errorf("%s %s: %v", tt.verb, tt.line, err)
			continue
		}
		o.cfg.Umask = 0
		if diff := cmp.Diff(tt.want, o.cfg, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s %s: %s", tt.verb, tt.line, diff)
		}
		if !slices.Equal(operands, tt.operands) {
			t.Errorf("%s %s: operands %q, want %q", tt.verb, tt.line, operands, tt.operands)
		}
	}
}

func TestParseSSHCommand(t *testing.T) {
	o, _, err := parse("put", []string{"-L", `ssh -o 'User Name' $HOME;x -p 22`})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ssh", "-o", "User Name", "$HOME;x", "-p", "22"}, o.cfg.SSH.Command); diff != "" {
		t.Error(diff)
	}
}

func TestParseTimeout(t *testing.T) {
	o, _, err := parse("put", []string{"--timeout", "90s"})
	if w := o.cfg.Waits; err != nil || w.Connect != 90*time.Second || w.Reply != w.Connect || w.Idle != w.Connect || w.Settle != 0 {
		t.Errorf("%+v, %v", w, err)
	}
}

func TestParseFails(t *testing.T) {
	for line, want := range map[string]string{
		"put --nonsense":                      "--nonsense",
		"put -q":                              "-q",
		"put -m":                              "-m",
		"ls -r":                               "-r",
		"rm --recursive":                      "--recursive, which is for put, get",
		"get -r --protocol 1":                 "--recursive excludes --protocol 1",
		"put -rn --no-mkdir":                  "--recursive and --dry-run exclude --no-mkdir",
		"ls -c":                               "-c",
		"rm --streams=2":                      "--streams, which is for put, get",
		"status -u ann":                       "-u",
		"put -p 0":                            `-p: "0": want auto, or a number from 1 to 1000`,
		"put -p many":                         `"many"`,
		"put --streams 1001":                  `--streams: "1001"`,
		"put --streams -4":                    `"-4"`,
		"put --window 0":                      "or auto",
		"put --window 1MB --send-window 1MB":  "--window is",
		"put --window auto --recv-window 1MB": "--window is",
		"put --limit-rate 10Mb":               "--limit-rate: \"10Mb\" may be bits or bytes",
		"put --limit-rate fast":               "bytes per second",
		"put --dscp 64":                       `--dscp: "64": want 0 to 63`,
		"put --dscp AF14":                     "AF11 to AF43",
		"put --dscp -1":                       "--dscp",
		"put --dscp 1 --qbss":                 "--dscp excludes --qbss",
		"put --congestion nonsense":           `congestion control "nonsense"`,
		"put --fsync":                         "unknown option: --fsync, which is for get",
		"put --sparse":                        "--sparse",
		"put --json --explain":                "--json excludes",
		"put --quiet --explain":               "--quiet excludes",
		"put -calways":                        "-a",
		"put --tries 0":                       "--tries 0",
		"put --protocol 4":                    "--protocol 4",
		"put --protocol 0":                    "--protocol 0",
		"put -w 0":                            "--port 0",
		"put -w 65536":                        "65536",
		"put -D --protocol 3":                 "excludes --protocol 3",
		"put -D2:1":                           "MIN:MAX",
		"put -D5":                             "MIN:MAX",
		"put --data-ports 0:9":                "MIN:MAX",
		"put -D1:2 --data-ports 3:4":          "excludes",
		"put --data-from host":                "--data-from",
		"put --buffer much":                   "size",
		"put --buffer -1":                     "size",
		"put --send-window 0":                 "size",
		"put --window 1025MiB":                "--window: \"1025MiB\": want up to 1GiB, or auto",
		"put --timeout 0s":                    "duration",
		"put --retry-wait -1s":                "duration",
		"put --progress sometimes":            "auto, always, never",
		"put --json -V":                       "--json excludes",
		"put --quiet -V":                      "--quiet excludes",
		"put -s -w 22":                        "--ssh excludes --port",
		"put -s --password-file f":            "ssh does the login",
		"put -s --clear-text":                 "ssh does the login",
		"put -s --protocol 1":                 "--ssh excludes --protocol 1",
		"put -L 'ssh":                         "quote",
		"put -I missing":                      "--identity: stat missing: no such file",
		"put --compress=maybe":                "maybe",
		"put -c=always":                       "as in --compress=always",
		"put --streams":                       "--streams",
	} {
		words := strings.Fields(line)
		if _, _, err := parse(words[0], words[1:]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", line, err, want)
		} else if exitOf(err) != exitUsage {
			t.Errorf("%s: exit status %d", line, exitOf(err))
		}
	}
}

func TestParseEmptyOperand(t *testing.T) {
	for _, words := range [][]string{{"put", "", "h:"}, {"put", "a", ""}, {"get", "h:a", ""}, {"get", "--", "h:a", ""}, {"ls", ""}} {
		if _, _, err := parse(words[0], words[1:]); exitOf(err) != exitUsage {
			t.Errorf("%q: %v, want a usage error", words, err)
		}
	}
}

// TestLetters holds the short letters to the meaning they have in the legacy
// form; -a and -l mean nothing there, and -r is what it is to cp and scp.
func TestLetters(t *testing.T) {
	legacy := map[rune]string{
		'c': "compress", 'D': "active", 'E': "remote-command", 'h': "help", 'I': "identity", 'L': "ssh-command", 'n': "dry-run",
		'p': "streams", 's': "ssh", 'S': "ssh-batch", 'u': "user", 'v': "version", 'V': "verbose", 'w': "port",
		'a': "all", 'l': "long", 'r': "recursive",
	}
	for _, p := range optionTable {
		if p.short != 0 && legacy[p.short] != p.long {
			t.Errorf("-%c, --%s: want --%s", p.short, p.long, legacy[p.short])
		}
	}
}

func TestAddress(t *testing.T) {
	o, _, err := parse("ls", strings.Fields("-u ann -w 99"))
	if err != nil {
		t.Fatal(err)
	}
	at, paths, err := o.oneServer([]string{"h:a", "ann@h:b", "bbftp://h:99/c"})
	if err != nil || at != (remote{user: "ann", host: "h", port: 99}) || !slices.Equal(paths, []string{"a", "b", "c"}) {
		t.Errorf("%+v, %q, %v", at, paths, err)
	}
	for _, operands := range [][]string{{"bob@h:a"}, {"bbftp://h:98/a"}, {"h:a", "i:a"}, {"local"}} {
		if _, _, err := o.oneServer(operands); exitOf(err) != exitUsage {
			t.Errorf("%q: %v, want a usage error", operands, err)
		}
	}
}

func TestServerAddress(t *testing.T) {
	o := &options{}
	for operand, want := range map[string]string{
		"host": "host:5021", "host:99": "host:99", "::1": "[::1]:5021", "[::1]:99": "[::1]:99", "bbftp://host:99/": "host:99",
	} {
		if got, err := o.serverAddress(operand); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", operand, got, err, want)
		}
	}
	for _, operand := range []string{"", "host:x", "-host", "a/b"} {
		if got, err := o.serverAddress(operand); err == nil {
			t.Errorf("%q: %s, want an error", operand, got)
		}
	}
}
