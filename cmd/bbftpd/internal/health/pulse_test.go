package health

import (
	"errors"
	"net"
	"testing"
	"time"

	"bbftp/netio"
)

func listening(t *testing.T) *Pulse {
	t.Helper()
	l, err := netio.Listen(t.Context(), "127.0.0.1:0", netio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := NewPulse(l)
	p.limit = time.Minute // however busy the machine is
	t.Cleanup(func() { _ = p.Close() })
	return p
}

// TestPulse feels a loop that accepts, also between its clients, and one that ends.
func TestPulse(t *testing.T) {
	p := listening(t)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			conn, err := p.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("accept: %v", err)
				}
				return
			}
			accepted <- conn
		}
	}()
	for range 3 {
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		client, err := net.DialTimeout("tcp", p.Addr().String(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		_ = (<-accepted).Close()
		_ = client.Close()
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	<-accepted
	if err := p.Check(); err != nil {
		t.Errorf("a port closed on purpose: %v", err)
	}
}

// TestNoPulse has a loop that hangs; when it goes on, so does its pulse.
func TestNoPulse(t *testing.T) {
	p := listening(t)
	p.limit = 10 * time.Millisecond
	if err := p.Check(); !errors.Is(err, errNoPulse) {
		t.Errorf("nobody accepts: %v", err)
	}
	go func() { _, _ = p.Accept() }()
	p.limit = time.Minute
	if err := p.Check(); err != nil {
		t.Errorf("the loop goes on: %v", err)
	}
}
