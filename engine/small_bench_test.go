package engine

import (
	"fmt"
	"testing"

	"bbftp/engine/client"
)

// BenchmarkSmallFiles moves one file after the other in one session: what a file
// costs that has hardly any bytes.
func BenchmarkSmallFiles(b *testing.B) {
	const size = 64 << 10
	for version := 1; version <= 3; version++ {
		for _, op := range []string{"put", "get"} {
			b.Run(fmt.Sprintf("version=%d/op=%s", version, op), func(b *testing.B) {
				h := serve(b, nil)
				c, dir := dial(b, h.port, func(cfg *client.Config) { cfg.Protocol = version })
				move := c.Put
				if op == "get" {
					dir, move = h.root, c.Get
				}
				write(b, dir, "f", noise(size))
				if err := c.Connect(b.Context()); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(size)
				for b.Loop() {
					if _, err := move(b.Context(), "f", "to"); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
			})
		}
	}
}

// BenchmarkStreams is the way of a file of 10 MiB with many streams, most of
// which is making them.
func BenchmarkStreams(b *testing.B) {
	for _, version := range []int{2, 3} {
		b.Run(fmt.Sprintf("version=%d/streams=25", version), func(b *testing.B) {
			h := serve(b, nil)
			c, dir := dial(b, h.port, func(cfg *client.Config) { cfg.Protocol, cfg.Streams = version, 25 })
			write(b, dir, "f", noise(10<<20))
			if err := c.Connect(b.Context()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := c.Put(b.Context(), "f", "to"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSession connects, logs in and agrees on a version. The password check
// is left out: it is slow on purpose, see package auth.
func BenchmarkSession(b *testing.B) {
	h := serve(b, nil)
	for b.Loop() {
		c, _ := dial(b, h.port, nil)
		if err := c.Connect(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
