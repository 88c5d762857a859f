package netio

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// piece is what one iteration sends.
const piece = 1 << 20

// BenchmarkOptions is the goodput of one stream over loopback under each of the
// options, of both ends, from memory to nowhere.
func BenchmarkOptions(b *testing.B) {
	const slow = 200_000_000 // bytes per second
	for _, bb := range []struct {
		name string
		Options
	}{
		{"none", Options{}},
		{"window=256KiB", Options{SendBuffer: 256 << 10, RecvBuffer: 256 << 10}},
		{"window=4MiB", Options{SendBuffer: 4 << 20, RecvBuffer: 4 << 20}},
		{"congestion=reno", Options{Congestion: "reno"}},
		{"congestion=cubic", Options{Congestion: "cubic"}},
		{"congestion=bbr", Options{Congestion: "bbr"}},
		{"tos=0x20", Options{TOS: 0x20}},
		{"user-timeout=300s", Options{UserTimeout: 300e9}},
		{"pacing=200MB", Options{PacingRate: slow}},
		{"multipath", Options{Multipath: true}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			if bb.Congestion != "" && !slices.Contains(strings.Fields(choices("available")), bb.Congestion) {
				b.Skipf("this system has no %s", bb.Congestion)
			}
			if bb.Multipath {
				multipathHere(b)
			}
			conn := discarding(b, bb.Options)
			chunk := make([]byte, piece)
			b.SetBytes(piece)
			for b.Loop() {
				if _, err := conn.Write(chunk); err != nil {
					b.Fatal(err)
				}
			}
			if bb.PacingRate != 0 {
				reportShare(b, bb.PacingRate)
			}
		})
	}
}

// BenchmarkRateLimit is what streams that share a rate reach of it together.
func BenchmarkRateLimit(b *testing.B) {
	for _, bb := range []struct {
		streams int
		rate    int64 // bytes per second
	}{
		{1, 12_500_000}, {1, 200_000_000}, {4, 200_000_000}, {25, 200_000_000}, {4, 1_250_000_000},
	} {
		b.Run(fmt.Sprintf("streams=%d/rate=%dMB", bb.streams, bb.rate/1_000_000), func(b *testing.B) {
			limit := NewRateLimit(bb.rate)
			pieces := make(chan struct{})
			var sending sync.WaitGroup
			for range bb.streams {
				conn := discarding(b, Options{})
				limit.Send(conn)
				turns := limit.Join()
				sending.Go(func() {
					defer turns.Leave()
					chunk := make([]byte, 64<<10)
					for range pieces {
						for left := int64(len(chunk)); left > 0; {
							n := min(left, turns.Piece())
							_, _ = conn.Write(chunk[:n])
							_ = turns.Wait(context.Background(), n)
							left -= n
						}
					}
				})
			}
			b.SetBytes(64 << 10)
			for b.Loop() {
				pieces <- struct{}{}
			}
			reportShare(b, bb.rate)
			close(pieces)
			sending.Wait()
		})
	}
}

// reportShare adds how much of a rate was reached, in percent.
func reportShare(b *testing.B, rate int64) {
	moved := float64(b.N) * piece
	if strings.Contains(b.Name(), "RateLimit") {
		moved = float64(b.N) * (64 << 10)
	}
	b.ReportMetric(100*moved/b.Elapsed().Seconds()/float64(rate), "%rate")
}

// discarding returns a connection whose peer reads and forgets.
func discarding(b *testing.B, o Options) *net.TCPConn {
	b.Helper()
	from, to := connect(b, "127.0.0.1:0", o, o)
	go func() {
		// Hides from io.Copy that it could splice.
		_, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{to}, make([]byte, piece))
	}()
	return from
}

// BenchmarkSetUp opens the 25 listeners of a file, connects to them and accepts.
func BenchmarkSetUp(b *testing.B) {
	const streams = 25
	for _, bb := range []struct {
		name     string
		ports    PortRange
		connect  bool
		parallel bool
	}{
		{"listen", PortRange{}, false, false},
		{"listen/in-range", ownPorts(b, 1000), false, false},
		{"connect/one-by-one", PortRange{}, true, false},
		{"connect/together", PortRange{}, true, true},
	} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				listeners, err := ListenData(b.Context(), streams, DataConfig{Local: ownAddress(), Ports: bb.ports})
				if err != nil {
					b.Fatal(err)
				}
				var connecting sync.WaitGroup
				for _, l := range listeners {
					switch {
					case !bb.connect:
						_ = l.Close()
					case bb.parallel:
						connecting.Go(func() { meet(b, l) })
					default:
						meet(b, l)
					}
				}
				connecting.Wait()
			}
		})
	}
}

// meet connects to l, and closes again.
func meet(b *testing.B, l *DataListener) {
	dialed, err := Dialer{}.Dial(b.Context(), l.Addr().String())
	if err != nil {
		b.Error(err)
		return
	}
	// No TIME_WAIT: thousands of them would make ports hard to find.
	_ = dialed.SetLinger(0)
	accepted, err := l.Accept(b.Context())
	dialed.Close()
	if err != nil {
		b.Error(err)
		return
	}
	accepted.Close()
}
