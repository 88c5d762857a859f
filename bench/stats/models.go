package stats

import (
	"math"
	"strings"
	"time"

	"bbftp/bench/trial"
)

// The sizes of a full packet on a path with an MTU of 1500. A TCP segment over
// IPv4 loses 20 bytes to IP, 20 to TCP and 12 to the timestamps option that
// Linux sends on every segment (RFC 7323, appendix A).
const (
	MTU = 1500
	MSS = MTU - 20 - 20 - 12
)

// kneeMargin is how far below the best a median may lie to count as good.
const kneeMargin = 0.05

// LinkLimit is the most goodput in bit/s that a link of rate bit/s of IP
// packets can carry: 1448 of every 1500 bytes. +Inf for a rate of 0, unlimited.
func LinkLimit(rate int64) float64 {
	if rate <= 0 {
		return math.Inf(1)
	}
	return float64(rate) * MSS / MTU
}

// WindowLimit is the goodput in bit/s of streams that each have window bytes on
// their way and wait a round trip for their acknowledgement: N·W/RTT. +Inf
// where one of them sets no limit: a window of 0 (the kernel's), no RTT.
func WindowLimit(streams int, window int64, rtt time.Duration) float64 {
	if streams <= 0 || window <= 0 || rtt <= 0 {
		return math.Inf(1)
	}
	return float64(streams) * float64(window) * 8 / rtt.Seconds()
}

// Mathis is the goodput in bit/s that streams of Reno's congestion avoidance
// reach where each packet is lost with a probability of loss:
// N·MSS·C/(RTT·√p), C = √(3/2) for losses at random and an acknowledgement for
// every packet (Mathis, Semke, Mahdavi, Ott: The macroscopic behavior of the
// TCP congestion avoidance algorithm, 1997). mss is in bytes. It is an
// estimate, not a bound: CUBIC does better on long paths, BBR does not follow
// it. +Inf where nothing is lost. The link caps it: BoundsOf.
func Mathis(streams, mss int, rtt time.Duration, loss float64) float64 {
	if streams <= 0 || mss <= 0 || rtt <= 0 || !(loss > 0) {
		return math.Inf(1)
	}
	return float64(streams) * float64(mss) * 8 * math.Sqrt(1.5) / (rtt.Seconds() * math.Sqrt(min(loss, 1)))
}

// Bounds are what the models allow a cell, in bit/s; +Inf where one says
// nothing.
type Bounds struct {
	Link   float64 // LinkLimit; compressed payload may exceed it
	Window float64 // WindowLimit of the cell's Window
	Loss   float64 // Mathis, of a cell with losses at random
}

// BoundsOf applies the models to a cell of an emulated path. Of other paths
// only the user knows rate and RTT.
func BoundsOf(c trial.Cell) Bounds {
	return Bounds{
		Link:   LinkLimit(c.Rate),
		Window: WindowLimit(c.Streams, Window(c), c.RoundTrip()),
		Loss:   Mathis(c.Streams, MSS, c.RoundTrip(), c.Loss),
	}
}

// Least is the lowest of the bounds: the model's goodput, capped by the link.
func (b Bounds) Least() float64 { return min(b.Link, b.Window, b.Loss) }

// Window is the size in bytes of the window that a cell's data streams had to
// live with; 0: none that bounds them, the kernel's tuning or the path chose it.
func Window(c trial.Cell) int64 {
	switch {
	// A legacy peer that is asked for no window asks for its default itself. The
	// tuned one is then asked for what fills the path: no bound of the cell's.
	case c.Window == 0 && c.Peer == "legacy":
		return legacyWindow
	// Ours takes this very size for no wish (ARCHITECTURE.md, "Windows").
	case c.Window == legacyWindow && strings.HasPrefix(c.Peer, "bbftp"):
		return 0
	}
	return max(c.Window, 0)
}

// legacyWindow is the default of legacy peers: 256 KB of 1024 bytes (wire.md
// 6.3).
const legacyWindow = 256 << 10

// Knee finds the fewest streams whose median is within 5 % of the best median;
// points has a Summary for each number of streams. Not ok with fewer than two
// points that have samples, or with nothing above 0. A knee at the most streams
// measured says that the true one may lie beyond.
func Knee(points map[int]Summary) (streams int, ok bool) {
	best, seen := 0.0, 0
	for _, s := range points {
		if s.N > 0 {
			best = max(best, s.Median)
			seen++
		}
	}
	if seen < 2 || best <= 0 {
		return 0, false
	}
	for n, s := range points {
		if s.N > 0 && s.Median >= best*(1-kneeMargin) && (!ok || n < streams) {
			streams, ok = n, true
		}
	}
	return streams, ok
}
