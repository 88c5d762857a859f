package tuning

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestHangingDisk: a directory that does not answer keeps the first file for a
// moment, the others not at all, and the end of the program for another. What it
// says in the end is not lost.
func TestHangingDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "paths.json")
		before := New(path, nil)
		before.Learn(somewhere, &moved)
		before.Close()

		var said bytes.Buffer
		tuner := New(path, slog.New(slog.NewTextHandler(&said, nil)))
		answers := make(chan struct{})
		tuner.disk = disk{
			load: func(path string, now time.Time) (*memory, error) {
				<-answers
				return load(path, now)
			},
			replace: func(path string, content []byte) error {
				<-answers
				return replace(path, content)
			},
		}
		elsewhere := somewhere
		elsewhere.Host = "i"
		took := func(what string, want time.Duration, do func()) {
			t.Helper()
			began := time.Now()
			if do(); time.Since(began) != want {
				t.Errorf("%s took %v, want %v", what, time.Since(began), want)
			}
		}
		took("the first choice", readPatience, func() {
			if c := tuner.Choose(somewhere); c.Streams != mostFirst {
				t.Errorf("%+v", c)
			}
		})
		took("other files", 0, func() {
			for range 10 {
				tuner.Choose(elsewhere)
				tuner.Learn(elsewhere, &moved)
			}
		})
		took("the end", writePatience, tuner.Close)
		for _, want := range []string{"not known yet", "not kept yet"} {
			if !strings.Contains(said.String(), want) {
				t.Errorf("nothing of %q in %s", want, said.String())
			}
		}

		close(answers)
		synctest.Wait()
		if c := tuner.Choose(somewhere); c.Streams != 6 {
			t.Errorf("what came late is not known: %+v", c)
		}
		if c := tuner.Choose(elsewhere); c.Streams == mostFirst {
			t.Errorf("what was learned meanwhile is lost: %+v", c)
		}
		m, err := load(path, time.Now())
		if err != nil || len(m.Paths) != 2 {
			t.Errorf("%d paths are kept, %v", len(m.Paths), err)
		}
		took("another end", 0, tuner.Close)
	})
}

// TestUnwritable is told, and nothing else comes of it.
func TestUnwritable(t *testing.T) {
	var said bytes.Buffer
	tuner := New(filepath.Join(t.TempDir(), "paths.json"), slog.New(slog.NewTextHandler(&said, nil)))
	tuner.disk.replace = func(string, []byte) error { return errors.New("no space") }
	tuner.Close() // nothing was learned
	tuner.Learn(somewhere, &moved)
	if said.Len() > 0 {
		t.Error(said.String())
	}
	tuner.Close()
	if !strings.Contains(said.String(), "is not kept\" error=\"no space\"") {
		t.Error(said.String())
	}
	if c := tuner.Choose(somewhere); c.Streams != 6 {
		t.Errorf("%+v", c)
	}
	if _, err := os.Stat(tuner.path); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
