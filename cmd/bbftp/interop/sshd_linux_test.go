package interop

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sshd is the machine's ssh server, with files of its own, in the namespaces of
// the test. The account may log in with the key user.
//
//	keys  host, user     those it has and takes
//	      other, stranger  those it neither has nor takes
type sshd struct {
	dir string
	log string // file
}

const sshPort = 22 // that of the namespace

// startSSHD starts it and waits until it listens.
func startSSHD(t *testing.T, a *arena) sshd {
	t.Helper()
	s := sshd{dir: a.mkdir(t, a.Work)}
	s.log = s.file("log")
	if err := s.furnish(); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"host", "other", "user", "stranger"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", s.file(key)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
	}
	// Below the account's home, as elsewhere sshd minds who may write above.
	keys := filepath.Join(a.home(), ".ssh")
	for _, step := range []func() error{
		func() error { return os.Mkdir(keys, 0o700) },
		func() error {
			return os.WriteFile(filepath.Join(keys, "authorized_keys"), []byte(read(t, s.file("user.pub"))), 0o600)
		},
		func() error { return os.Chown(filepath.Join(keys, "authorized_keys"), accountID, accountID) },
		func() error { return os.Chown(keys, accountID, accountID) },
		func() error {
			return os.WriteFile(s.file("sshd_config"), fmt.Appendf(nil, `ListenAddress 127.0.0.1:%d
HostKey %s
PidFile none
AuthorizedKeysFile .ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
LogLevel VERBOSE
`, sshPort, s.file("host")), 0o600)
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	s.know(t, "host")
	s.start(t)
	return s
}

// furnish makes what sshd(8) wants of the machine: a user and a directory for
// the process that talks to strangers. Packages make them, the latter at the
// start of the system.
func (s sshd) furnish() error {
	const name, dir = "sshd", "/run/sshd"
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	_, err := user.Lookup(name)
	if errors.As(err, new(user.UnknownUserError)) {
		return amend("/etc/passwd", 0o644, fmt.Sprintf("%s:x:%d:%d::%s:/usr/sbin/nologin\n", name, accountID-1, accountID-1, dir))
	}
	return err
}

func (s sshd) start(t *testing.T) {
	t.Helper()
	path, err := exec.LookPath("sshd") // it insists on an absolute path
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(path, "-D", "-e", "-f", s.file("sshd_config"))
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("sshd:\n%s", read(t, s.log))
		}
	})
	for deadline := time.Now().Add(time.Minute); !strings.Contains(read(t, s.log), "Server listening on"); time.Sleep(10 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("sshd: %v\n%s", cmd.ProcessState, read(t, s.log))
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("sshd does not listen:\n%s", read(t, s.log))
		}
	}
}

func (s sshd) file(name string) string { return filepath.Join(s.dir, name) }

// know has ssh know the server by a key.
func (s sshd) know(t *testing.T, key string) {
	t.Helper()
	line := fmt.Sprintf("127.0.0.1 %s\n", read(t, s.file(key+".pub")))
	if err := os.WriteFile(s.file("known_hosts"), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ssh is an ssh that reads nobody's configuration and has no key, for option -L.
// The default key exchange takes twenty times the processor's time.
func (s sshd) ssh(t *testing.T) string {
	t.Helper()
	config := fmt.Sprintf("KexAlgorithms curve25519-sha256\nIdentitiesOnly yes\nIdentityFile none\nUserKnownHostsFile %s\nGlobalKnownHostsFile /dev/null\n", s.file("known_hosts"))
	if err := os.WriteFile(s.file("ssh_config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return "ssh -F " + s.file("ssh_config")
}

// known is one that has the user's key.
func (s sshd) known(t *testing.T) string {
	t.Helper()
	return s.ssh(t) + " -i " + s.file("user")
}

// alone waits until no process of the account is left: neither a server nor a
// session of sshd.
func (s sshd) alone(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		left := ofAccount(t)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("still there: %q", left)
			return
		}
	}
}

// ofAccount lists the command lines of the account's processes. One that has
// ended and waits for its parent has none.
func ofAccount(t *testing.T) (lines []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, process := range processes {
		// Who has ended meanwhile has neither.
		status, _ := os.ReadFile(filepath.Join(process, "status"))
		line, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		if len(line) > 0 && strings.Contains(string(status), fmt.Sprintf("\nUid:\t%d\t", accountID)) {
			lines = append(lines, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return lines
}
