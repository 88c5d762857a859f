package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bbftp/bench/trial"
	"bbftp/cmd/internal/version"
)

func TestResultsAreOneSweeps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	first, err := openResults(path, false)
	if err != nil {
		t.Fatal(err)
	}
	// Half of a line, as when the other sweep comes in the middle of a write.
	if _, err := io.WriteString(first, `{"type":"envi`); err != nil {
		t.Fatal(err)
	}
	if _, err := openResults(path, true); err == nil || !strings.Contains(err.Error(), "r.jsonl: another sweep") {
		t.Errorf("while it is written: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("cut under the one who writes it: %v", err)
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	second, err := openResults(path, true)
	if err != nil || !second.cut {
		t.Fatalf("afterwards: %v", err)
	}
	if err := second.close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("an empty file stays: %v", err)
	}
}

func TestResultsAreAFile(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, os.DevNull, dir} {
		if _, err := openResults(path, true); err == nil || !strings.Contains(err.Error(), path+" is no file") {
			t.Errorf("%s: %v", path, err)
		}
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestResultsKeepNoCourses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := trial.NewWriter(f)
	if err := w.Environment(trial.Environment{ID: "e", Build: version.Build()}); err != nil {
		t.Fatal(err)
	}
	r := trial.Record{
		Environment: "e", Repeat: 1, Goodput: 5, Progress: trial.Progress{Time: []float64{1}, Bytes: []int64{2}},
		Cell: trial.Cell{Peer: "bbftp", Direction: trial.Put, Path: trial.Loopback, Streams: 1},
	}
	if err := w.Trial(r); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	opened, err := openResults(path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.close() }()
	if len(opened.done) != 1 || opened.done[0].Goodput != 5 || opened.done[0].Progress.Time != nil {
		t.Errorf("%+v", opened.done)
	}
}

func TestStatusSaysAll(t *testing.T) {
	for name, tt := range map[string]struct {
		err    error
		status int
		said   string
	}{
		"well":   {nil, 0, ""},
		"silent": {exited(130), 130, ""},
		"chosen": {exit{2, os.ErrExist}, 2, "bbbench: file already exists\n"},
		"plain":  {os.ErrExist, 1, "bbbench: file already exists\n"},
		"more":   {errors.Join(os.ErrExist, exited(130)), 130, "bbbench: file already exists\nexit status 130\n"},
	} {
		var stderr strings.Builder
		if got := status(tt.err, &stderr); got != tt.status || stderr.String() != tt.said {
			t.Errorf("%s: %d, %q; want %d, %q", name, got, stderr.String(), tt.status, tt.said)
		}
	}
}

// TestResultsOfOtherBuilds: programs that were built anew are measured anew.
func TestResultsOfOtherBuilds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.jsonl")
	first, err := openResults(path, false)
	if err != nil {
		t.Fatal(err)
	}
	w := trial.NewWriter(first)
	cell := trial.Cell{Peer: "bbftp", Direction: trial.Put, Path: trial.Loopback, Streams: 1}
	for _, build := range []string{"another", version.Build(), version.Build()} {
		err = errors.Join(err, w.Environment(trial.Environment{ID: build, Build: build}), w.Trial(trial.Record{Environment: build, Cell: cell}))
	}
	if err := errors.Join(err, first.close()); err != nil {
		t.Fatal(err)
	}
	second, err := openResults(path, true)
	if err != nil || len(second.done) != 2 || second.others != 1 {
		t.Fatalf("%+v, %v", second, err)
	}
	if err := second.close(); err != nil {
		t.Error(err)
	}
}
