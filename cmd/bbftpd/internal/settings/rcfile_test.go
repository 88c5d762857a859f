package settings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bbftp/engine/server"
)

func TestStartFile(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       StartFile
	}{
		{"empty", "", StartFile{}},
		{"all", "# limits\n\n  setackto 1\nsetrecvcontrolto 2\n\tsetsendcontrolto\t3\nsetdatato 4\nsetcheckstdinto 5\nsetoption nofixeddataport\n", StartFile{
			Waits:         server.Waits{Ack: time.Second, Receive: 2 * time.Second, Send: 3 * time.Second, Idle: 4 * time.Second, Caller: 5 * time.Second},
			AnySourcePort: true,
		}},
		{"the last counts", "setackto 1\nsetackto 2\nsetoption nofixeddataport\nsetoption fixeddataport", StartFile{Waits: server.Waits{Ack: 2 * time.Second}}},
		{"a day", "setdatato 86400", StartFile{Waits: server.Waits{Idle: 24 * time.Hour}}},
		{"strange lines", "setackto\nsetlocalcos  3\nsetoption mode\n#setackto 1", StartFile{
			Ignored: []string{"line 1: setackto", "line 2: setlocalcos 3", "line 3: setoption mode"},
		}},
	} {
		got, err := parseStartFile(strings.NewReader(tt.text))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	for _, text := range []string{"setackto 0", "setackto -1", "setdatato x", "setdatato 86401", "setdatato 99999999999999999999"} {
		if got, err := parseStartFile(strings.NewReader("\n" + text)); err == nil || !strings.Contains(err.Error(), "line 2: ") {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
}

// TestStartFilePlaces has a file where one is looked for, one named, and none.
func TestStartFilePlaces(t *testing.T) {
	dir := t.TempDir()
	own, named, missing := filepath.Join(dir, "own"), filepath.Join(dir, "named"), filepath.Join(dir, "missing")
	for file, text := range map[string]string{own: "setackto 7", named: "setackto 8"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		named  string
		places []string
		want   time.Duration
	}{
		{"", []string{missing, own, named}, 7 * time.Second},
		{"", []string{missing}, 0},
		{"none", []string{own}, 0},
		{named, []string{own}, 8 * time.Second},
	} {
		if got, err := loadStartFile(tt.named, tt.places); err != nil || got.Waits.Ack != tt.want {
			t.Errorf("%q, %q: %v, %v; want %v", tt.named, tt.places, got.Waits.Ack, err, tt.want)
		}
	}
	for _, bad := range []string{missing, dir} {
		if _, err := loadStartFile(bad, nil); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s was named: %v", bad, err)
		}
	}
	t.Setenv("HOME", dir)
	want := []string{filepath.Join(dir, ".bbftpdrc"), systemStartFile}
	if os.Geteuid() == 0 {
		want = want[1:] // root's is the system's
	}
	if got := startFilePlaces(); !slices.Equal(got, want) {
		t.Errorf("places %q, want %q", got, want)
	}
}

func FuzzStartFile(f *testing.F) {
	f.Add("setackto 100\nsetoption nofixeddataport\n# x")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parseStartFile(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, wait := range []time.Duration{s.Waits.Ack, s.Waits.Receive, s.Waits.Send, s.Waits.Idle, s.Waits.Caller} {
			if wait < 0 || wait > maxWaitSeconds*time.Second {
				t.Errorf("a wait of %v", wait)
			}
		}
	})
}

// TestStartFilePipe must not wait for somebody to write to it.
func TestStartFilePipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readStartFile(pipe); err != nil {
		t.Error(err)
	}
}

// TestStartFileFound has a name that is not absolute begin where bbftpd was
// started, which a daemon has left when it reads the file again.
func TestStartFileFound(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "rc"), []byte("setackto 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := Origin{args: []string{"-R", "rc"}, dir: dir, config: noConfig}.Parse(nil)
	if err != nil || o.Start.Waits.Ack != 7*time.Second {
		t.Errorf("%+v, %v", o, err)
	}
}
