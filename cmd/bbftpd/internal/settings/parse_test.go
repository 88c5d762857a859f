package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bbftp/netio"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bbftpd.toml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestPrecedence has the command line override the file, setting by setting.
func TestPrecedence(t *testing.T) {
	file := writeConfig(t, `
users = "people"
root = "/srv"
port = 6000
read-only = true
data-ports = "40000:40100"
mass-storage = ["/a", "/b=/c"]
allow = ["10.0.0.0/8", "::1"]
drain = "1m"
`)
	o, err := Origin{args: strings.Fields("--config " + file + " -w 7000 --read-only=false --allow 192.0.2.1 --allow 192.0.2.2"), dir: "/dir", config: noConfig}.Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	if o.Users != "/dir/people" || o.Root != "/srv" || o.DataPorts != (netio.PortRange{Min: 40000, Max: 40100}) || o.Drain != time.Minute || len(o.MassStorage) != 2 {
		t.Errorf("the file is lost: %+v", o)
	}
	if o.Port != 7000 || o.ReadOnly || len(o.Allow) != 2 || o.Allow[0].String() != "192.0.2.1/32" {
		t.Errorf("the command line is lost: %+v", o)
	}
}

// TestAccountsOfLine has the command line choose whose accounts are served.
func TestAccountsOfLine(t *testing.T) {
	for _, tt := range []struct{ file, line, users, system string }{
		{"users = '/a'", "--system-accounts", "", "shadow"},
		{"system-accounts = 'shadow'", "--users /b", "/b", ""},
		{"users = '/a'", "--users /b", "/b", ""},
		{"users = '/a'", "", "/a", ""},
	} {
		o, err := Origin{args: strings.Fields("--config " + writeConfig(t, tt.file) + " " + tt.line), config: noConfig}.Parse(nil)
		if err != nil || o.Users != tt.users || o.SystemAccounts != tt.system {
			t.Errorf("%s, %s: %+v, %v", tt.file, tt.line, o, err)
		}
	}
	both := Origin{args: []string{"--config", writeConfig(t, "users = '/a'\nsystem-accounts = 'shadow'")}, config: noConfig}
	if _, err := both.Parse(nil); err == nil || !strings.Contains(err.Error(), "exclude each other") {
		t.Errorf("both in the file: %v", err)
	}
}

// TestSystemConfig has the file of the system read by daemons only.
func TestSystemConfig(t *testing.T) {
	place := writeConfig(t, "port = 6000\n")
	for args, want := range map[string]uint16{"": 6000, "-s": 5021, "--demo .": 5021, "--config none": 5021} {
		from := Origin{args: strings.Fields(args), dir: "/dir", config: place}
		if o, err := from.Parse(nil); err != nil || o.Port != want {
			t.Errorf("%q: %+v, %v", args, o, err)
		}
	}
}

func TestFileRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"\nnonsense = 1":            `:2: nonsense: there is no such setting`,
		"demo = '.'":                `:1: demo: only the command line has it`,
		"help = true":               `:1: help: only the command line has it`,
		"config = 'x'":              `:1: config: only the command line has it`,
		"w = 5":                     `:1: w: there is no such setting`,
		"s = true":                  `:1: s: there is no such setting`,
		"read-only = 'yes'":         `:1: read-only: want true or false`,
		"read-only = 1":             `:1: read-only: want true or false`,
		"users = true":              `:1: users: want a value`,
		"users = ['a', 'b']":        `:1: users: want one value, not a list`,
		"port = 70000":              `:1: port "70000": want a port`,
		"allow = ['10.0.0.0/8', 1]": `:1: allow "10.0.0.0/8,1": want addresses`,
		"max-streams = 0":           `:1: max-streams "0": want 1 to 1000`,
		"drain = 5":                 `:1: drain "5": want a duration`,
		"port = 1\ndrain = 'x'\numask = '9'": `:2: drain "x": want a duration such as 90s or 5m, at most 24h0m0s
`,
		"require-tls = true": "--require-tls: name a key",
	} {
		from := Origin{args: []string{"--config", writeConfig(t, text)}, dir: "/dir", config: noConfig}
		if o, err := from.Parse(nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v, %v; want %q", text, o, err, want)
		}
	}
}

// TestDifferences names what a reload can't change.
func TestDifferences(t *testing.T) {
	now, next := newOptions("/"), newOptions("/")
	if names := next.Fixed(now); names != nil {
		t.Errorf("%q differ", names)
	}
	next.Port, next.MaxSessions, next.MassStorage, next.Metrics = 1, 2, []string{"/a"}, ":3"
	if got := strings.Join(next.Fixed(now), " "); got != "port mass-storage metrics" {
		t.Errorf("%q differ", got)
	}
}
