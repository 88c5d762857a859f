package faults

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// walkEnv is how long each server is walked over, seedEnv the seed to do it
	// again with.
	walkEnv = "BBFTP_FAULTS_WALK"
	seedEnv = "BBFTP_FAULTS_SEED"
	// walkersAtOnce share a server.
	walkersAtOnce = 24
	// walkMemory bounds what a server may take at its height, in bytes.
	walkMemory = 512 << 20
)

func walkTime(t *testing.T) time.Duration {
	if text := os.Getenv(walkEnv); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if full() {
		return 60 * time.Second
	}
	return 2 * time.Second
}

// walkSeed is another one each time for who looks for something new.
func walkSeed(t *testing.T) uint64 {
	if text := os.Getenv(seedEnv); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return seed
	}
	if full() {
		return rand.Uint64()
	}
	return 1
}

// TestWalk lets walkers loose on each. In the full table they are rows.
func TestWalk(t *testing.T) {
	w := enter(t, 1)
	if w == nil {
		return
	}
	for name, open := range grounds {
		t.Run(name, func(t *testing.T) {
			seed := walkSeed(t)
			t.Logf("%s, seed %d", walkOver(t, open(t, w), seed, walkTime(t)), seed)
			if t.Failed() {
				t.Logf("again: %s=%d %s=%v", seedEnv, seed, walkEnv, walkTime(t))
			}
		})
	}
}

// walkOver returns what there was of walks, and how far they came.
func walkOver(t *testing.T, g *ground, seed uint64, d time.Duration) string {
	outside := filepath.Join(filepath.Dir(g.root), "outside")
	for _, dir := range []string{outside, filepath.Join(g.root, "wd1")} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(g.root, "there"), []byte(precious), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(g.root, "link")); err != nil {
		t.Fatal(err)
	}
	if err := g.fresh(); err != nil {
		t.Fatal(err)
	}
	if !await(g.idle) {
		t.Fatal("the server is not idle before anybody came")
	}
	before := g.use()
	var walks atomic.Int64
	var all sync.WaitGroup
	end := time.Now().Add(d)
	for i := range walkersAtOnce {
		all.Go(func() {
			for n := uint64(0); time.Now().Before(end); n++ {
				(&walker{
					Rand: rand.New(rand.NewPCG(seed+uint64(i)<<32, n)), side: rand.New(rand.NewPCG(seed+uint64(i)<<32, ^n)),
					to: g.to, user: g.user, pass: g.pass,
				}).walk()
				walks.Add(1)
			}
		})
	}
	all.Wait()
	if err := g.alive(); err != nil {
		t.Fatal(err)
	}
	// Those that were cut may still be waited for, and a fresh client has one try.
	if !await(g.idle) {
		t.Error("sessions do not end")
	}
	if err := g.fresh(); err != nil {
		t.Errorf("a fresh client: %v", err)
	}
	if !await(g.idle) {
		t.Error("the session of a fresh client does not end")
	}
	if !await(func() bool {
		now := g.use()
		return now.goroutines <= before.goroutines && now.descriptors <= before.descriptors
	}) {
		t.Errorf("%+v left, had %+v\n%s", g.use(), before, stacks(before))
	}
	if peak, err := g.memoryAtPeak(); err != nil || peak > walkMemory {
		t.Errorf("%d MiB of memory at the height: %v", peak>>20, err)
	}
	inspect(t, g.root, outside)
	log := g.log()
	return fmt.Sprintf("%d walks, %d sessions, %d transfers, %d broken off", walks.Load(),
		strings.Count(log, `msg="session begins"`), strings.Count(log, "msg=transfer "), strings.Count(log, `msg="transfer failed"`))
}

func stacks(before use) []byte {
	if before.goroutines == 0 {
		return nil
	}
	text := make([]byte, 1<<18)
	return text[:runtime.Stack(text, true)]
}

// inspect checks that every file is whole, and none where none may be.
func inspect(t *testing.T, root, outside string) {
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) > 0 {
		t.Errorf("outside of the tree: %v, %v", entries, err)
	}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch name := entry.Name(); {
		case strings.HasPrefix(name, ".bbftp."):
			t.Errorf("left behind: %s", path)
		case name == "fresh", string(b) == precious: // of others
		default:
			for at := range b {
				if b[at] != content(int64(at)) {
					t.Errorf("%s of %d bytes is torn at %d", path, len(b), at)
					break
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
