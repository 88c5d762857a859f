package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"math"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"bbftp/engine/audit"
)

func openTrail(t *testing.T, path string) *Trail {
	t.Helper()
	trail, err := OpenTrail(path, slog.New(slog.NewTextHandler(t.Output(), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return trail
}

func records(t *testing.T, path string) []line {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []line
	s := bufio.NewScanner(bytes.NewReader(content))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%q: %v", s.Text(), err)
		}
		checkPrintable(t, s.Text())
		all = append(all, l)
	}
	return all
}

var whole = audit.Record{
	Time: time.Date(2026, 11, 23, 1, 2, 3, 4, time.UTC), Event: audit.File, Outcome: audit.Failed, Reason: "disk <full> & more",
	Client: netip.MustParseAddrPort("[2001:db8::1]:1025"), Session: 7, User: "alice", TLS: true, Version: 3,
	Operation: "put", File: "/a/größe", Asked: "größe", Bytes: 10, Moved: 5, Wire: 4, Seconds: 0.25, Streams: 2, Compressed: true, Simulated: true, Verdict: "link",
}

func TestTrail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	trail := openTrail(t, path)
	trail.Record(whole)
	closing(t, trail)
	if got := records(t, path); len(got) != 1 || !reflect.DeepEqual(got[0].Record, whole) {
		t.Errorf("%+v, want %+v", got, whole)
	}
	content, _ := os.ReadFile(path)
	if !bytes.HasPrefix(content, []byte(`{"time":"2026-11-23T01:02:03.000000004Z","event":"file","outcome":"failed","reason":"disk <full> & more","client":"[2001:db8::1]:1025"`)) {
		t.Errorf("%s", content)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&^0o640 != 0 {
		t.Error(info.Mode(), err)
	}
}

func TestTrailHostile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	trail := openTrail(t, path)
	for _, tt := range hostile {
		trail.Record(audit.Record{Event: audit.File, User: tt.text, File: tt.text, Asked: tt.text, Reason: tt.text, Seconds: math.Inf(1)})
	}
	closing(t, trail)
	got := records(t, path)
	if len(got) != len(hostile) {
		t.Fatalf("%d records", len(got))
	}
	for i, tt := range hostile {
		if got[i].File != printable(tt.text, longestValue) {
			t.Errorf("%s: %.100q", tt.name, got[i].File)
		}
	}
}

// TestTrailFlood has each login that names a user written, and of what anybody can
// cause little.
func TestTrailFlood(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	refused := audit.Record{Event: audit.Refused, Outcome: audit.Denied, Reason: "too many sessions"}
	nobody := audit.Record{Event: audit.Login, Outcome: audit.Failed, Reason: "connection lost"}
	guess := audit.Record{Event: audit.Login, Outcome: audit.Denied, User: "root"}
	stored := audit.Record{Event: audit.File, Outcome: audit.OK, User: "alice"}
	synctest.Test(t, func(t *testing.T) {
		trail := openTrail(t, path)
		for range 10 * floodBurst {
			for _, r := range []audit.Record{refused, nobody, guess, stored} {
				trail.Record(r)
			}
		}
		time.Sleep(floodPeriod)
		synctest.Wait()
		trail.Record(refused)
		closing(t, trail)
	})
	type kind struct {
		event   audit.Event
		outcome audit.Outcome
	}
	one, counted := map[kind]int{}, map[kind]int{}
	for _, r := range records(t, path) {
		k := kind{r.Event, r.Outcome}
		if r.Count > 0 {
			counted[k] += r.Count
		} else {
			one[k]++
		}
	}
	for _, tt := range []struct {
		of           audit.Record
		one, counted int
	}{
		{refused, floodBurst + 1, 9 * floodBurst},
		{nobody, floodBurst, 9 * floodBurst},
		{guess, 10 * floodBurst, 0},
		{stored, 10 * floodBurst, 0},
	} {
		if k := (kind{tt.of.Event, tt.of.Outcome}); one[k] != tt.one || counted[k] != tt.counted {
			t.Errorf("%v: %d records and %d counted, want %d and %d", k, one[k], counted[k], tt.one, tt.counted)
		}
	}
}

func TestTrailRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	trail := openTrail(t, path)
	var recording sync.WaitGroup
	const workers, each = 4, 250
	for range workers {
		recording.Go(func() {
			for range each {
				trail.Record(whole)
			}
		})
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := trail.Reopen(); err != nil {
		t.Fatal(err)
	}
	recording.Wait()
	trail.Record(whole)
	closing(t, trail)
	if got := len(records(t, path)) + len(records(t, path+".1")); got != workers*each+1 || trail.Dropped() != 0 {
		t.Errorf("%d records, %d lost", got, trail.Dropped())
	}
}

const trailOfChild = "BBFTPD_TEST_TRAIL"

// TestProcesses has several write to one file at the same time.
func TestProcesses(t *testing.T) {
	const processes, each = 4, 300
	if path := os.Getenv(trailOfChild); path != "" {
		trail := openTrail(t, path)
		r := whole
		r.File = strings.Repeat("x", 4000)
		for range each {
			trail.Record(r)
		}
		closing(t, trail)
		return
	}
	path := filepath.Join(t.TempDir(), "audit")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	for range processes {
		running.Go(func() {
			child := exec.CommandContext(t.Context(), program, "-test.run=^TestProcesses$")
			child.Env = append(os.Environ(), trailOfChild+"="+path)
			if out, err := child.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	running.Wait()
	if got := len(records(t, path)); got != processes*each {
		t.Errorf("%d records", got)
	}
}

// TestTornLine has a disk take only part of a line: the next is whole.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit")
	f, err := openFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.writeLine([]byte("half a li")); err != nil {
		t.Fatal(err)
	}
	f.now.Load().torn = true // as after ENOSPC
	for _, l := range []string{"second\n", "third\n"} {
		if err := f.writeLine([]byte(l)); err != nil {
			t.Fatal(err)
		}
	}
	if content, _ := os.ReadFile(path); string(content) != "half a li\nsecond\nthird\n" {
		t.Errorf("%q", content)
	}
	_ = f.close()
	if err := f.writeLine([]byte("x\n")); err == nil {
		t.Error("no error of a closed file")
	}
}

func TestOpenTrailRefuses(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, pipe} { // a pipe that nobody reads must not be waited for
		if trail, err := OpenTrail(path, slog.New(slog.DiscardHandler)); err == nil {
			closing(t, trail)
			t.Errorf("%s: no error", path)
		}
	}
}

// TestLossIsTold has the log know of a file that can't be written.
func TestLossIsTold(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	out := logged(t, Config{Format: "json"}, func(log *slog.Logger, _ audit.Sink) {
		told := make(chan struct{})
		trail, err := OpenTrail("/dev/full", slog.New(notified{log.Handler(), told}))
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			trail.Record(whole)
		}
		select {
		case <-told:
		case <-time.After(time.Minute):
			t.Error("nothing told")
		}
		closing(t, trail)
		if trail.Dropped() != 5 {
			t.Errorf("%d lost", trail.Dropped())
		}
	})
	if !strings.Contains(out, `"msg":"audit records are lost","file":"/dev/full","error":"append a line: write /dev/full: no space left on device"`) {
		t.Error(out)
	}
	if n := strings.Count(out, "\n"); n != 1 {
		t.Errorf("%d lines", n)
	}
}
