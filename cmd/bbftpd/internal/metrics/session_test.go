package metrics

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bbftp/engine/admission"
	"bbftp/engine/auth"
	"bbftp/engine/client"
	"bbftp/engine/server"
	"bbftp/engine/storage"
)

// alone lets in alice, whatever her password.
type alone struct{}

func (alone) Authenticate(_ context.Context, c auth.Credentials) (auth.Account, error) {
	if c.User() != "alice" {
		return auth.Account{}, auth.ErrDenied
	}
	return auth.Account{Name: c.User(), Sessions: 1}, nil
}

// TestSessions counts what a real server records, so that the words of its
// records and the labels made of them stay together.
func TestSessions(t *testing.T) {
	gate := admission.New(admission.Limits{FailureDelay: -1})
	m := New(Sources{Gate: gate})
	root, local := t.TempDir(), t.TempDir()
	s, err := server.New(server.Config{
		Accounts: alone{}, Root: root, Storage: storage.Limits{Reserve: storage.NoReserve}, Version: "4", Gate: gate, Audit: m,
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()

	dial := func(user string, clear bool) *client.Client {
		c, err := client.New(client.Config{
			Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).AddrPort().Port(), User: user, Password: "secret", ClearText: clear, Tries: 1, LocalDir: local,
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	refused := func(c *client.Client) {
		t.Helper()
		if err := c.Connect(t.Context()); err == nil {
			t.Error("let in")
		}
		_ = c.Close()
	}
	if err := os.WriteFile(filepath.Join(local, "a"), make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(dial("mallory", false))
	refused(dial("alice", true))
	alice := dial("alice", false)
	if _, err := alice.Put(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	if _, err := alice.Get(t.Context(), "nothing", "c"); err == nil {
		t.Error("no error")
	}
	if err := alice.Mkdir(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	if err := alice.Remove(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	// Those that were refused may still be on their way out.
	until(t, "one session, and nobody logging in", func() bool {
		return strings.HasPrefix(gathered(t, m, "bbftp_sessions"), "bbftp_sessions 1\nbbftp_sessions_logging_in 0\n")
	})
	refused(dial("alice", false)) // one session is all she may have
	_ = alice.Close()
	until(t, "the end of the session", func() bool { return gate.Counts().Sessions == 0 })
	gate.SetLimits(admission.Limits{Deny: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	refused(dial("alice", false))
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}

	got := gathered(t, m, "bbftp_")
	for _, want := range []string{
		`bbftp_logins_total{outcome="denied",reason="credentials",tls="no"} 1`,
		`bbftp_logins_total{outcome="denied",reason="insecure",tls="no"} 1`,
		`bbftp_logins_total{outcome="denied",reason="user-full",tls="no"} 1`,
		`bbftp_logins_total{outcome="ok",reason="",tls="no"} 1`,
		`bbftp_refused_total{reason="network"} 1`,
		`bbftp_transfers_total{operation="put",outcome="ok",version="3"} 1`,
		`bbftp_transfers_total{operation="get",outcome="failed",version="3"} 1`,
		`bbftp_transfer_bytes_total{operation="put"} 1000`,
		`bbftp_wire_bytes_total{operation="put"} 1000`,
		`bbftp_changes_total{operation="mkdir",outcome="ok"} 1`,
		`bbftp_changes_total{operation="rm",outcome="ok"} 1`,
		`bbftp_session_duration_seconds_count 1`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Error("no", want)
		}
	}
	if strings.Contains(got, `"other"`) || t.Failed() {
		t.Error(got)
	}
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
