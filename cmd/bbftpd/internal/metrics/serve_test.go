package metrics

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bbftp/engine/audit"
)

func serving(t *testing.T, c Config) (address string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l, err := Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.Listener, c.Log = l, slog.New(slog.DiscardHandler)
	if c.Metrics == nil {
		c.Metrics = New(Sources{})
	}
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, c) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			t.Error("it serves on")
		}
	})
	return l.Addr().String()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestScrape(t *testing.T) {
	m := New(Sources{Gate: counts{Sessions: 3}, Version: "1.2"})
	m.Record(audit.Record{Event: audit.File, Outcome: audit.OK, Operation: "put", Version: 3, Bytes: 5, Moved: 5, Seconds: 1})
	status, body := get(t, "http://"+serving(t, Config{Metrics: m})+"/metrics")
	if status != http.StatusOK {
		t.Fatal(status)
	}
	for _, want := range []string{
		"bbftp_sessions 3", `bbftp_transfer_bytes_total{operation="put"} 5`, "go_goroutines", `version="1.2"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestHealth(t *testing.T) {
	var drains, dead atomic.Bool
	address := serving(t, Config{
		Alive: func() error {
			if dead.Load() {
				return errors.New("no connections are accepted")
			}
			return nil
		},
		Ready: func() error {
			if drains.Load() {
				return errors.New("draining")
			}
			return nil
		},
	})
	check := func(path string, status int, text string) {
		t.Helper()
		if got, body := get(t, "http://"+address+path); got != status || body != text {
			t.Errorf("%s: %d %q, want %d %q", path, got, body, status, text)
		}
	}
	check("/healthz", http.StatusOK, "ok\n")
	check("/readyz", http.StatusOK, "ok\n")
	drains.Store(true)
	check("/healthz", http.StatusOK, "ok\n")
	check("/readyz", http.StatusServiceUnavailable, "draining\n")
	dead.Store(true)
	check("/healthz", http.StatusServiceUnavailable, "no connections are accepted\n")
	check("/", http.StatusNotFound, "404 page not found\n")
}

func TestMethods(t *testing.T) {
	answer, err := http.Post("http://"+serving(t, Config{})+"/metrics", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusMethodNotAllowed {
		t.Error(answer.Status)
	}
}

// TestConnections has more come than there are places: those are closed, and
// when somebody leaves there is a place again.
func TestConnections(t *testing.T) {
	address := serving(t, Config{})
	conns := make([]net.Conn, connections)
	for i := range conns {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		conns[i] = conn
		ask(t, conn) // its place is taken when it has an answer
	}
	more, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = more.Close() }()
	_ = more.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := more.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("not closed:", err)
	}
	_ = conns[0].Close()
	for end := time.Now().Add(time.Minute); ; {
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
		if answer, err := client.Get("http://" + address + "/healthz"); err == nil {
			_ = answer.Body.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal("no place again")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func ask(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
}

func TestListen(t *testing.T) {
	if l, err := Listen(t.Context(), "no.such.port"); err == nil {
		_ = l.Close()
		t.Error("no error")
	} else if !strings.Contains(err.Error(), "listen for scrapes") {
		t.Error(err)
	}
}
