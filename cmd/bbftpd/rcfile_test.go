package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStartFile(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       startFile
	}{
		{"empty", "", startFile{}},
		{"all", "# limits\n\n  setackto 1\nsetrecvcontrolto 2\n\tsetsendcontrolto\t3\nsetdatato 4\nsetcheckstdinto 5\nsetoption nofixeddataport\n", startFile{
			ack: time.Second, receive: 2 * time.Second, send: 3 * time.Second, idle: 4 * time.Second, caller: 5 * time.Second, anySource: true,
		}},
		{"the last counts", "setackto 1\nsetackto 2\nsetoption nofixeddataport\nsetoption fixeddataport", startFile{ack: 2 * time.Second}},
		{"a day", "setdatato 86400", startFile{idle: 24 * time.Hour}},
		{"strange lines", "setackto\nsetlocalcos  3\nsetoption mode\n#setackto 1", startFile{
			ignored: []string{"line 1: setackto", "line 2: setlocalcos 3", "line 3: setoption mode"},
		}},
	} {
		got, err := parseStartFile(strings.NewReader(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(startFile{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	for _, text := range []string{"setackto 0", "setackto -1", "setdatato x", "setdatato 86401", "setdatato 99999999999999999999"} {
		if got, err := parseStartFile(strings.NewReader("\n" + text)); err == nil || !strings.Contains(err.Error(), "line 2: ") {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// TestStartFilePlaces has a file in the home directory, one named, and none.
func TestStartFilePlaces(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.WriteFile(filepath.Join(home, ".bbftpdrc"), []byte("setackto 7"), 0o600); err != nil {
		t.Fatal(err)
	}
	named := filepath.Join(home, "other")
	if err := os.WriteFile(named, []byte("setackto 8"), 0o600); err != nil {
		t.Fatal(err)
	}
	ours := 7 * time.Second
	if os.Geteuid() == 0 {
		ours = 0 // the system's file is root's
		if _, err := os.Stat(systemStartFile); err == nil {
			t.Skip("this machine has " + systemStartFile)
		}
	}
	for name, want := range map[string]time.Duration{"": ours, "none": 0, named: 8 * time.Second} {
		if got, err := loadStartFile(name); err != nil || got.ack != want {
			t.Errorf("%q: %v, %v; want %v", name, got.ack, err, want)
		}
	}
	if _, err := loadStartFile(filepath.Join(home, "missing")); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a missing file that was named: %v", err)
	}
}

func FuzzStartFile(f *testing.F) {
	f.Add("setackto 100\nsetoption nofixeddataport\n# x")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseStartFile(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, wait := range []time.Duration{s.ack, s.receive, s.send, s.idle, s.caller} {
			if wait < 0 || wait > maxWaitSeconds*time.Second {
				t.Errorf("a wait of %v", wait)
			}
		}
	})
}

func TestConnectionOfSSH(t *testing.T) {
	for text, want := range map[string][2]string{
		"":                             {"invalid IP", "invalid IP"},
		"10.0.0.1 4711 10.0.0.2 22":    {"10.0.0.1", "10.0.0.2"},
		"::ffff:10.0.0.1 1 fe80::1 22": {"10.0.0.1", "fe80::1"},
		"10.0.0.1 4711 10.0.0.2":       {"invalid IP", "invalid IP"},
		"host 4711 10.0.0.2 22":        {"invalid IP", "10.0.0.2"},
	} {
		if got := connectionOfSSH(text); got.client.String() != want[0] || got.server.String() != want[1] {
			t.Errorf("%q: %v", text, got)
		}
	}
}
