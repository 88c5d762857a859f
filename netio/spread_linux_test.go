package netio

import (
	"testing"
	"time"
)

// TestSpread leaves alone what needs no spreading.
func TestSpread(t *testing.T) {
	for name, paced := range map[string]int64{"a short path": 0, "paced already": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			conn, _ := connect(t, "127.0.0.1:0", Options{Congestion: "reno", PacingRate: paced}, Options{})
			// The handshake alone may have met a machine that stood still.
			eventually(t, "a short path", func() bool {
				_, err := conn.Write([]byte("x"))
				return err == nil && mustInfo(t, conn).MinRTT < spreadFrom
			})
			Spread(conn)
			if got := mustRead(t, conn).PacingRate; got != paced {
				t.Errorf("paced at %d, want %d", got, paced)
			}
			conn.Close()
			Spread(conn) // does nothing
		})
	}
}

func TestBursts(t *testing.T) {
	for _, tt := range []struct {
		info Info
		want bool
	}{
		{Info{}, false},
		{Info{Congestion: "cubic", MinRTT: 100 * time.Microsecond}, false},
		{Info{Congestion: "cubic", MinRTT: 20 * time.Millisecond}, true},
		{Info{Congestion: "reno", MinRTT: time.Millisecond}, true},
		{Info{Congestion: "bbr", MinRTT: 100 * time.Millisecond}, false},
		{Info{Congestion: "bbr3", MinRTT: 100 * time.Millisecond}, false},
	} {
		if got := tt.info.bursts(); got != tt.want {
			t.Errorf("%s, %v: %v", tt.info.Congestion, tt.info.MinRTT, got)
		}
	}
}

// TestUnlimited is a pacing that the kernel takes and no rate limit.
func TestUnlimited(t *testing.T) {
	conn, _ := connect(t, "127.0.0.1:0", Options{PacingRate: unlimited}, Options{})
	if got := mustRead(t, conn).PacingRate; got != unlimited {
		t.Errorf("paced at %d", got)
	}
	if info := mustInfo(t, conn); info.MaxPacing != 0 {
		t.Errorf("limited to %d", info.MaxPacing)
	}
	NewRateLimit(1 << 20).Send(conn)
	if got := mustRead(t, conn).PacingRate; got != 1<<20 {
		t.Errorf("paced at %d under a limit", got)
	}
}
