// Package interop proves that our programs and the legacy ones understand each
// other: every client with every server, in every version both speak, moves
// files in every way, and what arrived is compared with what was sent. It
// holds tests only; `make interop` runs them and writes results/interop.md.
//
//	TestMatrix ─► namespaces (namespace) ─► servers (programs) ─► product (cells)
//	                                                                 │ a batch: one run of a client
//	                        results/interop.md ◄─ report ◄─ outcome ◄┘ (session)
package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	// The programs are those that go build makes, which the test cache does not
	// see: what they are made of has to be imported here.
	_ "bbftp/cmd/bbftp/legacy"
	_ "bbftp/cmd/bbftp/modern"
	_ "bbftp/engine/server"
)

const (
	// serverEnv and clientEnv name legacy programs, separated like the
	// directories of PATH.
	serverEnv = "BBFTP_LEGACY_SERVER"
	clientEnv = "BBFTP_LEGACY_CLIENT"
	// extentEnv set to "quick" leaves out the large file and many streams.
	extentEnv = "BBFTP_INTEROP"
	// reportEnv names the file to write the results to; without it they are
	// logged.
	reportEnv = "BBFTP_INTEROP_REPORT"
)

// Small batches mostly wait: a legacy server may idle 20 s before its first
// byte (wire.md 5). Large ones need processors and memory.
const (
	smallAtOnce = 12
	largeAtOnce = 2
)

func TestMatrix(t *testing.T) {
	if inside := os.Getenv(insideEnv); inside != "" {
		testInside(t, enter(t, inside))
		return
	}
	if len(legacy(t, serverEnv))+len(legacy(t, clientEnv)) == 0 {
		t.Skipf("neither %s nor %s names a legacy program", serverEnv, clientEnv)
	}
	cmd := again(t, outside(t))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr // it may take hours
	if err := cmd.Run(); err != nil {
		t.Fatalf("inside: %v", err)
	}
}

// legacy returns the programs that a variable names.
func legacy(t *testing.T, variable string) []string {
	t.Helper()
	paths := filepath.SplitList(os.Getenv(variable))
	for _, path := range paths {
		if _, err := exec.LookPath(path); err != nil || !filepath.IsAbs(path) {
			t.Fatalf("%s: %q is no absolute path of a program: %v", variable, path, err)
		}
	}
	return paths
}

// arena is where everything runs: the namespaces with the servers in them.
type arena struct {
	place
	password string // file
	clients  []client
	servers  []server
	sources  sources

	mu       sync.Mutex
	outcomes []outcome // guarded by mu
}

func testInside(t *testing.T, p place) {
	a := &arena{place: p}
	a.password = writePassword(t, accountPassword)
	a.sources = makeSources(t, p)
	a.servers = startServers(t, a)
	a.clients = findClients(t, a)
	begun := time.Now()
	all := extent()
	batches, left := plan(product(a.clients, a.servers, all))
	t.Run("small", func(t *testing.T) { a.runAll(t, batches, false, smallAtOnce) })
	t.Run("large", func(t *testing.T) { a.runAll(t, batches, true, largeAtOnce) })
	told := a.versions(t)
	t.Run("commands", a.commands)
	a.sources.verify(t)
	text := report{
		begun: begun, elapsed: time.Since(begun), extent: all,
		clients: a.clients, servers: a.servers, told: told, outcomes: a.outcomes, left: left,
	}.String()
	path := os.Getenv(reportEnv)
	switch {
	case len(a.outcomes) != len(batches):
		t.Logf("no report: only %d of %d sessions were asked for", len(a.outcomes), len(batches))
	case path == "":
		t.Log(text)
	default:
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// versions asks the servers' logs whether every session spoke the version it
// stands for in the report, and returns what they say.
func (a *arena) versions(t *testing.T) (told map[server]map[string]int) {
	told = map[server]map[string]int{}
	for _, s := range a.servers {
		if s.log == "" {
			continue
		}
		spoken := s.spoken(t)
		told[s] = spoken
		for version := 1; version <= 3; version++ {
			sessions := 0
			for _, o := range a.outcomes {
				if o.server == s && o.version == version {
					sessions++
				}
			}
			got := spoken[strconv.Itoa(version)]
			if unreliable := s.legacy && version == 1; !unreliable && got != sessions {
				t.Errorf("%s server: %d sessions spoke version %d, want %d", s.name(), got, version, sessions)
			}
		}
	}
	return told
}

// runAll runs the batches of small or large files, so many at once.
func (a *arena) runAll(t *testing.T, batches []batch, large bool, atOnce int) {
	slots := make(chan struct{}, atOnce)
	for _, b := range batches {
		if b.large != large {
			continue
		}
		t.Run(b.String(), func(t *testing.T) {
			t.Parallel()
			slots <- struct{}{}
			defer func() { <-slots }()
			o := a.session(t, b)
			for _, failure := range o.failures {
				t.Error(failure)
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			a.outcomes = append(a.outcomes, o)
		})
	}
}
