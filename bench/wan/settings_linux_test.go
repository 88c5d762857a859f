package wan

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSettings(t *testing.T) {
	c := shortPath("")
	c.Congestion = "reno"
	c.Forward.Rate, c.Forward.Delay, c.Forward.Queue = 1e9, 200*time.Millisecond, 1<<20
	p := openPath(t, c)
	for _, h := range []*Host{p.Client(), p.Server()} {
		s := h.Settings()
		for name, want := range map[string]string{"tcp_congestion_control": "reno", "tcp_no_metrics_save": "1"} {
			if s[name] != want {
				t.Errorf("%s is %q, want %q", name, s[name], want)
			}
		}
		for _, name := range []string{"tcp_rmem", "tcp_wmem"} {
			var least, begin, most int64
			if _, err := fmt.Sscan(s[name], &least, &begin, &most); err != nil || most < c.bufferMax() {
				t.Errorf("%s is %q, want a maximum of %d (%v)", name, s[name], c.bufferMax(), err)
			}
		}
	}
}

// TestCongestion proves that every algorithm there is can be chosen, whatever
// the system allows and a program asks for, on both sides.
func TestCongestion(t *testing.T) {
	needRoot(t)
	text, err := os.ReadFile(sysctlIPv4 + "/tcp_available_congestion_control")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(string(text)) {
		t.Run(name, func(t *testing.T) {
			c := shortPath("")
			c.Congestion = name
			p := openPath(t, c)
			ends, err := connect(p)
			if err != nil {
				t.Fatal(err)
			}
			for side, conn := range ends {
				raw, err := conn.(*net.TCPConn).SyscallConn()
				if err != nil {
					t.Fatal(err)
				}
				var got string
				var failed error
				if err := raw.Control(func(fd uintptr) {
					got, failed = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
				}); err != nil || failed != nil {
					t.Fatal(err, failed)
				}
				if got = strings.TrimRight(got, "\x00"); got != name {
					t.Errorf("end %d uses %q", side, got)
				}
				conn.Close()
			}
		})
	}
}

func TestBufferMax(t *testing.T) {
	for _, tt := range []struct {
		name  string
		c     Config
		least int64 // of the answer
		most  int64
	}{
		{"slow", Symmetric(time.Millisecond, 0, 1e6, 0, 0), leastBuffer, leastBuffer},
		{"three of what 10 Gbit/s and 100 ms hold", Symmetric(100*time.Millisecond, 0, 10e9, 0, 0), 750e6, 750e6},
		{"beyond the kernel", Symmetric(10*time.Second, 0, MaxRate, 0, 1<<30), mostBuffer, mostBuffer},
		{"no rate", Symmetric(100*time.Millisecond, 0, 0, 0, 0), 3 * unlimitedRate / 8 / 10, mostBuffer},
		{"one way only", Config{Forward: Direction{Rate: 1e9}, Back: Direction{Rate: 10e9, Delay: 100 * time.Millisecond, Queue: 1}}, 375e6, 376e6},
	} {
		if got := tt.c.bufferMax(); got < tt.least || got > tt.most {
			t.Errorf("%s: %d, want %d to %d", tt.name, got, tt.least, tt.most)
		}
	}
}
