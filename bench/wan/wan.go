// Package wan is a wide-area network in one machine: two network namespaces,
// joined by an emulated link of a given rate, delay, loss and queue. It needs
// neither tc netem nor an external program. Linux only; elsewhere Open returns
// errors.ErrUnsupported.
package wan

import (
	"fmt"
	"time"
)

// Config describes the path between the two hosts.
type Config struct {
	Forward, Back Direction // client → server, server → client
	// Seed fixes the random losses and the jitter.
	Seed uint64
	// Congestion is the algorithm of both hosts; "": the system's default.
	Congestion string
	// Backend is BackendTUN or BackendPacket; "" takes TUN where it is allowed.
	Backend string
}

// The ways to get at a host's packets.
const (
	BackendTUN    = "tun"    // a TUN device in each namespace
	BackendPacket = "packet" // a veth pair in each namespace and a packet socket: needs no /dev/net/tun
)

// MTU is the size in bytes of the largest IP packet. Queue, loss and rate count
// packets of this size, also when the hosts hand over many in one piece.
const MTU = 1500

// Direction is one way of the path.
type Direction struct {
	Rate   int64         // bits of IP packets per second; 0: unlimited
	Delay  time.Duration // propagation, one way
	Jitter time.Duration // more delay, wandering in [0, Jitter], never reordering
	Loss   float64       // probability in [0, 1] for each packet to vanish
	Queue  int64         // bytes waiting for the link before it drops; 0: DefaultQueue
}

// Symmetric returns the path whose two ways are alike and share the RTT evenly.
// jitter is that of one way; a queue of 0 is DefaultQueue.
func Symmetric(rtt, jitter time.Duration, rate int64, loss float64, queue int64) Config {
	way := Direction{Rate: rate, Delay: rtt / 2, Jitter: jitter, Loss: loss, Queue: queue}
	if queue == 0 {
		way.Queue = DefaultQueue(rate, rtt)
	}
	return Config{Forward: way, Back: way}
}

// DefaultQueue is one bandwidth-delay product, at least 64 KiB and 1 ms, at most
// MaxQueue. A link
// without a rate has no queue; its figure means nothing.
func DefaultQueue(rate int64, rtt time.Duration) int64 {
	return min(max(int64(float64(rate)/8*max(rtt, time.Millisecond).Seconds()), 64<<10), MaxQueue)
}

// Counters are what one direction has done so far. Packets are of at most MTU
// bytes, bytes those of IP packets. PacketsIn is the sum of PacketsOut,
// LostRandom, LostQueue, LostRefused and what is on its way.
type Counters struct {
	PacketsIn, BytesIn   int64 // taken from the sending host
	PacketsOut, BytesOut int64 // handed to the receiving host
	LostRandom           int64 // packets, by Direction.Loss
	LostQueue            int64 // packets, the queue being full
	LostRefused          int64 // packets that could not be handed over
	LostDevice           int64 // frames of up to 64 KiB never taken in: a device's ring was full (known at the end)
	QueueMax             int64 // most bytes that waited at once
}

// Report is what became of a path.
type Report struct {
	Backend       string
	Forward, Back DirectionReport
	CPU           time.Duration // of the emulator's threads
	// Faults say why the run was unfaithful, each in one clause; none: it was
	// faithful.
	Faults []string
}

// DirectionReport is one way's share of it.
type DirectionReport struct {
	Counters
	Lateness Lateness
}

// Lateness is how much after its due time a packet was handed over.
type Lateness struct {
	P50, P99, P999, Max time.Duration
}

// Validate names the first value that makes no sense.
func (c Config) Validate() error {
	for _, way := range []struct {
		name string
		Direction
	}{{"forward", c.Forward}, {"back", c.Back}} {
		switch {
		case way.Rate < 0 || way.Rate > MaxRate:
			return fmt.Errorf("wan: %s rate of %d bit/s: want 0 (unlimited) to %d", way.name, way.Rate, int64(MaxRate))
		case way.Delay < 0 || way.Delay > MaxDelay:
			return fmt.Errorf("wan: %s delay of %v: want 0 to %v", way.name, way.Delay, MaxDelay)
		case way.Jitter < 0 || way.Jitter > MaxDelay:
			return fmt.Errorf("wan: %s jitter of %v: want 0 to %v", way.name, way.Jitter, MaxDelay)
		case !(way.Loss >= 0 && way.Loss <= 1):
			return fmt.Errorf("wan: %s loss of %v: want a probability, 0 to 1", way.name, way.Loss)
		case way.Queue < 0 || way.Queue > MaxQueue:
			return fmt.Errorf("wan: %s queue of %d bytes: want 0 (default) to %d", way.name, way.Queue, int64(MaxQueue))
		}
	}
	return nil
}

// What Config may ask for.
const (
	MaxRate  = 1e12             // bit/s
	MaxDelay = 10 * time.Second // one way
	MaxQueue = 1 << 30          // bytes
)
