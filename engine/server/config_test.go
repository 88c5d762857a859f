package server

import (
	"strings"
	"testing"
	"time"

	"bbftp/netio"
)

// TestImpossibleConfig fails at start, not in the first session.
func TestImpossibleConfig(t *testing.T) {
	for want, cfg := range map[string]Config{
		`congestion control "nonesuch"`:         {Congestion: "nonesuch"},
		"data ports 2:1 are no range":           {DataPorts: netio.PortRange{Min: 2, Max: 1}},
		"TLS is required and not offered":       {RequireTLS: true},
		"at most -1 data streams a file: not 1": {MaxStreams: -1},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TestStreamOptions: what a client asks for stays, what the configuration says
// comes to it.
func TestStreamOptions(t *testing.T) {
	asked := netio.Options{SendBuffer: 1 << 16, RecvBuffer: 1 << 17, TOS: qbss}
	s, err := New(Config{Multipath: true, Waits: Waits{Idle: 90 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	want := netio.Options{SendBuffer: 1 << 16, RecvBuffer: 1 << 17, TOS: qbss, Multipath: true, UserTimeout: 90 * time.Second}
	if got := s.current.Load().cfg.stream(asked); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := (Config{Congestion: "reno"}).stream(netio.Options{}); got.Congestion != "reno" {
		t.Errorf("got %+v", got)
	}
}
