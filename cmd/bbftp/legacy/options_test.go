package legacy

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bbftp/engine/client"
	"bbftp/netio"
)

// args cuts a command line at blanks; "_" stands for one in a word.
func args(line string) []string {
	words := strings.Fields(line)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "_", " ")
	}
	return words
}

func TestParse(t *testing.T) {
	base := func() *options {
		return &options{
			host: "host", user: "me", port: 5021, commands: "dir .", tries: 5,
			settings: client.Settings{Streams: 1},
		}
	}
	for _, tt := range []struct {
		line string
		want func(*options)
	}{
		{"-u me -e dir_. host", func(*options) {}},
		{"host -u me -e dir_.", func(*options) {}},
		{"-u me host -e dir_.", func(*options) {}},
		{"-ume -edir_. host", func(*options) {}},
		{"-u other -u me -e x -e dir_. host", func(*options) {}},
		{"-u me -e dir_. -- host", func(*options) {}},
		{"-u me -e dir_.", func(o *options) { o.host = "" }},
		{"-u me -e dir_. -VWdtm host", func(o *options) { o.machine = true }},
		{"-u me -e dir_. -VWdt host", func(o *options) { o.verbose, o.warnings, o.debug, o.stamping = true, true, true, true }},
		{"-u me -cqnWp3 -r2 -w6000 -e dir_. host", func(o *options) {
			o.settings = client.Settings{Streams: 3, Compress: true, QBSS: true, Simulate: true}
			o.warnings, o.tries, o.port = true, 2, 6000
		}},
		{"-u me -e dir_. -p 010 -r 08 host", func(o *options) { o.settings.Streams, o.tries = 10, 8 }},
		{"-u me -D -e dir_. host", func(o *options) { o.active = true }},
		{"-u me -VD host -e dir_.", func(o *options) { o.active, o.verbose = true, true }},
		{"-u me -D1024:2048 -e dir_. host", func(o *options) {
			o.active, o.dataPorts = true, netio.PortRange{Min: 1024, Max: 2048}
		}},
		{"-u me -D5000:5000 -e dir_. host", func(o *options) {
			o.active, o.dataPorts = true, netio.PortRange{Min: 5000, Max: 5000}
		}},
		{"-e dir_. -s host", func(o *options) {
			o.user, o.ssh = "", &client.SSH{Command: []string{"ssh", "-q"}, Server: "bbftpd -s"}
		}},
		{"-u me -e dir_. -S -I options.go -L ssh_-o_'a_b' -E /opt/bbftpd_-A host", func(o *options) {
			o.ssh = &client.SSH{Command: []string{"ssh", "-o", "a b"}, Batch: true, Identity: "options.go", Server: "/opt/bbftpd -A -s"}
		}},
		{"-e dir_. -E bbftpd_-s_-m_30 host", func(o *options) {
			o.user, o.ssh = "", &client.SSH{Command: []string{"ssh", "-q"}, Server: "bbftpd -s -m 30"}
		}},
		{"-u me -i options.go host", func(o *options) {
			o.commands, o.controlFile, o.resultFile = "", "options.go", "options.go.res"
		}},
		{"-u me -e dir_. -b -f errors -o output -R none host", func(o *options) {
			o.background, o.errorFile, o.outputFile, o.startFile = true, "errors", "output", "none"
		}},
		{"-u me -e dir_. --json --clear-text --protocol=1 host", func(o *options) { o.json, o.clear, o.protocol = true, true, 1 }},
		{"-u me -e dir_. --password-file=f --data-from ::1 host", func(o *options) {
			o.passwordFile, o.dataFrom = "f", netip.IPv6Loopback()
		}},
		{"-u me -e dir_. --retry-wait 1m30s host", func(o *options) { o.retryWait = 90 * time.Second }},
		{"-u me -e dir_. --retry-wait 0 host", func(o *options) { o.retryWait = -1 }},
	} {
		got, err := parse(args(tt.line))
		if err != nil {
			t.Errorf("%s: %v", tt.line, err)
			continue
		}
		want := base()
		tt.want(want)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(options{}), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.line, diff)
		}
	}
}

func TestParseFails(t *testing.T) {
	for line, want := range map[string]int{
		"":                                  20,
		"-u me host":                        20,
		"-u me -e x -i options.go host":     20,
		"-u me -e x here there":             6,
		"-Z":                                6,
		"-g service -u me -e x host":        6,
		"-e":                                6,
		"-u me -e x -p 0 host":              3,
		"-u me -e x -p -1 host":             3,
		"-u me -e x -p 1001 host":           3,
		"-u me -e x -p 3x host":             3,
		"-u me -e x -r 0 host":              4,
		"-u me -e x -w 65536 host":          4,
		"-u me -e x -D2:1 host":             4,
		"-u me -e x -D0:1 host":             4,
		"-u me -e x -D1:65536 host":         4,
		"-u me -e x -D1 host":               4,
		"-u me -e x -Dhost host":            4,
		"-u me -i missing host":             7,
		"-e x -I missing host":              5,
		"-e x -L ssh_\"-q host":             42,
		"-e x -L _ host":                    43,
		"-e x -s -u -l host":                18,
		"-u me -e x -D --protocol 3 host":   6,
		"-u me -e x --protocol 4 host":      6,
		"-u me -e x --json -m host":         6,
		"-u me -e x --data-from host host":  6,
		"-u me -e x --retry-wait -1s host":  6,
		"-u me -e x --retry-wait soon host": 6,
		"--password-file":                   6,
	} {
		_, err := parse(args(line))
		var wrong misuse
		if !errors.As(err, &wrong) || wrong.number != want {
			t.Errorf("%s: %v, want number %d", line, err, want)
		}
	}
}

func TestCheckHost(t *testing.T) {
	for host, want := range map[string]int{
		"host": 0, "host.example.org": 0, "a_b": 0, "1host": 0, "10.0.0.1": 0, "::1": 0, "fe80::1": 0,
		"": 14, "_host": 15, "-oProxyCommand=x": 15, "10.0.0.1/8": 15, "10.0.0.1:5021": 15, "!": 15,
		"10.0.0": 16, "10.0.0.256": 16, "010.0.0.1": 16, "1": 16, "...": 16,
	} {
		err := checkHost(host)
		var wrong misuse
		if errors.As(err, &wrong) != (want != 0) || wrong.number != want {
			t.Errorf("%q: %v, want number %d", host, err, want)
		}
	}
}

// TestHelpNamesOptions keeps the help whole: what is read is explained.
func TestHelpNamesOptions(t *testing.T) {
	for _, option := range strings.Fields(`-b -c -d -D -e -E -f -i -I -L -m -n -o -p -q -r -R -s -S -t -u -v -V -w -W -h
		--retry-wait --password-file --protocol --clear-text --data-from --json --version --help`) {
		if !strings.Contains(usage(), " "+option) {
			t.Errorf("the help lacks %s", option)
		}
	}
	for line := range strings.Lines(usage()) {
		if len(line) > 101 {
			t.Errorf("a line of the help is too long: %s", line)
		}
	}
}
