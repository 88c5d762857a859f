package peer

import (
	"os"
	"strings"
	"testing"
	"time"

	"bbftp/bench/trial"
)

// legacyPrograms are those the environment names.
func legacyPrograms(t *testing.T) Programs {
	t.Helper()
	p := Programs{LegacyClient: first("BBFTP_LEGACY_CLIENT"), LegacyServer: first("BBFTP_LEGACY_SERVER")}
	if p.LegacyClient == "" || p.LegacyServer == "" {
		t.Skip("BBFTP_LEGACY_CLIENT and BBFTP_LEGACY_SERVER name no legacy programs")
	}
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, which the CI has to provide")
		}
		t.Skip("needs root: a legacy bbftpd changes to the user who logs in")
	}
	return p
}

// first is the first program that a variable names, "" if none.
func first(variable string) string {
	path, _, _ := strings.Cut(os.Getenv(variable), string(os.PathListSeparator))
	return path
}

func TestLegacy(t *testing.T) {
	programs := legacyPrograms(t)
	const size = 8<<20 + 1
	for _, name := range []string{Legacy, LegacyTuned} {
		p, err := Find(name, programs)
		if err != nil {
			t.Fatal(err)
		}
		version, err := p.Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Log(version)
		for version := 2; version <= 3; version++ {
			for _, direction := range []string{trial.Put, trial.Get} {
				c := trial.Cell{Version: version, Direction: direction, Streams: 3}
				if name == LegacyTuned {
					c.Window, c.Compressed = 1<<20, true
				}
				o := run(t, p, loopback(t, c, size))
				if o.Bytes != size || o.ClientCPU <= 0 || o.ServerCPU <= 0 {
					t.Errorf("%+v", o)
				}
				// It is the streams' processes that compress.
				if c.Compressed && direction == trial.Put && o.ClientCPU < 20*time.Millisecond {
					t.Errorf("the client compressed %d bytes in %v", size, o.ClientCPU)
				}
				t.Logf("%s v%d %s %v, CPU %v %v, %q", name, version, direction, o.Ended.Sub(o.Began), o.ClientCPU, o.ServerCPU, o.Warnings)
			}
		}
	}
}

// TestMixed has our client talk to a legacy server.
func TestMixed(t *testing.T) {
	programs := legacyPrograms(t)
	own := ours(t)
	programs.Client, programs.Server = own.Client, own.Server
	p, err := Find(BBFTPLegacy, programs)
	if err != nil {
		t.Fatal(err)
	}
	if version, err := p.Version(t.Context()); err != nil || !strings.Contains(version, ", ") {
		t.Errorf("version %q, %v", version, err)
	}
	const size = 4 << 20
	for _, direction := range []string{trial.Put, trial.Get} {
		o := run(t, p, loopback(t, trial.Cell{Version: 3, Direction: direction, Streams: 2, Compressed: true}, size))
		if o.Bytes != size || o.ServerCPU <= 0 || o.ServerMemory == 0 {
			t.Errorf("%s: %+v", direction, o)
		}
		t.Logf("%s %v, %d bytes of memory, %q", direction, o.Ended.Sub(o.Began), o.ServerMemory, o.Warnings)
	}
}

// TestLegacyManyFiles hands a client its commands in a file.
func TestLegacyManyFiles(t *testing.T) {
	p, err := Find(Legacy, legacyPrograms(t))
	if err != nil {
		t.Fatal(err)
	}
	const files, size = 3, 1000
	o := run(t, p, manyFiles(t, trial.Cell{Version: 3, Direction: trial.Put, Streams: 1}, files, size))
	if o.Bytes != files*size {
		t.Errorf("%+v", o)
	}
	t.Logf("%v, %q", o.Ended.Sub(o.Began), o.Warnings)
}
