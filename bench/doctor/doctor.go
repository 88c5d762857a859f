// Package doctor says whether a host can fill a path of a given rate and
// round-trip time, and what to set where it cannot. Gather looks at the host,
// Examine judges what was found; neither changes anything.
package doctor

import (
	"fmt"
	"math"
	"time"
)

// Path is what the host is to fill, with one connection.
type Path struct {
	RTT  time.Duration
	Rate int64 // bit/s
}

// The largest path there is advice for.
const (
	MaxRTT  = 10 * time.Second
	MaxRate = 1e12
)

// Validate names the value that makes no sense.
func (p Path) Validate() error {
	switch {
	case p.RTT <= 0 || p.RTT > MaxRTT:
		return fmt.Errorf("round-trip time of %v: want more than 0, up to %v", p.RTT, MaxRTT)
	case p.Rate < 8 || p.Rate > MaxRate:
		return fmt.Errorf("rate of %d bit/s: want 8 to %d", p.Rate, int64(MaxRate))
	}
	return nil
}

// BDP is the bandwidth-delay product in bytes: what is on its way when the path
// is full. The order of the operations keeps it within 64 bits.
func (p Path) BDP() int64 { return p.Rate / 8 * p.RTT.Microseconds() / 1e6 }

// Buffer is the size that buffers should be allowed to grow to: three times the
// BDP, in whole MiB, from 4 MiB to just below 2 GiB. The kernel offers about
// half of a receive buffer as window (ip-sysctl, tcp_adv_win_scale), and a
// sender keeps what is on its way and what fills a queue of one BDP, with room
// for repairs.
func (p Path) Buffer() int64 {
	return min(max((3*p.BDP()+1<<20-1)>>20<<20, 4<<20), math.MaxInt32)
}

// Setting is one line of sysctl.conf(5).
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (s Setting) String() string { return s.Name + " = " + s.Value }

// State is how well a host does in one respect.
type State string

// The states. Only Limit means that the path will not be filled.
const (
	OK      State = "ok"
	Hint    State = "hint"    // it could do better, or spare work
	Limit   State = "limit"   // it limits the path asked for
	Unknown State = "unknown" // it could not be read
)

// Finding is the result of one check.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"state"`
	Text  string `json:"text"` // one sentence, with the figures
	// Source is where the rule comes from.
	Source string `json:"source,omitempty"`
	// Set are the lines that mend it, Run a command where no line does.
	Set []Setting `json:"set,omitempty"`
	Run string    `json:"run,omitempty"`
}

// Examine checks a host against a path. The order is fixed: buffers first.
func Examine(f Facts, p Path) []Finding {
	var all []Finding
	for _, check := range []func(Facts, Path) []Finding{
		receiveBuffer, sendBuffer, fixedBuffers, autotuning, options, memoryLimit,
		congestion, metrics, qdisc, mtu, linkSpeed, mptcp, processor, disk,
	} {
		all = append(all, check(f, p)...)
	}
	return all
}

// Limits are the names of the checks that found a limit.
func Limits(findings []Finding) (names []string) {
	for _, f := range findings {
		if f.State == Limit {
			names = append(names, f.Check)
		}
	}
	return names
}

// Settings are all lines that the findings ask for, each once.
func Settings(findings []Finding) (all []Setting) {
	seen := make(map[string]bool)
	for _, f := range findings {
		for _, s := range f.Set {
			if !seen[s.Name] {
				seen[s.Name] = true
				all = append(all, s)
			}
		}
	}
	return all
}
