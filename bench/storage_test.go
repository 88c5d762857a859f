package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bbftp/bench/peer"
	"bbftp/bench/trial"
)

// TestStorage has cells in memory and on disk, each with files there.
func TestStorage(t *testing.T) {
	r := newRig(t, sized+"storage = [\"memory\", \"disk\"]\n[repeats]\nmax = 1")
	seen := map[string]string{}
	r.peer.before = func(_ context.Context, j peer.Job) error {
		seen[j.Storage] = j.Source
		return nil
	}
	records := r.mustRun(t).Records
	if !strings.HasPrefix(seen[trial.Memory], inMemory+"/") || !strings.HasPrefix(seen[trial.Disk], r.Dir+"/") {
		t.Errorf("%v", seen)
	}
	if len(records) != 4*2*2 { // four cells in two places, with a warm-up
		t.Errorf("%d records", len(records))
	}
}

// TestStorageIsWhatItSays: files in memory are none on a disk.
func TestStorageIsWhatItSays(t *testing.T) {
	for _, tt := range []struct{ storage, system, want string }{
		{trial.Disk, "tmpfs", "is in memory (tmpfs)"},
		{trial.Memory, "ext4", "is not in memory (ext4)"},
	} {
		r := newRig(t, sized+fmt.Sprintf("storage = [%q]", tt.storage))
		r.machine.files = tt.system
		if err := r.Run(t.Context(), trial.NewWriter(io.Discard), nil); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// TestManyFiles moves a directory of files that are not alike.
func TestManyFiles(t *testing.T) {
	r := newRig(t, "size = \"1000\"\nfiles = [3]\n[repeats]\nmax = 1")
	r.peer.before = func(_ context.Context, j peer.Job) error {
		entries, err := os.ReadDir(j.Source)
		if err != nil || len(entries) != 3 || j.Cell.Bytes != 3000 {
			return fmt.Errorf("%d files of %d bytes, %v", len(entries), j.Cell.Bytes, err)
		}
		first, _ := os.ReadFile(filepath.Join(j.Source, entries[0].Name()))
		last, _ := os.ReadFile(filepath.Join(j.Source, entries[2].Name()))
		if len(first) != 1000 || bytes.Equal(first, last) {
			return errors.New("two files are alike")
		}
		return nil
	}
	for _, record := range r.mustRun(t).Records {
		if record.Error != "" {
			t.Error(record.Error)
		}
	}
}

// TestBudget ends a sweep between two trials.
func TestBudget(t *testing.T) {
	r := newRig(t, sized+"[repeats]\nmin = 50\nmax = 50\nbudget = \"20s\"")
	var out bytes.Buffer
	if err := r.Run(t.Context(), trial.NewWriter(&out), nil); !errors.Is(err, ErrBudget) {
		t.Fatal(err)
	}
	f, err := trial.Read(&out)
	if err != nil || len(f.Records) < 2 || len(f.Records) > 100 {
		t.Errorf("%d records, %v", len(f.Records), err)
	}
}
