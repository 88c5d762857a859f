package peer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bbftp/bench/payload"
	"bbftp/bench/trial"
	// The programs are those that go build makes, which the test cache does not
	// see: what they are made of has to be imported here.
	_ "bbftp/cmd/bbftp/legacy"
	_ "bbftp/engine/server"
)

// limit bounds a trial of the tests: how long a failing one takes.
const limit = time.Minute

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == HelperCommand {
		os.Exit(Help(os.Args[2:], os.Stdout, os.Stderr))
	}
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// built is where the programs of this release are, once a test asked for them.
var built string

func ours(t *testing.T) Programs {
	t.Helper()
	if built == "" {
		dir, err := os.MkdirTemp("", "peer-programs-")
		if err != nil {
			t.Fatal(err)
		}
		built = dir
		build := exec.Command("go", "build", "-trimpath", "-o", dir+"/", "bbftp/cmd/bbftp", "bbftp/cmd/bbftpd")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
	}
	return Programs{Client: filepath.Join(built, "bbftp"), Server: filepath.Join(built, "bbftpd")}
}

// loopback is a job on this machine, with a file of size bytes.
func loopback(t *testing.T, c trial.Cell, size int64) Job {
	t.Helper()
	here := Local()
	source := filepath.Join(t.TempDir(), "payload")
	if err := payload.Write(source, payload.Mixed, size, 1); err != nil {
		t.Fatal(err)
	}
	c.Path = trial.Loopback
	if c.Streams == 0 {
		c.Streams = 1
	}
	if c.Direction == "" {
		c.Direction = trial.Put
	}
	return Job{Cell: c, Client: here, Server: here, Source: source, Work: t.TempDir()}
}

func run(t *testing.T, p Peer, j Job) Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	o, err := p.Run(ctx, j)
	if err != nil {
		t.Fatalf("%s %s: %v", p.Name(), j.Direction, err)
	}
	childless(t)
	return o
}

// childless makes sure that no process is left.
func childless(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		left := children(t)
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes are left: %s", left)
		}
	}
}

// needs skips a test of a peer whose programs are not installed.
func needs(t *testing.T, p Peer) {
	t.Helper()
	version, err := p.Version(t.Context())
	if err != nil {
		t.Skipf("needs a program: %v", err)
	}
	if version == "" || strings.Contains(version, "\n") {
		t.Errorf("version %q: want one line", version)
	}
}

func TestBBFTP(t *testing.T) {
	const size = 3<<20 + 1
	p, err := Find(BBFTP, ours(t))
	if err != nil {
		t.Fatal(err)
	}
	for version := 1; version <= 3; version++ {
		for _, direction := range []string{trial.Put, trial.Get} {
			for _, compressed := range []bool{false, true} {
				t.Run(fmt.Sprintf("v%d,%s,compressed=%v", version, direction, compressed), func(t *testing.T) {
					j := loopback(t, trial.Cell{Version: version, Direction: direction, Streams: 3, Compressed: compressed, Window: 1 << 20}, size)
					o := run(t, p, j)
					if o.Bytes != size || o.Sender.Payload() != size || o.Receiver.Payload() != size {
						t.Errorf("%d bytes, %+v, %+v", o.Bytes, o.Sender, o.Receiver)
					}
					if sent := o.Sender.Sendfile > 0; sent == compressed {
						t.Errorf("compressed %v: %+v", compressed, o.Sender)
					}
					if o.ClientCPU <= 0 || o.ServerCPU <= 0 || !o.Ended.After(o.Began) {
						t.Errorf("CPU %v and %v, %v to %v", o.ClientCPU, o.ServerCPU, o.Began, o.Ended)
					}
					if o.DataPort == nil {
						t.Error("data ports are not known")
					}
					t.Logf("%v, CPU %v %v, %q", o.Ended.Sub(o.Began), o.ClientCPU, o.ServerCPU, o.Warnings)
				})
			}
		}
	}
}

func TestIperf3(t *testing.T) {
	needs(t, iperf3{})
	const size = 16 << 20
	for _, direction := range []string{trial.Put, trial.Get} {
		o := run(t, iperf3{}, loopback(t, trial.Cell{Direction: direction, Streams: 2, Window: 512 << 10}, size))
		if o.Bytes < size/2 || o.Bytes > 2*size {
			t.Errorf("%s: %d bytes arrived of %d", direction, o.Bytes, size)
		}
		t.Logf("%s %d bytes %v, CPU %v %v, %q", direction, o.Bytes, o.Ended.Sub(o.Began), o.ClientCPU, o.ServerCPU, o.Warnings)
	}
}
