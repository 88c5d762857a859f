// Package faults proves what becomes of files, programs and sessions when
// something fails: the real programs, with everything that can go wrong between
// them made to, at every step of the protocol. It holds tests only; `make
// faults` runs all of them and writes results/faults.md, `make load`
// results/load.md.
//
//	TestTable ─► world (namespaces) ─► row (fault × step × role) ─► scene ─► outcome ─► results/faults.md
//	                                                                 │
//	                                     client ◄─► relay ◄─► server ┘   relay (the step), network (the cut)
//	TestWalk  ─► walks over sessions that break the rules
//	TestLoad  ─► many sessions at once ─► results/load.md
package faults

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"bbftp/cmd/internal/programtest"
	"bbftp/engine/trust"
)

const (
	// extentEnv set to "full" makes the whole table, 60 s of walks and the load.
	extentEnv = "BBFTP_FAULTS"
	// reportEnv names the file to write the results to; without it they are
	// logged.
	reportEnv = "BBFTP_FAULTS_REPORT"
	// onlyEnv leaves the rows whose name has this in it.
	onlyEnv   = "BBFTP_FAULTS_ONLY"
	insideEnv = "BBFTP_FAULTS_INSIDE" // the JSON of a world, in the first process of the namespaces
)

func full() bool { return os.Getenv(extentEnv) == "full" }

// world is where the programs run: mount, PID and network namespaces of their
// own. Nobody outside reaches the daemons, disks and links come and go unseen,
// and the end of the first process is the end of everything.
type world struct {
	Programs string // the directory of ours
	Work     string // in memory

	last     atomic.Int32 // number given out by number
	identity *tls.Config  // of the daemons that offer TLS
}

const (
	account  = "demo"
	password = "only-in-a-namespace"
	// serverUser is who a daemon becomes.
	serverUser = "nobody"
)

// enter runs the test again in a world, in which it returns; outside it returns
// nil once that is over.
func enter(t *testing.T, parallel int) *world {
	t.Helper()
	if encoded := os.Getenv(insideEnv); encoded != "" {
		w := &world{}
		if err := json.Unmarshal([]byte(encoded), w); err != nil {
			t.Fatal(err)
		}
		w.furnish(t)
		return w
	}
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, which the CI has to provide")
		}
		t.Skip("needs root: makes namespaces and disks")
	}
	programtest.Passable(t)
	work := t.TempDir()
	for _, dir := range []string{filepath.Dir(work), work} {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	encoded, err := json.Marshal(&world{Programs: programtest.Build(t), Work: work})
	if err != nil {
		t.Fatal(err)
	}
	args := []string{
		"-test.run", "^" + t.Name() + "$", "-test.parallel", strconv.Itoa(parallel),
		fmt.Sprintf("-test.v=%v", flag.Lookup("test.v").Value), fmt.Sprintf("-test.timeout=%v", flag.Lookup("test.timeout").Value),
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), insideEnv+"="+string(encoded))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	if err := cmd.Run(); err != nil {
		t.Fatalf("inside: %v", err)
	}
	return nil
}

// furnish makes the namespaces this process was started in a place to work in.
func (w *world) furnish(t *testing.T) {
	t.Helper()
	if os.Getpid() != 1 {
		t.Fatalf("%s is set outside of a namespace of its own", insideEnv)
	}
	for _, step := range []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount("proc", "/proc", "proc", 0, "") },
		func() error { return unix.Mount("faults", w.Work, "tmpfs", 0, "mode=755,size=4g") },
		loopbackUp,
		w.makeAccount,
		w.makeSystemAccount,
		w.makeIdentity,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

func (w *world) users() string    { return filepath.Join(w.Work, "users") }
func (w *world) key() string      { return filepath.Join(w.Work, "key") }
func (w *world) password() string { return filepath.Join(w.Work, "password") }
func (w *world) daemon() string   { return filepath.Join(w.Programs, "bbftpd") }
func (w *world) client() string   { return filepath.Join(w.Programs, "bbftp") }

func (w *world) makeAccount() error {
	passwd := exec.Command(w.daemon(), "passwd", w.users(), account)
	passwd.Stdin = strings.NewReader(password + "\n")
	if out, err := passwd.CombinedOutput(); err != nil {
		return fmt.Errorf("bbftpd passwd: %w\n%s", err, out)
	}
	return os.WriteFile(w.password(), []byte(password+"\n"), 0o600)
}

// makeIdentity makes the TLS key of all daemons that have one.
func (w *world) makeIdentity() error {
	identity, err := trust.LoadIdentity(w.key(), "")
	if err != nil {
		return err
	}
	w.identity, err = identity.Config()
	return err
}

// number is another one each time: for ports and addresses.
func (w *world) number() int { return int(w.last.Add(1)) }

// mkdir makes a directory that a daemon may write to.
func (w *world) mkdir(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp(w.Work, name)
	if err == nil {
		err = os.Chmod(dir, 0o777)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
