package tuning

import (
	"strings"
	"testing"
	"time"

	"bbftp/engine/client"
)

const ms = time.Millisecond

func TestFirst(t *testing.T) {
	for _, tt := range []struct {
		name string
		path client.Path
		want int
	}{
		{"loopback", client.Path{RTT: 30 * time.Microsecond, Size: 1 << 30, MaxStreams: 1000}, 1},
		{"local network", client.Path{RTT: 1 * ms, Size: 1 << 30, MaxStreams: 1000}, 1},
		{"city", client.Path{RTT: 5 * ms, Size: 1 << 30, MaxStreams: 1000}, 4},
		{"country", client.Path{RTT: 20 * ms, Size: 1 << 30, MaxStreams: 1000}, 16},
		{"ocean", client.Path{RTT: 100 * ms, Size: 1 << 30, MaxStreams: 1000}, mostFirst},
		{"ocean, bbr", client.Path{RTT: 100 * ms, Size: 1 << 30, MaxStreams: 1000, Congestion: "bbr"}, mostBBR},
		{"ocean, bbr, over before it has begun", client.Path{RTT: 100 * ms, Size: 64 << 20, MaxStreams: 1000, Congestion: "bbr"}, mostFirst},
		{"ocean, bbr, size unknown", client.Path{RTT: 100 * ms, Size: -1, MaxStreams: 1000, Congestion: "bbr"}, mostBBR},
		{"size unknown", client.Path{RTT: 100 * ms, Size: -1, MaxStreams: 1000}, mostFirst},
		{"small file", client.Path{RTT: 100 * ms, Size: 200_000, MaxStreams: 1000}, 3},
		{"empty file", client.Path{RTT: 100 * ms, MaxStreams: 1000}, 1},
		{"version 1", client.Path{RTT: 100 * ms, Size: 1 << 30, MaxStreams: 10}, 10},
		{"over ssh", client.Path{Size: 1 << 30, MaxStreams: 1000}, mostFirst},
		{"windows that stay small", client.Path{RTT: 100 * ms, Size: 1 << 30, MaxStreams: 1000, Congestion: "bbr", Fixes: true}, mostFirst},
		{"windows that are large enough", client.Path{RTT: 1 * ms, Size: 1 << 30, MaxStreams: 1000, Fixes: true}, 1},
		{"no streams at all", client.Path{RTT: 100 * ms, Size: 1 << 30}, 1},
	} {
		tt.path.Host = "h"
		got := New("", nil).Choose(tt.path)
		if got.Streams != tt.want || len(got.Why) == 0 || !strings.HasPrefix(got.Why[0], streams(tt.want)) {
			t.Errorf("%s: %d streams, want %d; %q", tt.name, got.Streams, tt.want, got.Why)
		}
	}
}

func TestWindow(t *testing.T) {
	for _, tt := range []struct {
		name string
		rtt  time.Duration
		n    int
		rate float64
		want int // KiB
	}{
		{"near", 1 * ms, 1, 0, 4 << 10},
		{"far", 100 * ms, 4, 0, 12207},
		{"far and alone", 200 * ms, 1, 0, 16 << 10},
		{"far and fast", 100 * ms, 4, 1.25e9, 16 << 10},
		{"many", 100 * ms, 64, 0, 1 << 10},
		{"very many", 100 * ms, 1000, 0, 256},
		{"over ssh", 0, 1, 0, 9765},
	} {
		if got := window(client.Path{RTT: tt.rtt}, tt.n, tt.rate); got != tt.want {
			t.Errorf("%s: %d KiB, want %d", tt.name, got, tt.want)
		}
	}
}

// TestWindows are chosen for servers that fix theirs, also where the count is
// the user's.
func TestWindows(t *testing.T) {
	for _, tt := range []struct {
		path    client.Path
		streams int
		window  int
	}{
		{client.Path{RTT: 100 * ms, Size: 1 << 30, MaxStreams: 100, Version: 3}, mostFirst, 0},
		{client.Path{RTT: 100 * ms, Size: 1 << 30, MaxStreams: 100, Version: 3, Fixes: true, Streams: 4}, 4, 12207},
		{client.Path{RTT: 100 * ms, Size: 1 << 30, MaxStreams: 10, Version: 1, Fixes: true}, 10, 0}, // it says none
	} {
		c := New("", nil).Choose(tt.path)
		if c.Streams != tt.streams || c.SendWindow != tt.window || c.RecvWindow != tt.window {
			t.Errorf("%+v: %+v", tt.path, c)
		}
	}
}
