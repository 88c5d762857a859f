package netio

import (
	"io"
	"testing"
	"time"
)

// TestRateLimitSend reads back what Send sets: the whole rate, unless the
// connection is paced at less.
func TestRateLimitSend(t *testing.T) {
	for _, tt := range []struct{ own, limit, want int64 }{
		{0, 1 << 20, 1 << 20},
		{1 << 30, 1 << 20, 1 << 20},
		{1 << 10, 1 << 20, 1 << 10},
		{0, 1 << 40, 1 << 40}, // more than 32 bits
		{1 << 20, 0, 1 << 20},
	} {
		conn, _ := connect(t, "127.0.0.1:0", Options{PacingRate: tt.own}, Options{})
		NewRateLimit(tt.limit).Send(conn)
		if got := mustRead(t, conn).PacingRate; got != tt.want {
			t.Errorf("paced at %d, limited to %d: got %d, want %d", tt.own, tt.limit, got, tt.want)
		}
		conn.Close()
		NewRateLimit(tt.limit).Send(conn) // does nothing
	}
}

// TestRateLimitFollowed: a rate that changes goes to the kernel, too, and never
// beyond what the connection was paced at.
func TestRateLimitFollowed(t *testing.T) {
	for own, want := range map[int64][]int64{
		0:       {1 << 20, 2 << 20, unlimited, 1 << 20, 1 << 10},
		3 << 19: {1 << 20, 3 << 19, 3 << 19, 1 << 20, 1 << 10},
	} {
		conn, _ := connect(t, "127.0.0.1:0", Options{PacingRate: own}, Options{})
		parent, r := new(RateLimit), NewRateLimit(1<<20)
		follow := r.Under(parent).Send(conn)
		for i, change := range []func(){
			func() {}, func() { r.SetRate(2 << 20) }, func() { r.SetRate(0) },
			func() { r.SetRate(1 << 20) }, func() { parent.SetRate(1 << 10) },
		} {
			change()
			follow()
			if got := mustRead(t, conn).PacingRate; got != want[i] {
				t.Errorf("own %d, step %d: paced at %d, want %d", own, i, got, want[i])
			}
		}
	}
}

// TestPacing holds the kernel to what it granted: that it takes its time.
func TestPacing(t *testing.T) {
	const (
		rate   = 8 << 20
		size   = 4 << 20
		unheld = 2 << 20 // ten packets, on loopback of 64 KiB, and room for the timers
	)
	sender, receiver := connect(t, "127.0.0.1:0", Options{PacingRate: rate}, Options{})
	began := time.Now()
	go sender.Write(make([]byte, size))
	if _, err := io.CopyN(io.Discard, receiver, size); err != nil {
		t.Fatal(err)
	}
	if took, least := time.Since(began), time.Second*(size-unheld)/rate; took < least {
		t.Errorf("%d bytes took %v, at %d a second at least %v", size, took, rate, least)
	}
}
