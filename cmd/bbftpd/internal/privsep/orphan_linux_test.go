package privsep

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"bbftp/engine/admission"
	"bbftp/engine/client"
	"bbftp/engine/server"
	"bbftp/engine/trust"
)

// monitorVariable has this program be a monitor, with homes below that directory.
const monitorVariable = "PRIVSEP_MONITOR"

// monitorProcess tells its address and its fingerprint on standard output.
func monitorProcess(dir string) error {
	users, err := house(dir)
	if err != nil {
		return err
	}
	id, err := trust.LoadIdentity(dir+"/key", "")
	if err != nil {
		return err
	}
	m, err := New(Config{
		Accounts: users, Gate: admission.New(admission.Limits{}), Audit: new(book), RunAs: "nobody",
		Log: slog.New(slog.DiscardHandler), Identity: id, Settings: Settings{Server: server.Config{Version: "test"}},
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := os.Stdout.WriteString(l.Addr().String() + " " + id.Fingerprint() + "\n"); err != nil {
		return err
	}
	return m.Serve(context.Background(), l)
}

// TestMonitorKilled leaves nothing of a monitor that is no more.
func TestMonitorKilled(t *testing.T) {
	root(t)
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), monitorVariable+"="+t.TempDir())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	told, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address, fingerprint, _ := strings.Cut(strings.TrimSpace(told), " ")
	h := &host{t: t, dir: t.TempDir()}
	if h.addr, err = net.ResolveTCPAddr("tcp", address); err != nil {
		t.Fatal(err)
	}
	h.login("alice", nil)
	h.login("bob", func(c *client.Config) { c.Trust = &trust.Policy{Fingerprint: fingerprint, Require: true} })
	h.knock()
	left := childrenOf(t, cmd.Process.Pid)
	if len(left) < 4 {
		t.Errorf("of two sessions, one through a relay, and a login: %d processes", len(left))
	}
	kill(t, cmd.Process.Pid)
	for _, c := range left {
		gone(t, c.pid)
	}
}
