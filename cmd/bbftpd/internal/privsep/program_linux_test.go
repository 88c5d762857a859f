package privsep

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"bbftp/cmd/internal/programtest"
	"bbftp/engine/client"
	"bbftp/engine/trust"
)

// machineVariable has this program become another, on a machine whose accounts are
// those of that directory.
const machineVariable = "PRIVSEP_MACHINE"

// hash is that of the password of these tests, by crypt(3).
const hash = "$6$saltsalt$e/5XKibXPLqVcfjpD.ouauaJrAOL5V0uo80Lt7n7EbRdRiCx3HbQ90yjOHr.G0T.mx79PEMRy8nmtr0qSYhQp1"

// machineProcess is where nobody else sees what is mounted.
func machineProcess(dir string, args []string) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	for _, name := range []string{"passwd", "shadow", "group"} {
		if err := syscall.Mount(filepath.Join(dir, name), "/etc/"+name, "", syscall.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount /etc/%s: %w", name, err)
		}
	}
	return syscall.Exec(args[0], args, os.Environ())
}

// machine starts the daemon on a machine with accounts of its own, and waits until it serves.
func machine(t *testing.T, args ...string) (h *host, log *paper, daemon *exec.Cmd) {
	t.Helper()
	root(t)
	h = &host{t: t, dir: t.TempDir()}
	var err error
	if h.users, err = house(h.dir); err != nil {
		t.Fatal(err)
	}
	h.write("shadow", "root:!:19000::::::\nnobody:*:19000::::::\nbob:!:19000::::::\nalice:"+hash+":19000:0:99999:7:::\n", 0, 0, 0o600)
	h.write("group", fmt.Sprintf("root:x:0:\nnogroup:x:65534:\nstaff:x:%d:alice\n", staffID), 0, 0, 0o644)
	h.write("passwd", fmt.Sprintf("root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/sh\n"+
		"alice:x:%d:%[1]d::%s:/bin/sh\nbob:x:%d:%[3]d::%s:/bin/sh\n",
		aliceID, h.users["alice"].Home, bobID, h.users["bob"].Home), 0, 0, 0o644)
	program := filepath.Join(programtest.Build(t), "bbftpd")
	log = new(paper)
	daemon = exec.Command("/proc/self/exe", append([]string{
		program, "--config", "none", "--system-accounts", "-w", "0", "--bind", "127.0.0.1", "--login-delay", "1ms",
	}, args...)...)
	daemon.Env = append(os.Environ(), machineVariable+"="+h.dir)
	daemon.Dir, daemon.Stderr = h.dir, log
	daemon.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if err := daemon.Start(); err != nil {
		if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
			t.Skip("this machine lets nobody have mounts of his own:", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
		if t.Failed() {
			t.Log(log)
		}
	})
	serving := regexp.MustCompile(`msg=serving address=(\S+)`)
	until(t, "the daemon to serve", func() bool { return serving.MatchString(log.String()) })
	if h.addr, err = net.ResolveTCPAddr("tcp", serving.FindStringSubmatch(log.String())[1]); err != nil {
		t.Fatal(err)
	}
	return h, log, daemon
}

// TestProgram has the daemon itself serve a machine's users, each as himself.
func TestProgram(t *testing.T) {
	h, log, daemon := machine(t, "--tls-key", "key", "--audit", "trail")
	told := regexp.MustCompile(`fingerprint=(\S+)`).FindStringSubmatch(log.String())
	if told == nil {
		t.Fatal("no TLS")
	}
	local := h.write("local", "hers", 0, 0, 0o644)
	for name, policy := range map[string]*trust.Policy{"plain": nil, "secured": {Fingerprint: told[1], Require: true}} {
		alice := h.login("alice", func(c *client.Config) { c.Trust = policy })
		if _, err := alice.Put(t.Context(), local, name); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(h.users["alice"].Home, name))
		if err != nil {
			t.Fatal(err)
		}
		if s := info.Sys().(*syscall.Stat_t); s.Uid != aliceID || s.Gid != aliceID {
			t.Errorf("%s: stored for %d:%d", name, s.Uid, s.Gid)
		}
		h.expectSession(onlyOf(t, daemon.Process.Pid, partSession))
		if err := alice.Close(); err != nil {
			t.Error(err)
		}
		until(t, "its processes gone", func() bool { return len(childrenOf(t, daemon.Process.Pid)) == 0 })
	}
	for _, user := range []string{"bob", "root", "mallory"} {
		if err := h.client(user, password, nil).Connect(t.Context()); err == nil {
			t.Errorf("%s is let in", user)
		}
	}
	if _, err := h.login("alice", nil).Chdir(t.Context(), "/"); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	trail, err := os.ReadFile(filepath.Join(h.dir, "trail"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"event":"login","outcome":"ok"`, `"event":"login","outcome":"denied"`, `"event":"file","outcome":"ok"`, `"event":"session","outcome":"ok"`,
	} {
		if !strings.Contains(string(trail), want) {
			t.Errorf("no record of %s", want)
		}
	}
	if strings.Contains(string(trail)+log.String(), password) {
		t.Error("the password is written down")
	}
}
