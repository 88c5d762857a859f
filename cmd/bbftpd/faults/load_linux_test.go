package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"bbftp/engine/client"
)

const (
	// loadReportEnv names the file to write the results to.
	loadReportEnv = "BBFTP_LOAD_REPORT"
	// loadSizeEnv is the size of the large files, default 1GiB; roundsEnv how
	// often each load is measured.
	loadSizeEnv = "BBFTP_LOAD_SIZE"
	roundsEnv   = "BBFTP_LOAD_ROUNDS"
)

// load is work for many sessions, or for one.
type load struct {
	name     string
	sessions int
	files    int   // of each of so many sessions
	size     int64 // of a file
	puts     bool  // each file is put before it is got
	sparse   bool  // the files are zeros, and what arrives are holes

	rounds []round
}

// round is the load by many sessions and right after or before it by one.
type round struct{ many, one figure }

// figure is one measurement.
type figure struct {
	seconds     float64
	processors  float64 // seconds of both sides
	whole, lost int     // files
	peak        int64   // of the daemon, in bytes
	descriptors int     // likewise
}

func (l *load) bytes() int64 {
	n := int64(l.sessions) * int64(l.files) * l.size
	if l.puts {
		n *= 2
	}
	return n
}

func loads(t *testing.T) []*load {
	small := &load{name: "small files", sessions: 500, files: 20, size: 64 << 10, puts: true}
	large := &load{name: "large files", sessions: 50, files: 1, size: 1 << 30, sparse: true}
	if text := os.Getenv(loadSizeEnv); text != "" {
		n, err := humanize.ParseBytes(text)
		if err != nil {
			t.Fatal(err)
		}
		large.size = int64(n)
	}
	if !full() {
		small.sessions, small.files, large.sessions, large.size = 40, 5, 8, 8<<20
	}
	return []*load{small, large}
}

// TestLoad compares many sessions at once with a single one that moves as much.
func TestLoad(t *testing.T) {
	w := enter(t, 1)
	if w == nil {
		return
	}
	rounds := 1
	if full() {
		rounds = 3
	}
	if text := os.Getenv(roundsEnv); text != "" {
		var err error
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	all := loads(t)
	for _, l := range all {
		for i := range rounds {
			l.rounds = append(l.rounds, l.round(t, w, i%2 == 0))
		}
	}
	r := loadReport{begun: begun, loads: all}
	path := os.Getenv(loadReportEnv)
	switch {
	case path != "":
		if err := os.WriteFile(path, []byte(r.String()), 0o644); err != nil {
			t.Error(err)
		}
	default:
		t.Log(r.String())
	}
	for _, l := range all {
		if lost := l.lost(); lost > 0 {
			t.Errorf("%s: %d lost", l.name, lost)
		}
		if ratio := l.ratio(); full() && ratio < bar {
			t.Errorf("%s: %d sessions reach %.2f of a single one, want %.2f", l.name, l.sessions, ratio, bar)
		}
	}
}

// round measures both, the order of which takes turns.
func (l *load) round(t *testing.T, w *world, manyFirst bool) (r round) {
	if manyFirst {
		r.many = l.measure(t, w, l.sessions)
		r.one = l.measure(t, w, 1)
	} else {
		r.one = l.measure(t, w, 1)
		r.many = l.measure(t, w, l.sessions)
	}
	return r
}

// measure has so many sessions do the whole work. All are logged in when the
// clock starts: a login is no throughput.
func (l *load) measure(t *testing.T, w *world, sessions int) (f figure) {
	dir := w.mkdir(t, "load")
	defer os.RemoveAll(dir)
	if err := unix.Mount("faults", dir, "tmpfs", 0, "size=200g,mode=777"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }()
	served, local := filepath.Join(dir, "served"), filepath.Join(dir, "local")
	for _, d := range []string{served, local} {
		if err := errors.Join(os.Mkdir(d, 0o777), os.Chmod(d, 0o777)); err != nil {
			t.Fatal(err)
		}
	}
	source := filepath.Join(served, "source")
	if err := l.write(source, filepath.Join(local, "source")); err != nil {
		t.Fatal(err)
	}
	s, err := w.serve(loopback(), served, 300)
	if err != nil {
		t.Fatal(err)
	}
	defer s.kill()
	clients := make([]*client.Client, sessions)
	for i := range clients {
		if clients[i], err = l.client(s, local); err != nil {
			t.Fatal(err)
		}
		// A first command: a session that has said nothing ends after 10 s (wire.md 5).
		if _, err := clients[i].Df(t.Context(), "."); err != nil {
			t.Fatal(err)
		}
	}
	stop := s.watch(&f)
	busy := s.processors()
	begun := time.Now()
	var all sync.WaitGroup
	var mu sync.Mutex
	for i, c := range clients {
		all.Go(func() {
			for n := i; n < l.sessions*l.files; n += sessions {
				err := l.move(t.Context(), c, filepath.Join(local, fmt.Sprintf("back%d", n)), n)
				mu.Lock()
				if err == nil {
					f.whole++
				} else {
					f.lost++
					t.Errorf("%s: %v", l.name, err)
				}
				mu.Unlock()
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	f.seconds = time.Since(begun).Seconds()
	f.processors = s.processors() - busy
	stop()
	if f.peak, err = s.memory("VmHWM"); err != nil {
		t.Error(err)
	}
	f.check(t, l, source, local, served)
	return f
}
