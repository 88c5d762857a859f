package tuning

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bbftp/engine/client"
)

var (
	somewhere = client.Path{Host: "h", Port: 5021, Put: true, RTT: 100 * ms, Size: 1 << 30, MaxStreams: 100}
	moved     = client.Transfer{Bytes: 1 << 30, Streams: 4, Duration: 10 * time.Second}
)

// TestRemembers: what one process learned, the next one knows, also where two
// learned of different hosts.
func TestRemembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "a", "b", "paths.json")
		elsewhere := somewhere
		elsewhere.Host = "i"
		one, two := New(path, nil), New(path, nil)
		one.Choose(somewhere)
		two.Choose(somewhere) // both have read that there is nothing
		one.Learn(somewhere, &moved)
		two.Learn(elsewhere, &moved)
		one.Close()
		two.Close()
		next := New(path, nil)
		for _, p := range []client.Path{somewhere, elsewhere} {
			if c := next.Choose(p); c.Streams != 6 {
				t.Errorf("%s: %+v", p.Host, c)
			}
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info, err)
		}
		names, err := os.ReadDir(filepath.Dir(path))
		if err != nil || len(names) != 1 {
			t.Errorf("left behind: %v, %v", names, err)
		}
	})
}

// TestForgets what is old.
func TestForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "paths.json")
		tuner := New(path, nil)
		tuner.Learn(somewhere, &moved)
		tuner.Close()
		for age, want := range map[time.Duration]int{forgotten - time.Hour: 6, forgotten + time.Hour: mostFirst} {
			later := New(path, nil)
			later.now = func() time.Time { return time.Now().Add(age) }
			if c := later.Choose(somewhere); c.Streams != want {
				t.Errorf("after %v: %d streams, want %d", age, c.Streams, want)
			}
		}
	})
}

// TestBounded: the paths seen last stay.
func TestBounded(t *testing.T) {
	tuner := New("", nil)
	now := time.Now()
	for i := range mostPaths + 10 {
		tuner.now = func() time.Time { return now.Add(time.Duration(i) * time.Second) }
		p := somewhere
		p.Host = fmt.Sprint("h", i)
		tuner.Learn(p, &moved)
	}
	if n := len(tuner.memory.Paths); n != mostPaths {
		t.Errorf("%d paths", n)
	}
	for host, known := range map[string]bool{"h9": false, "h10": true} {
		p := somewhere
		p.Host = host
		if got := tuner.memory.Paths[key(p)] != nil; got != known {
			t.Errorf("%s known: %v", host, got)
		}
	}
}

// TestUnusableFile never keeps a file from moving; what is there and is no file
// of ours stays, unless it is one that can be begun anew.
func TestUnusableFile(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"corrupt":         func(path string) error { return os.WriteFile(path, []byte("{\"format\":1,"), 0o600) },
		"foreign":         func(path string) error { return os.WriteFile(path, []byte(`{"format":7,"paths":3}`), 0o600) },
		"null":            func(path string) error { return os.WriteFile(path, []byte(`null`), 0o600) },
		"directory":       func(path string) error { return os.Mkdir(path, 0o700) },
		"below a file":    func(path string) error { return os.WriteFile(filepath.Dir(path), nil, 0o600) },
		"senseless entry": func(path string) error { return os.WriteFile(path, []byte(senseless), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "dir")
			path := filepath.Join(dir, "paths.json")
			if name != "below a file" {
				if err := os.Mkdir(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			tuner := New(path, nil)
			if c := tuner.Choose(somewhere); c.Streams != mostFirst {
				t.Errorf("%+v", c)
			}
			tuner.Learn(somewhere, &moved)
			tuner.Close()
			if c := tuner.Choose(somewhere); c.Streams != 6 {
				t.Errorf("afterwards: %+v", c)
			}
		})
	}
}

const senseless = `{"format":1,"paths":{"h:5021 put":{"seen":"2999-01-01T00:00:00Z","sizes":{"30":{"best":4,"counts":{}}}}}}`

// TestShared: any number of clients share a tuner, and any number of processes
// a file.
func TestShared(t *testing.T) {
	path := filepath.Join(t.TempDir(), "paths.json")
	var clients sync.WaitGroup
	for range 2 {
		tuner := New(path, nil)
		for range 4 {
			clients.Go(func() {
				for range 5 {
					tuner.Choose(somewhere)
					tuner.Learn(somewhere, &moved)
					tuner.Close()
				}
			})
		}
	}
	clients.Wait()
	if _, err := load(path, time.Now()); err != nil {
		t.Error(err)
	}
}

// FuzzMemory: whatever stands in the file, the choice is one that a client can
// use, and learning goes on.
func FuzzMemory(f *testing.F) {
	now := time.Now()
	m := &memory{Format: format, Paths: map[string]*route{key(somewhere): {Seen: now}}}
	m.Paths[key(somewhere)].learn(&moved, 100*ms, more)
	b, err := json.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(senseless))
	f.Add([]byte(`null`))
	f.Add([]byte(strings.Repeat("[", 100_000)))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parse(b, now)
		if err != nil {
			return
		}
		if len(m.Paths) > mostPaths {
			t.Fatalf("%d paths", len(m.Paths))
		}
		tuner := New("", nil)
		tuner.memory = m
		for range 3 {
			c := tuner.Choose(somewhere)
			if c.Streams < 1 || c.Streams > somewhere.MaxStreams || c.SendWindow < 0 {
				t.Fatalf("%+v", c)
			}
			tuner.Learn(somewhere, &moved)
		}
	})
}
