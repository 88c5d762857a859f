package tuning

import (
	"fmt"
	"math"
	"strings"
	"time"

	"bbftp/engine/client"
)

// What a path is taken to be until something is known of it.
const (
	// supposedRate is in bytes per second: a host's usual port, 1 Gbit/s.
	supposedRate = 125e6
	// supposedRTT is that of a continent, over ssh, whose pipes tell none.
	supposedRTT = 40 * time.Millisecond
)

const (
	// perStream is the round-trip time that is worth one more stream: at one
	// packet lost in ten thousand cubic and reno hold about a supposed rate there
	// (RFC 9438, 5.1), so that the streams together fill the path.
	perStream = 1250 * time.Microsecond
	// mostFirst is about what servers grant. One round trip less of slow start
	// would take twice as many streams, and on a path that loses packets, more
	// measured no better.
	mostFirst = 24
	// mostBBR is for bbr, which one stream lets fill a lossy path: more of them
	// only shorten the start, and take from each other in the end.
	mostBBR = 4
	// leastShare is in bytes: what is less leaves in the first round trips.
	leastShare = 64 << 10
	// legacyWindow is what a server fixes its windows to if it grants no more.
	legacyWindow = 256 << 10
)

// first is the count of streams for a file of which nothing but the path's
// round-trip time and its own size are known.
//
// Streams start with ten packets each and double in each round trip, so that n
// of them save log2(n) round trips of slow start; a loss costs one stream half
// of its window, not all; and each has its own windows. On a short path none of
// this matters, and each costs processor time.
func first(p client.Path) (int, []string) {
	rtt, known := p.RTT, true
	if rtt == 0 {
		rtt, known = supposedRTT, false
	}
	n := int(rtt / perStream)
	most := mostFirst
	if strings.HasPrefix(p.Congestion, "bbr") && !short(p.Size, rtt) {
		most = mostBBR
	}
	n = min(n, most)
	if p.Fixes {
		n = max(n, min(int(math.Ceil(supposedRate*rtt.Seconds()/legacyWindow)), mostFirst))
	}
	if p.Size >= 0 {
		n = min(n, int(p.Size/leastShare))
	}
	n = max(1, min(n, p.MaxStreams))
	about := "nothing is known of the path"
	if known {
		about = fmt.Sprintf("round-trip time %v", p.RTT.Round(10*time.Microsecond))
	}
	if p.Size >= 0 {
		about += fmt.Sprintf(", %.3g MB", float64(p.Size)/1e6)
	}
	if p.Congestion != "" {
		about += ", " + p.Congestion
	}
	return n, []string{fmt.Sprintf("%s: first file of its kind to this host; %s", streams(n), about)}
}

// short tells whether a file is over before streams have grown into the path:
// slow start is most of it.
func short(size int64, rtt time.Duration) bool {
	const rounds = 6
	return size >= 0 && float64(size) < supposedRate*rtt.Seconds()*rounds
}

func streams(n int) string {
	if n == 1 {
		return "1 stream"
	}
	return fmt.Sprintf("%d streams", n)
}

// window is what to ask a server for that fixes its windows, in KiB: twice the
// bandwidth-delay product, which a stream needs that is left alone in the end,
// within what a server of many clients can bear.
func window(p client.Path, n int, rate float64) int {
	const (
		least, most = 4 << 20, 16 << 20 // bytes, of one stream
		total       = 64 << 20          // of all
	)
	rtt := p.RTT
	if rtt == 0 {
		rtt = supposedRTT
	}
	bdp := max(rate, supposedRate) * rtt.Seconds()
	w := min(max(2*bdp/math.Sqrt(float64(n)), least), most, total/float64(n))
	return int(max(w, legacyWindow)) >> 10
}
