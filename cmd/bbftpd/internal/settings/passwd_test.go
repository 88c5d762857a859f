package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bbftp/engine/auth"
)

func TestParsePasswd(t *testing.T) {
	for args, want := range map[string]auth.Change{
		"users u": {User: "u"},
		"--directory /srv --mass-storage / users u":      {User: "u", Dir: new("/srv"), MassStorage: new("/")},
		"--directory= users u":                           {User: "u", Dir: new("")},
		"--read-only users u":                            {User: "u", ReadOnly: new(true)},
		"--read-only=yes users u":                        {User: "u", ReadOnly: new(true)},
		"--read-only=no users u":                         {User: "u", ReadOnly: new(false)},
		"--sessions 2 --streams 25 --rate 1gbit users u": {User: "u", Sessions: new(2), Streams: new(25), Rate: new(int64(125e6))},
		"--sessions 0 --streams=0 --rate 0 users u":      {User: "u", Sessions: new(0), Streams: new(0), Rate: new(int64(0))},
		"--keep-password --rate 50MB users u":            {User: "u", KeepPassword: true, Rate: new(int64(50e6))},
	} {
		o, err := ParsePasswd(strings.Fields(args))
		if diff := cmp.Diff(want, o.Change); err != nil || o.File != "users" || o.Delete || o.Help || diff != "" {
			t.Errorf("%s: %v, file %q\n%s", args, err, o.File, diff)
		}
	}
	if o, err := ParsePasswd([]string{"--delete", "users", "u"}); err != nil || !o.Delete || o.File != "users" || o.Change.User != "u" {
		t.Errorf("--delete: %+v, %v", o, err)
	}
}

func TestParsePasswdRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"users":                            "want FILE and USER",
		"users u v":                        "want FILE and USER",
		"--sessions many users u":          `--sessions "many": want 0 to 1000000 sessions`,
		"--streams -1 users u":             `--streams "-1": want 0 to 1000000 streams`,
		"--streams 1000001 users u":        "want 0 to 1000000 streams",
		"--rate 10Mb users u":              "may be bits or bytes",
		"--rate 5 users u":                 "less than 1 kB",
		"--read-only=maybe users u":        `"maybe" is neither yes nor no`,
		"--delete --read-only users u":     "--delete goes with no other option",
		"--delete --keep-password users u": "--delete goes with no other option",
	} {
		if o, err := ParsePasswd(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %q", args, o, err, want)
		}
	}
}
