package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"bbftp/engine/client"
	"bbftp/engine/server"
)

// TestSocketOptions moves files with each option of a data stream's sockets that
// one side or both have chosen. What the kernel grants is tested in netio.
func TestSocketOptions(t *testing.T) {
	noLeaks(t)
	content := waves(1 << 20)
	for name, o := range map[string]struct {
		server func(*server.Config)
		client func(*client.Config)
	}{
		"congestion control": {
			func(cfg *server.Config) { cfg.Congestion = "reno" },
			func(cfg *client.Config) { cfg.Congestion = "reno" },
		},
		"multipath": {
			func(cfg *server.Config) { cfg.Multipath = true },
			func(cfg *client.Config) { cfg.Multipath = true },
		},
		"multipath of the client": {nil, func(cfg *client.Config) { cfg.Multipath = true }},
		"multipath of the server": {func(cfg *server.Config) { cfg.Multipath = true }, func(*client.Config) {}},
		"limited": {
			func(cfg *server.Config) { cfg.RateLimit = 40 << 20 },
			func(cfg *client.Config) { cfg.RateLimit = 50 << 20 },
		},
		"limited multipath": {
			func(cfg *server.Config) { cfg.RateLimit, cfg.Multipath = 40<<20, true },
			func(cfg *client.Config) { cfg.RateLimit, cfg.Multipath = 50<<20, true },
		},
	} {
		h := serve(t, o.server)
		for version := 1; version <= 3; version++ {
			for _, compress := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/version %d/compress %v", name, version, compress), func(t *testing.T) {
					c, dir := dial(t, h.port, func(cfg *client.Config) {
						cfg.Protocol, cfg.Streams, cfg.Compress = version, 3, compress
						o.client(cfg)
					})
					write(t, dir, "src", content)
					put, err := c.Put(t.Context(), "src", "there")
					if err != nil {
						t.Fatal(err)
					}
					got, err := c.Get(t.Context(), "there", "back")
					if err != nil {
						t.Fatal(err)
					}
					if put.Streams != 3 || got.Streams != 3 {
						t.Errorf("put over %d streams, got over %d", put.Streams, got.Streams)
					}
					holds(t, h.root, "there", string(content))
					holds(t, dir, "src", string(content), "back", string(content))
				})
			}
		}
	}
}

// TestRateLimit holds each side to its rate, with files so small that the kernel's
// pacing would let them pass.
func TestRateLimit(t *testing.T) {
	noLeaks(t)
	const (
		rate  = 8 << 20
		size  = 256 << 10
		files = 8
		burst = 50 * time.Millisecond
		least = files*size*time.Second/rate - burst
	)
	free := serve(t, nil)
	limited := serve(t, func(cfg *server.Config) { cfg.RateLimit = rate })
	for _, tt := range []struct {
		name     string
		host     *host
		rate     int64 // of the client
		compress bool
	}{
		{"client", free, rate, false},
		{"client, compressed", free, rate, true},
		{"server", limited, 0, false},
		{"server, compressed", limited, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, dir := dial(t, tt.host.port, func(cfg *client.Config) {
				cfg.RateLimit, cfg.Streams, cfg.Compress = tt.rate, 2, tt.compress
			})
			write(t, dir, "here", noise(size)) // no smaller when compressed
			for _, op := range []func(context.Context, string, string) (*client.Transfer, error){
				c.Put,
				func(ctx context.Context, here, there string) (*client.Transfer, error) {
					return c.Get(ctx, there, here)
				},
			} {
				began := time.Now()
				for range files {
					if _, err := op(t.Context(), "here", "there"); err != nil {
						t.Fatal(err)
					}
				}
				if took := time.Since(began); took < least {
					t.Errorf("%d bytes took %v, at least %v at %d bytes a second", files*size, took, least, rate)
				}
			}
		})
	}
}
