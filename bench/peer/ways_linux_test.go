package peer

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"bbftp/bench/payload"
	"bbftp/bench/trial"
)

// manyFiles makes a job of so many small files.
func manyFiles(t *testing.T, c trial.Cell, files int, size int64) Job {
	t.Helper()
	j := loopback(t, c, 1)
	j.Streams, j.Files = c.Streams, files
	j.Source = t.TempDir()
	for i := range files {
		if err := payload.Write(filepath.Join(j.Source, fmt.Sprintf("%05d", i)), payload.Random, size, uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	return j
}

func TestManyFiles(t *testing.T) {
	const files, size = 20, 5000
	for _, name := range []string{BBFTP, BBFTPAuto} {
		p, err := Find(name, ours(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, direction := range []string{trial.Put, trial.Get} {
			c := trial.Cell{Version: 3, Direction: direction, Streams: 2}
			if name == BBFTPAuto {
				c.Streams = 0
			}
			o := run(t, p, manyFiles(t, c, files, size))
			if o.Bytes != files*size {
				t.Errorf("%s %s: %d bytes", name, direction, o.Bytes)
			}
		}
	}
}

// TestAuto runs the client as its users call it.
func TestAuto(t *testing.T) {
	const size = 1 << 20
	p, err := Find(BBFTPAuto, ours(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, direction := range []string{trial.Put, trial.Get} {
		j := loopback(t, trial.Cell{Version: 3, Direction: direction}, size)
		j.Streams = 0
		o := run(t, p, j)
		if o.Bytes != size || o.Streams < 1 || o.Moving <= 0 {
			t.Errorf("%s: %d bytes over %d streams in %v", direction, o.Bytes, o.Streams, o.Moving)
		}
		// The client may have ended before it was looked at again.
		if o.ServerMemory < 1<<20 {
			t.Errorf("peaks of %d and %d bytes", o.ClientMemory, o.ServerMemory)
		}
	}
}

// TestCopying keeps the programs from zero copy, and nobody else.
func TestCopying(t *testing.T) {
	const size = 3 << 20
	if host, end, err := withoutZeroCopy(); err == nil {
		_ = host
		end()
	} else if os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else {
		t.Skip("needs a filter of system calls: ", err)
	}
	for name, zero := range map[string]bool{BBFTPCopy: false, BBFTP: true} {
		p, err := Find(name, ours(t))
		if err != nil {
			t.Fatal(err)
		}
		o := run(t, p, loopback(t, trial.Cell{Version: 3, Streams: 2}, size))
		if (o.Sender.Sendfile > 0) != zero || !zero && (o.Sender.Copied != size || o.Receiver.Copied != size) {
			t.Errorf("%s: %+v, %+v", name, o.Sender, o.Receiver)
		}
	}
}

func TestSocat(t *testing.T) {
	needs(t, socat{})
	const size = 5<<20 + 1
	for _, direction := range []string{trial.Put, trial.Get} {
		o := run(t, socat{}, loopback(t, trial.Cell{Direction: direction}, size))
		// The client may have ended before its memory was looked at.
		if o.Bytes != size || o.ServerMemory == 0 {
			t.Errorf("%s: %+v", direction, o)
		}
	}
}

func TestSocatListens(t *testing.T) {
	for line, want := range map[string]string{
		"2026/11/22 22:45:11 socat[1] N listening on AF=2 127.0.0.1:4242": "127.0.0.1:4242",
		"N listening on AF=10 [::1]:1":                                    "[::1]:1",
		"N listening on":                                                  "",
		"N starting accept loop":                                          "",
	} {
		at, found := socatListens(line)
		if found != (want != "") || found && at.String() != want {
			t.Errorf("%q: %v, %v", line, at, found)
		}
	}
}

// TestEvents reads both forms of --json.
func TestEvents(t *testing.T) {
	c := &client{}
	for _, line := range []string{
		`{"event":"start","op":"put","files":2}`,
		`{"event":"command","ok":true,"transfer":{"bytes":5,"seconds":1.5,"streams":3,"paths":{"sendfile":5}}}`,
		`{"event":"progress","op":"put","bytes":99}`,
		`{"event":"file","op":"put","ok":true,"bytes":7,"seconds":0.5,"streams":4,"paths":{"copied":7},"telemetry":{"verdict":{"limit":"link","share":0.9,"advice":"x"}}}`,
		`{"event":"file","op":"put","ok":false,"error":"no"}`,
		`not JSON`,
	} {
		c.event(line)
	}
	got, err := c.figures()
	if err != nil || got.Bytes != 12 || got.Seconds != 2 || got.Streams != 4 || got.Paths.Sendfile != 5 || got.Paths.Copied != 7 {
		t.Errorf("%+v, %v", got, err)
	}
	if v := got.verdict(); v == nil || *v != (trial.Verdict{Limit: "link", Share: 0.9, Advice: "x"}) {
		t.Errorf("verdict %+v", v)
	}
}
