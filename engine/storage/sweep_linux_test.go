package storage

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// holdIn names the directory in which this program, run again, begins a file
// and waits to be killed; holdHow says how.
const (
	holdIn  = "BBFTP_TEST_HOLD_IN"
	holdHow = "BBFTP_TEST_HOLD_HOW"
)

func TestHold(t *testing.T) {
	dir, how := os.Getenv(holdIn), os.Getenv(holdHow)
	if dir == "" {
		return // the program itself
	}
	tree, err := Open(dir, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if how == "named" {
		tree.nameless = noNameless
	}
	p, err := tree.Create("/f", v1(4, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	if how == "replacing" { // between link and rename
		_ = lock(p.File())
		if err := p.dir.link(p.File(), newTempName()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.File().WriteAt([]byte("part"), 0); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("\nholding\n")
	select {}
}

// hold has another process write in dir until the returned function is called,
// which kills it.
func hold(t *testing.T, dir, how string) (kill func()) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestHold$", "-test.v")
	c.Env = append(os.Environ(), holdIn+"="+dir, holdHow+"="+how)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = c.Process.Kill()
		_ = c.Wait() // killed
	}
	t.Cleanup(kill)
	said := []string{}
	for lines := bufio.NewScanner(out); lines.Scan(); said = append(said, lines.Text()) {
		if lines.Text() == "holding" {
			return kill
		}
	}
	t.Fatalf("the other process says:\n%s", strings.Join(said, "\n"))
	return nil
}

func tempNames(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, ".bbftp.*.tmp"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestKilled: nothing temporary is older than its process, or at least than the
// next one.
func TestKilled(t *testing.T) {
	for how, left := range map[string]int{"nameless": 0, "named": 1, "replacing": 1} {
		t.Run(how, func(t *testing.T) {
			dir := tempDir(t)
			plant(t, dir, "f=old")
			kill := hold(t, dir, how)
			if got := tempNames(t, dir); len(got) != left {
				t.Fatalf("temporary files %q, want %d", got, left)
			}
			next := func(want int) {
				t.Helper()
				tree := Unconfined(Limits{})
				for _, name := range []string{"/g", "/h"} {
					if err := store(tree, dir+name, "new", 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if got := tempNames(t, dir); len(got) != want {
					t.Errorf("temporary files %q, want %d", got, want)
				}
			}
			next(left) // it lives
			kill()
			wantFile(t, dir+"/f", "old")
			next(0)
			wantNames(t, dir, "f", "g", "h")
		})
	}
}

// TestSweep leaves alone whatever is not exactly a left file of this user.
func TestSweep(t *testing.T) {
	outer := tempDir(t)
	plant(t, outer, "d", "secret=secret")
	dir := filepath.Join(outer, "d")
	names := map[string]string{}
	for _, what := range []string{"left", "full", "linked", "other", "directory", "link", "fifo", "foreign"} {
		names[what] = newTempName()
	}
	plant(t, dir,
		names["left"]+"=", names["full"]+"=some", names["linked"]+"=", names["directory"], names["link"]+">../secret",
		".bbftp.tmp=", ".bbftp..tmp=", ".bbftp.AAAA.tmp=", "x"+names["left"]+"=", names["left"]+"x=", strings.ToLower(names["left"])+"=",
		".bbftp."+strings.Repeat("1", tempLength)+".tmp=",
	)
	if err := errors.Join(
		os.Link(filepath.Join(dir, names["linked"]), filepath.Join(dir, "other name")),
		syscall.Mkfifo(filepath.Join(dir, names["fifo"]), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	kept := []string{
		names["linked"], "other name", names["directory"], names["link"], names["fifo"], "f",
		".bbftp.tmp", ".bbftp..tmp", ".bbftp.AAAA.tmp", "x" + names["left"], names["left"] + "x", strings.ToLower(names["left"]),
		".bbftp." + strings.Repeat("1", tempLength) + ".tmp",
	}
	if os.Geteuid() == 0 {
		plant(t, dir, names["foreign"]+"=")
		own(t, nobody, nobody, filepath.Join(dir, names["foreign"]))
		kept = append(kept, names["foreign"])
	}
	tree := Unconfined(Limits{})
	tree.nameless = noNameless
	ours, err := tree.Create(dir+"/f", v1(0, 0o600)) // sweeps, and has one itself
	if err != nil {
		t.Fatal(err)
	}
	if err := store(Unconfined(Limits{}), dir+"/f", "", 0o600); err != nil { // sweeps while that lives
		t.Fatal(err)
	}
	if err := ours.Commit(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(kept)
	wantNames(t, dir, kept...)
	wantFile(t, filepath.Join(outer, "secret"), "secret")
}
