package engine

import (
	"context"
	"fmt"
	"net"
	"testing"

	"bbftp/engine/client"
	"bbftp/engine/server"
)

// TestIPv6 has whole sessions over ::1, in each version, with a server that listens
// there only and one that listens on all addresses of both families.
func TestIPv6(t *testing.T) {
	for _, listen := range []string{"[::1]:0", ":0"} {
		ln, err := net.Listen("tcp", listen)
		if err != nil {
			t.Fatalf("listen on %s: %v", listen, err)
		}
		root := t.TempDir()
		port := serveOn(t, ln, root)
		hosts := []string{"::1"}
		if listen == ":0" {
			hosts = append(hosts, "127.0.0.1") // which that server sees as a mapped address
		}
		for _, host := range hosts {
			for version := 1; version <= 3; version++ {
				t.Run(fmt.Sprintf("%s to %s, version %d", host, listen, version), func(t *testing.T) {
					c, dir := dial(t, port, func(cfg *client.Config) {
						cfg.Host, cfg.Protocol, cfg.Streams = host, version, 3
					})
					content := noise(100_000)
					name := fmt.Sprintf("file%d", version)
					write(t, dir, name, content)
					if _, err := c.Put(t.Context(), name, name); err != nil {
						t.Fatal(err)
					}
					if _, err := c.Get(t.Context(), name, "back"); err != nil {
						t.Fatal(err)
					}
					holds(t, dir, name, string(content), "back", string(content))
				})
			}
		}
	}
}

// serveOn runs a server on ln until the test ends.
func serveOn(t *testing.T, ln net.Listener, root string) (port uint16) {
	t.Helper()
	s, err := server.New(server.Config{Accounts: anyone{}, Root: root, Version: "4.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return uint16(ln.Addr().(*net.TCPAddr).Port)
}
