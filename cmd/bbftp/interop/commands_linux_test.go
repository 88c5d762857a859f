package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bbftp/bench/payload"
)

// commands runs what our client does besides moving files, against every server
// in every version it serves.
func (a *arena) commands(t *testing.T) {
	for _, s := range a.servers {
		for version := 1; version <= 3; version++ {
			if s.port(version) == 0 {
				continue
			}
			v := visit{arena: a, client: a.clients[0], server: s, version: version}
			t.Run(fmt.Sprintf("%s-server,v%d", s.name(), version), func(t *testing.T) {
				t.Run("directories", func(t *testing.T) { t.Parallel(); v.directories(t) })
				t.Run("refusals", func(t *testing.T) { t.Parallel(); v.refusals(t) })
			})
		}
	}
}

// visit is our client with one server, in one version.
type visit struct {
	*arena
	client  client
	server  server
	version int
}

// run runs a script; the client must end with status.
func (v visit) run(t *testing.T, status int, script string) (stdout string) {
	t.Helper()
	return v.runAs(t, status, v.password, script)
}

func (v visit) runAs(t *testing.T, status int, password, script string) (stdout string) {
	t.Helper()
	cmd := v.command(v.client, errand{port: v.server.port(v.version), version: v.version, streams: 3, script: script, password: password})
	stdout, stderr, _ := finish(cmd, 3*time.Minute)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		t.Fatalf("%s: %v, want exit status %d\n%s%s", script, cmd.ProcessState, status, stdout, stderr)
	}
	return stdout
}

func (v visit) directories(t *testing.T) {
	local := v.mkdir(t, v.Work)
	remote := v.mkdir(t, v.home())
	if err := os.Chown(remote, accountID, accountID); err != nil {
		t.Fatal(err)
	}
	names := []string{"a.dat", "b.dat", "c.dat"}
	for i, name := range names {
		if err := payload.Write(filepath.Join(local, name), payload.Mixed, int64(i*5000), 7); err != nil {
			t.Fatal(err)
		}
	}
	back := v.mkdir(t, v.Work)
	out := v.run(t, 0, fmt.Sprintf("cd %s;mkdir made;cd made;lcd %s;mput *.dat .;mkdir sub;dir .;mget * %s", filepath.Base(remote), local, back))
	var listed []string
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		// Versions 2 and 3 put a type before the name, and list the directory itself.
		if n := len(fields); n > 0 && n <= 2 && strings.HasPrefix(line, " ") && !strings.HasSuffix(fields[n-1], "/.") && !strings.HasSuffix(fields[n-1], "/..") {
			listed = append(listed, filepath.Base(fields[n-1]))
		}
	}
	slices.Sort(listed)
	if want := append(slices.Clone(names), "sub"); !slices.Equal(listed, want) {
		t.Errorf("the listing shows %v, want %v:\n%s", listed, want, out)
	}
	for _, name := range names {
		equal(t, filepath.Join(local, name), filepath.Join(remote, "made", name))
		equal(t, filepath.Join(local, name), filepath.Join(back, name))
	}
	entries, err := os.ReadDir(back)
	if err != nil || len(entries) != len(names) {
		t.Errorf("mget brought %v, %v", entries, err)
	}
}

func (v visit) refusals(t *testing.T) {
	to := filepath.Join(v.mkdir(t, v.Work), "never")
	source := filepath.Join(v.home(), sourceName(100003))
	v.run(t, 100, "get missing "+to)
	v.run(t, 100, "cd missing")
	v.runAs(t, 100, writePassword(t, "wrong"), "dir .")
	v.run(t, 100, fmt.Sprintf("setoption nocreatedir;put %s missing/x", source))
	if _, err := os.Lstat(to); !os.IsNotExist(err) {
		t.Errorf("a refused get left a file: %v", err)
	}
	// A local failure is told to the server, and the session goes on.
	failed := fmt.Sprintf("get %s %s/missing/x", sourceName(100003), v.Work)
	v.run(t, 75, fmt.Sprintf("setoption nocreatedir;%s;get %s %s", failed, sourceName(100003), to))
	equal(t, source, to)
}

func equal(t *testing.T, want, got string) {
	t.Helper()
	a, err := hash(want)
	if err != nil {
		t.Error(err)
	}
	b, err := hash(got)
	if err != nil || a != b {
		t.Errorf("%s has SHA-256 %s, %s %s: %v", want, a, got, b, err)
	}
}
