package selfcheck

import "time"

const (
	mbit = int64(1e6)
	gbit = int64(1e9)
)

// ms are milliseconds.
func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// short are the checks for a machine that others use too: counts, which can't
// be wrong because it is busy, and a few timings.
func short() []check {
	return []check{
		losses{probability: 0.01, packets: 200_000},
		overload{rate: 100 * mbit, delay: ms(10), queue: 250_000, jitter: ms(2), packets: 20_000},
		overload{rate: 100 * mbit, delay: ms(10), queue: 250_000, packets: 20_000, back: true},
		goodput{rate: 100 * mbit, rtt: ms(10), window: time.Second},
		idle{rtt: ms(10), probes: 200},
		saturated{rate: 100 * mbit, rtt: ms(20), probes: 200},
	}
}

// full are all the checks.
func full() []check {
	list := []check{
		losses{probability: 0.0001, packets: 1e6},
		losses{probability: 0.01, packets: 1e6},
		overload{rate: 100 * mbit, delay: ms(10), queue: 250_000, jitter: ms(2), packets: 50_000},
		overload{rate: 1 * gbit, delay: ms(50), queue: 2_500_000, packets: 500_000, back: true},
	}
	for _, rtt := range []time.Duration{ms(1), ms(10), ms(100)} {
		list = append(list, idle{rtt: rtt, probes: 1000})
	}
	list = append(list,
		saturated{rate: 100 * mbit, rtt: ms(20), probes: 500},
		saturated{rate: 1 * gbit, rtt: ms(20), probes: 500},
	)
	for _, rate := range []int64{100 * mbit, 1 * gbit, 10 * gbit} {
		for _, rtt := range []time.Duration{ms(10), ms(50), ms(100)} {
			list = append(list, goodput{rate: rate, rtt: rtt, window: 3 * time.Second})
		}
	}
	return append(list, passThrough{window: 3 * time.Second})
}
