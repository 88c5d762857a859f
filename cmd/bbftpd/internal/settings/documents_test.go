package settings

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/pborman/getopt/v2"
)

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../../../scripts/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDocuments holds help, manual page, completion and the table of the options
// together: what is read is explained, and what is explained is read.
func TestDocuments(t *testing.T) {
	manual := document(t, "man/bbftpd.8")
	completion := document(t, "completion/bbftp.bash")
	table := newOptions("").table()
	table.VisitAll(func(o getopt.Option) {
		for _, name := range []string{dashed("--", o.LongName()), dashed("-", o.ShortName())} {
			if name == "" {
				continue
			}
			word := regexp.QuoteMeta(name) + `\b`
			if !regexp.MustCompile(`(?m)(^| |/)` + word).MatchString(usage) {
				t.Errorf("the help lacks %s", name)
			}
			if !regexp.MustCompile(`(?m)^\.It.* ` + regexp.QuoteMeta(name[1:]) + `( |$)`).MatchString(manual) {
				t.Errorf("the manual page lacks %s", name)
			}
			if !regexp.MustCompile(`[ "]` + word).MatchString(completion) {
				t.Errorf("the completion lacks %s", name)
			}
		}
	})
	for _, text := range []string{usage, strings.ReplaceAll(manual, ".Fl -", " --")} {
		for _, name := range regexp.MustCompile(`(?m)(?:^| )--([a-z][a-z-]+)`).FindAllStringSubmatch(text, -1) {
			if setting(table, name[1]) == nil && !ofOthers[name[1]] {
				t.Errorf("--%s is explained and not read", name[1])
			}
		}
	}
}

func dashed(dashes, name string) string {
	if name == "" {
		return ""
	}
	return dashes + name
}

// ofOthers are options of other programs that the manual page mentions.
var ofOthers = map[string]bool{"json": true, "tls-fingerprint": true, "now": true, "create": true}

// TestPasswdDocuments holds the help of bbftpd passwd and the manual page together.
func TestPasswdDocuments(t *testing.T) {
	_, manual, _ := strings.Cut(document(t, "man/bbftpd.8"), ".Ss passwd\n")
	manual, _, _ = strings.Cut(manual, "\n.El\n")
	options := regexp.MustCompile(`(?m)^  --([a-z-]+)`).FindAllStringSubmatch(PasswdUsage, -1)
	if len(options) < 5 {
		t.Errorf("the help has %q", options)
	}
	for _, name := range options {
		if !regexp.MustCompile(`(?m)^\.It.* -` + name[1] + `\b`).MatchString(manual) {
			t.Errorf("the manual page lacks --%s", name[1])
		}
	}
}

// TestFixedSettings has the manual page name what only a new start changes.
func TestFixedSettings(t *testing.T) {
	_, text, _ := strings.Cut(document(t, "man/bbftpd.8"), "Only a new start changes")
	text, _, _ = strings.Cut(text, "which the log names then")
	table := newOptions("").table()
	for _, name := range fixed {
		if setting(table, name) == nil {
			t.Errorf("there is no setting %s", name)
		}
		if !regexp.MustCompile(`[ \n]` + name + `\b`).MatchString(text) {
			t.Errorf("the manual page does not say that %s needs a new start", name)
		}
	}
}

// TestSample reads the configuration that is installed, as it is and with all that
// is commented out.
func TestSample(t *testing.T) {
	const name = "../../../../scripts/systemd/bbftpd.toml"
	sample := document(t, "systemd/bbftpd.toml")
	all := t.TempDir() + "/all.toml"
	if err := os.WriteFile(all, []byte(regexp.MustCompile(`(?m)^# ([a-z-]+ = )`).ReplaceAllString(sample, "$1")), 0o600); err != nil {
		t.Fatal(err)
	}
	copied := t.TempDir() + "/copy.toml" // of a mode that the checkout need not have
	if err := os.WriteFile(copied, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{copied, all} {
		o, err := Origin{args: []string{"--config", file}, dir: "/", config: noConfig}.Parse(nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if file == all && (!o.RequireTLS || o.MaxPerUser == 0 || len(o.Allow) != 2) {
			t.Errorf("not all of it was read: %+v", o)
		}
	}
}

// TestUnits has systemd wait longer for the end than transfers may take.
func TestUnits(t *testing.T) {
	for _, name := range []string{"systemd/bbftpd.service.in", "systemd/bbftpd-system.service.in"} {
		unit := document(t, name)
		for _, line := range []string{"TimeoutStopSec=6min", "KillMode=mixed", "Type=notify-reload", "WatchdogSec=30s", "NotifyAccess=main"} {
			if !strings.Contains(unit, "\n"+line+"\n") {
				t.Errorf("%s lacks %s", name, line)
			}
		}
	}
	if drainTime.Minutes() >= 6 {
		t.Errorf("systemd kills after 6 minutes, --drain is %v", drainTime)
	}
}
