package interop

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"bbftp/cmd/internal/programtest"
)

// A legacy server insists on a system account, changes to its user and writes
// to /run, and as a daemon listens everywhere and leaves its parent. So it
// runs in mount, PID and network namespaces of its own: the account exists
// only there, nobody outside reaches the port, and the end of the namespaces'
// first process, this test program started again, is the end of them all.
const (
	insideEnv = "BBFTP_TEST_INSIDE" // the JSON of a place, in that process

	account         = "bbtest"
	accountID       = 65533 // user and group
	accountPassword = "only-in-a-namespace"
	// accountHash is the crypt(3) hash of accountPassword.
	accountHash = `$6$bbftpinterop$AijRcZPbWkyz.F5/ZjHqk14YNPVneOWr8RDSSvE8buEjeCoGVzwPf7cCe1xkkcAeKejwwN1W..zsyAIS3hmTV1`
)

// place says where things are.
type place struct {
	Programs string // the directory of ours
	Work     string // where files are moved
}

// home is the account's home directory.
func (p place) home() string { return filepath.Join(p.Work, "home") }

// outside makes the place, as whoever may.
func outside(t *testing.T) place {
	if os.Geteuid() != 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs root, which the CI has to provide")
		}
		t.Skip("needs root: servers change to the user who logs in")
	}
	programtest.Passable(t)
	p := place{Programs: programtest.Build(t), Work: t.TempDir()}
	for _, dir := range []string{filepath.Dir(p.Work), p.Work, p.Programs} {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// again is the command that runs this test, or those parts of it that were asked
// for, in new namespaces.
func again(t *testing.T, p place) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"-test.parallel", strconv.Itoa(smallAtOnce)}
	_, parts, _ := strings.Cut(flag.Lookup("test.run").Value.String(), "/")
	args = append(args, fmt.Sprintf("-test.run=^%s$/%s", t.Name(), parts))
	for _, name := range []string{"test.v", "test.timeout"} {
		args = append(args, fmt.Sprintf("-%s=%v", name, flag.Lookup(name).Value))
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), insideEnv+"="+string(encoded))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	return cmd
}

// enter furnishes the namespaces this process was started in.
func enter(t *testing.T, encoded string) place {
	var p place
	if err := json.Unmarshal([]byte(encoded), &p); err != nil {
		t.Fatal(err)
	}
	if os.Getpid() != 1 {
		t.Fatalf("%s is set outside of a namespace of its own", insideEnv)
	}
	for _, step := range []func() error{
		func() error { return syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, "") },
		func() error { return syscall.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755,size=1m") },
		func() error { return syscall.Mount("proc", "/proc", "proc", 0, "") },
		func() error { return mountWork(p.Work) },
		func() error { return os.Mkdir(p.home(), 0o755) },
		func() error { return os.Chown(p.home(), accountID, accountID) },
		func() error {
			return amend("/etc/passwd", 0o644, fmt.Sprintf("%s:x:%d:%d::%s:/bin/sh\n", account, accountID, accountID, p.home()))
		},
		func() error { return amend("/etc/shadow", 0o600, account+":"+accountHash+":19000:0:99999:7:::\n") },
		loopbackUp,
		// A legacy server closes every descriptor it may have, and waits with
		// select.
		func() error { return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 1024, Max: 1024}) },
		func() error { return syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// mountWork makes a place where reading a file leaves its time of access as it
// is, in memory if there is enough.
func mountWork(dir string) error {
	enough := int64(8 << 30) // the large files under way at once, and the rest
	if extent().quick() {
		enough = 1 << 30
	}
	var memory unix.Sysinfo_t
	if err := unix.Sysinfo(&memory); err != nil {
		return err
	}
	if uint64(memory.Freeram)*uint64(memory.Unit) >= uint64(2*enough) {
		return syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOATIME, fmt.Sprintf("mode=755,size=%d", enough))
	}
	if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
		return err
	}
	return syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_NOATIME, "")
}

// amend puts a copy of a file with one more line in its place.
func amend(path string, perm os.FileMode, line string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	copied := "/run/" + fmt.Sprintf("%x", path)
	if err := os.WriteFile(copied, append(data, line...), perm); err != nil {
		return err
	}
	return syscall.Mount(copied, path, "", syscall.MS_BIND, "")
}

func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
