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
	"time"
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

// anHourLater sweeps dir when everything in it is old.
func anHourLater(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	folder{f}.sweep(time.Now().Add(sweepAge))
}

// TestKilled: what a killed process leaves is gone an hour later, and no sooner.
func TestKilled(t *testing.T) {
	for how, left := range map[string]int{"nameless": 0, "named": 1, "replacing": 1} {
		t.Run(how, func(t *testing.T) {
			dir := tempDir(t)
			plant(t, dir, "f=old")
			kill := hold(t, dir, how)
			want := func(want int) {
				t.Helper()
				if got := tempNames(t, dir); len(got) != want {
					t.Errorf("temporary files %q, want %d", got, want)
				}
			}
			want(left)
			anHourLater(t, dir)
			want(left) // it lives
			kill()
			wantFile(t, dir+"/f", "old")
			if err := store(Unconfined(Limits{}), dir+"/g", "new", 0o600); err != nil {
				t.Fatal(err)
			}
			want(left) // it may live on another host
			anHourLater(t, dir)
			wantNames(t, dir, "f", "g")
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
	ours, err := tree.Create(dir+"/f", v1(0, 0o600))
	if err != nil {
		t.Fatal(err)
	}
	anHourLater(t, dir)
	if err := ours.Commit(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(kept)
	wantNames(t, dir, kept...)
	wantFile(t, filepath.Join(outer, "secret"), "secret")
}

// TestSweepIsDue: to store a file sweeps its directory, at first and again an
// hour later, by the last change of files: that others have old times, as those
// given the times of their source, does not make them old.
func TestSweepIsDue(t *testing.T) {
	dir := tempDir(t)
	young := newTempName()
	plant(t, dir, young+"=")
	long := time.Unix(1e9, 0)
	if err := os.Chtimes(filepath.Join(dir, young), long, long); err != nil {
		t.Fatal(err)
	}
	ledger := NewLedger()
	tree := Unconfined(Limits{Ledger: ledger})
	for range 2 {
		if err := store(tree, dir+"/f", "new", 0o600); err != nil {
			t.Fatal(err)
		}
		wantNames(t, dir, young, "f")
		if len(ledger.swept) != 1 {
			t.Fatalf("%d directories were swept", len(ledger.swept))
		}
	}
}
