package interop

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bbftp/bench/payload"
)

// TestOverSSH has the clients start the servers through the ssh and sshd of this
// machine. Legacy programs take part where there are any.
func TestOverSSH(t *testing.T) {
	if inside := os.Getenv(insideEnv); inside != "" {
		testOverSSH(t, enter(t, inside))
		return
	}
	for _, program := range []string{"ssh", "sshd", "ssh-keygen"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s of OpenSSH on PATH: %v", program, err)
		}
	}
	out, err := again(t, outside(t)).CombinedOutput()
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") != "true" {
		t.Skipf("needs the right to make namespaces: %v", err)
	}
	if err != nil {
		t.Fatalf("inside: %v\n%s", err, out)
	}
	t.Logf("inside:\n%s", out)
}

func testOverSSH(t *testing.T, p place) {
	a := &arena{place: p}
	s := startSSHD(t, a)
	ours := filepath.Join(p.Programs, "bbftpd")
	a.clients = findClients(t, a)
	servers := []server{{program: inspect(t, ours, false)}}
	for _, path := range legacy(t, serverEnv) {
		servers = append(servers, server{program: inspect(t, path, true)})
	}
	for _, c := range a.clients {
		for _, srv := range servers {
			for version := 2; version <= 3; version++ {
				r := remote{a, s, c, srv.path + " -s -R none", version}
				t.Run(fmt.Sprint(row{c, srv, version}, ",", filepath.Base(srv.path)), r.copies)
			}
		}
	}
	r := remote{a, s, a.clients[0], ours + " -s -R none", 3}
	t.Run("addresses over the pipes", func(t *testing.T) {
		exchange := r
		exchange.server += " -A"
		exchange.copies(t)
		exchange.version = 2
		exchange.copies(t)
	})
	t.Run("by verbs", r.verbs)
	t.Run("who is there", r.hosts)
	t.Run("what is no server", r.others)
	t.Run("options of ssh", r.injected)
	t.Run("terminated", r.terminated)
}

// remote is a client that starts a server at the other end of ssh.
type remote struct {
	*arena
	sshd
	client  client
	server  string // command
	version int
}

// call makes a command line of options and a script.
func (r remote) call(t *testing.T, script string, options ...string) *exec.Cmd {
	t.Helper()
	args := append([]string{"-r", "1", "-R", "none", "-m", "-u", account, "-p", "3", "-L", r.known(t), "-E", r.server}, options...)
	switch {
	case !r.client.legacy:
		args = append(args, "--protocol", strconv.Itoa(r.version))
	case r.version == 2:
		args = append(args, "-D")
	}
	return r.at(exec.Command(r.client.path, append(args, "-e", script, "127.0.0.1")...))
}

// at gives a command its surroundings.
func (r remote) at(cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = r.Work
	cmd.Env = append(os.Environ(), "HOME="+r.Work)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal to ask at
	return cmd
}

// ends runs a command, which must end with status and say so.
func (r remote) ends(t *testing.T, cmd *exec.Cmd, status int, says ...string) {
	t.Helper()
	stdout, stderr, err := finish(cmd, time.Minute)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		t.Errorf("%q: %v, want exit status %d\n%s%s", cmd.Args, err, status, stdout, stderr)
	}
	for _, text := range says {
		if !strings.Contains(stderr, text) {
			t.Errorf("%q: standard error lacks %q:\n%s", cmd.Args, text, stderr)
		}
	}
}

// copies puts and gets files, also after one that is not there.
func (r remote) copies(t *testing.T) {
	here, there := r.folders(t)
	script := []string{fmt.Sprintf("get %s/missing %s/never", there, here)}
	sizes := []int64{0, 1, 100003, 2 << 20}
	for _, size := range sizes {
		name := fmt.Sprint("f", size)
		if err := payload.Write(filepath.Join(here, name), payload.Mixed, size, 3); err != nil {
			t.Fatal(err)
		}
		script = append(script, fmt.Sprintf("put %s/%s %s/%s", here, name, there, name), fmt.Sprintf("get %s/%s %s/back%d", there, name, here, size))
	}
	r.ends(t, r.call(t, strings.Join(script, ";")), 100)
	for _, size := range sizes {
		source := filepath.Join(here, fmt.Sprint("f", size))
		equal(t, source, filepath.Join(there, fmt.Sprint("f", size)))
		equal(t, source, filepath.Join(here, fmt.Sprint("back", size)))
	}
	r.alone(t)
}

// folders makes a directory of the client's and one of the account's.
func (r remote) folders(t *testing.T) (here, there string) {
	t.Helper()
	here, there = r.mkdir(t, r.Work), r.mkdir(t, r.home())
	if err := os.Chown(there, accountID, accountID); err != nil {
		t.Fatal(err)
	}
	return here, there
}

// verbs runs the modern command line.
func (r remote) verbs(t *testing.T) {
	here, there := r.folders(t)
	source, back := filepath.Join(here, "f"), filepath.Join(here, "back")
	if err := payload.Write(source, payload.Mixed, 100003, 3); err != nil {
		t.Fatal(err)
	}
	run := func(status int, args ...string) {
		t.Helper()
		args = append(args[:1:1], append([]string{"-L", r.known(t), "-E", r.server}, args[1:]...)...)
		r.ends(t, r.at(exec.Command(r.client.path, args...)), status)
	}
	// A name without a slash is one in the home directory.
	remote := fmt.Sprintf("%s@127.0.0.1:%s/", account, filepath.Base(there))
	run(0, "put", source, remote)
	equal(t, source, filepath.Join(there, "f"))
	run(0, "get", "-S", "-I", r.file("user"), "-L", r.ssh(t), remote+"f", back)
	equal(t, source, back)
	run(1, "get", remote+"missing", remote+"f", here)
	run(3, "ls", "-S", "-I", r.file("stranger"), "-L", r.ssh(t), remote)
	r.alone(t)
}

// hosts meets servers and users that are not known, or not those that are.
func (r remote) hosts(t *testing.T) {
	const unreachable = 33
	known := r.file("known_hosts")
	defer r.know(t, "host")

	r.know(t, "other")
	for _, batch := range []string{"-s", "-S"} {
		r.ends(t, r.call(t, "dir .", batch), unreachable, "REMOTE HOST IDENTIFICATION HAS CHANGED", "BBFTP-ERROR-00052 : ", "exit status 255")
	}
	if err := os.Remove(known); err != nil {
		t.Fatal(err)
	}
	r.ends(t, r.call(t, "dir ."), unreachable, "Host key verification failed", "BBFTP-ERROR-00052 : ")
	if _, err := os.Stat(known); !os.IsNotExist(err) {
		t.Errorf("a host was accepted that nobody was asked about: %v", err)
	}
	r.ends(t, r.call(t, "dir .", "-S"), 0)
	key := strings.Fields(read(t, r.file("host.pub")))[1]
	if !strings.Contains(read(t, known), key) {
		t.Errorf("%s lacks the key of the host", known)
	}

	r.ends(t, r.call(t, "dir .", "-S", "-L", r.ssh(t), "-I", r.file("stranger")), unreachable, "Permission denied (publickey)", "BBFTP-ERROR-00052 : ")
	r.ends(t, r.call(t, "dir .", "-L", r.ssh(t)+" -p 1"), unreachable, "refused", "BBFTP-ERROR-00052 : ")
	r.alone(t)
}

// others meets programs that are no server.
func (r remote) others(t *testing.T) {
	for server, says := range map[string]string{
		"/nonexistent/bbftpd -s":      "the server did not start: ssh: exit status 127",
		"true -s":                     "the server did not start: ssh ended without a word",
		"echo Welcome -s;" + r.server: `the remote shell says "Welcome -s\n`,
	} {
		r.server = server
		r.ends(t, r.call(t, "dir ."), 33, "BBFTP-ERROR-00062 : ", says)
	}
	r.alone(t)
}

// injected has ssh read no operand as an option.
func (r remote) injected(t *testing.T) {
	evil := filepath.Join(r.mkdir(t, r.Work), "evil")
	option := "-oProxyCommand=touch " + evil
	for status, args := range map[int][]string{
		15: {"-u", account, "-e", "dir .", "--", option},
		18: {"-u", option, "-e", "dir .", "127.0.0.1"},
	} {
		args = append([]string{"-R", "none", "-r", "1", "-L", r.known(t), "-E", r.server}, args...)
		r.ends(t, r.at(exec.Command(r.client.path, args...)), status)
	}
	for _, operand := range []string{"--|" + option + ":f", "-u|" + option + "|127.0.0.1:f"} {
		args := append([]string{"ls", "-L", r.known(t), "-E", r.server}, strings.Split(operand, "|")...)
		r.ends(t, r.at(exec.Command(r.client.path, args...)), 2)
	}
	if _, err := os.Lstat(evil); !os.IsNotExist(err) {
		t.Errorf("ssh took an operand for an option: %v", err)
	}
}

// terminated ends a client in the middle of a file: ssh and the server go, and
// nothing of the file stays.
func (r remote) terminated(t *testing.T) {
	here, there := r.folders(t)
	source := filepath.Join(here, "slow")
	if err := os.WriteFile(source, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(source, 1<<30); err != nil {
		t.Fatal(err)
	}
	cmd := r.at(exec.Command(r.client.path, "put", "--json", "--limit-rate", "1MB", "-L", r.known(t), "-E", r.server,
		source, fmt.Sprintf("%s@127.0.0.1:%s/", account, filepath.Base(there))))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	if err := until(out, `"event":"progress"`); err != nil {
		t.Fatal(err)
	}
	if len(ofAccount(t)) == 0 {
		t.Error("no server is seen")
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 128+int(syscall.SIGTERM) {
		t.Errorf("the client: %v", err)
	}
	r.alone(t)
	if entries, err := os.ReadDir(there); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
