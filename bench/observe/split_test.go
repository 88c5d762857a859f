package observe

import (
	"math"
	"testing"
	"time"

	"bbftp/bench/trial"
)

// flow is a stretch of a synthetic transfer: bytes per second for a time.
type flow struct {
	seconds, rate float64
}

// flight is one burst of bytes, then silence.
func flights(rtt float64, bytes ...float64) []flow {
	var all []flow
	for _, n := range bytes {
		all = append(all, flow{0.002, n / 0.002}, flow{rtt - 0.002, 0})
	}
	return all
}

// sampled draws the progress of flows, a point every interval.
func sampled(interval float64, flows ...flow) (p trial.Progress, whole time.Duration) {
	ends := 0.0
	for _, f := range flows {
		ends += f.seconds
	}
	at := func(t float64) int64 {
		bytes := 0.0
		for _, f := range flows {
			part := min(t, f.seconds)
			bytes += max(part, 0) * f.rate
			t -= f.seconds
		}
		return int64(bytes + 0.5)
	}
	for i := 0; ; i++ {
		t := float64(i) * interval
		if t > ends+interval {
			break
		}
		p.Time, p.Bytes = append(p.Time, t), append(p.Bytes, at(t))
	}
	return p, time.Duration(ends * float64(time.Second))
}

// slowStart doubles every round trip until it is at a rate.
func slowStart(rtt, rate float64, streams int) []flow {
	var sizes []float64
	for n := 14480.0 * float64(streams); n < rate*rtt; n *= 2 {
		sizes = append(sizes, n)
	}
	return flights(rtt, sizes...)
}

func join(parts ...[]flow) (all []flow) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestSplit(t *testing.T) {
	const gigabit = 125e6
	talk := flights(0.1, 200, 900, 300, 120) // four round trips of conversation
	sawtooth := []flow{}
	for range 20 {
		for _, share := range []float64{0.5, 0.6, 0.7, 0.8, 0.9, 1} {
			sawtooth = append(sawtooth, flow{0.1, share * 1e6})
		}
	}
	for _, tt := range []struct {
		name  string
		flows []flow
		rtt   float64
		// What it should be, in seconds, bytes/s, each ± 2 intervals or 5 %.
		setup, ramp, steady, tail, stall, rate float64
	}{
		{
			name:  "link limited",
			flows: join(talk, []flow{{3, gigabit}}), rtt: 0.1,
			setup: 0.4, steady: 3, rate: gigabit,
		},
		{
			name:  "slow start",
			flows: join(talk, slowStart(0.1, gigabit, 1), []flow{{5, gigabit}, {0.2, 0}}), rtt: 0.1,
			setup: 0.4, ramp: 1, steady: 5, tail: 0.2, rate: gigabit,
		},
		{
			name:  "slow start alone",
			flows: join(talk, slowStart(0.1, gigabit, 1)), rtt: 0.1,
			setup: 0.4, ramp: 0.902, tail: 0.098,
		},
		{
			name:  "window limited, in flights",
			flows: join(talk, flights(0.1, repeated(4e6, 30)...)), rtt: 0.1,
			setup: 0.4, steady: 2.902, tail: 0.098, rate: 4e6 * 30 / 2.902,
		},
		{
			name:  "legacy stall of 1 s",
			flows: join(talk, []flow{{1, 0}}, slowStart(0.1, gigabit, 4), []flow{{3, gigabit}}), rtt: 0.1,
			setup: 1.4, ramp: 0.8, steady: 3, stall: 1, rate: gigabit,
		},
		{
			name:  "legacy stall of 20 s",
			flows: join(talk, []flow{{20, 0}, {1, gigabit}}), rtt: 0.1,
			setup: 20.4, steady: 1, stall: 20, rate: gigabit,
		},
		{
			name:  "long path, no stall",
			flows: join(flights(0.6, 200, 900, 300), []flow{{4, gigabit}}), rtt: 0.6,
			setup: 1.8, steady: 4, rate: gigabit,
		},
		{
			name:  "one slow stream",
			flows: join(talk, []flow{{3, gigabit}, {2, gigabit / 8}, {0.1, 0}}), rtt: 0.1,
			setup: 0.4, steady: 3, tail: 2.1, rate: gigabit,
		},
		{
			name:  "sawtooth of one lossy stream",
			flows: join(talk, sawtooth), rtt: 0.1,
			setup: 0.4, steady: 12, rate: 0.75e6,
		},
		{
			name:  "slow link",
			flows: join(flights(0.05, 300, 300), []flow{{20, 1e5}}), rtt: 0.05,
			setup: 0.1, steady: 20, rate: 1e5,
		},
		{
			name:  "pause in the middle",
			flows: []flow{{0.1, 0}, {1, gigabit}, {5, 0}, {2, gigabit}}, rtt: 0.01,
			setup: 0.1, ramp: 6, steady: 2, rate: gigabit,
		},
	} {
		for _, interval := range []float64{0.005, 0.02} {
			p, whole := sampled(interval, tt.flows...)
			payload := p.Bytes[len(p.Bytes)-1]
			got := Split(p, 0, whole, payload, time.Duration(tt.rtt*1e9))
			if sum := got.Setup + got.Ramp + got.Steady + got.Tail; sum != whole {
				t.Errorf("%s: the phases are %v together, want %v", tt.name, sum, whole)
			}
			for _, part := range []struct {
				name      string
				got, want float64
				within    float64
			}{
				{"setup", got.Setup.Seconds(), tt.setup, 2 * interval},
				// A flight of slow start may count as ramp or not.
				{"ramp", got.Ramp.Seconds(), tt.ramp, 2*interval + tt.rtt},
				{"steady", got.Steady.Seconds(), tt.steady, 2*interval + tt.rtt},
				{"tail", got.Tail.Seconds(), tt.tail, 2 * interval},
				{"stall", got.Stall.Seconds(), tt.stall, 2*interval + tt.rtt},
				{"rate", got.Rate / 8, tt.rate, 0.05 * tt.rate},
			} {
				if math.Abs(part.got-part.want) > part.within {
					t.Errorf("%s, a sample every %v s: %s is %v, want %v", tt.name, interval, part.name, part.got, part.want)
				}
			}
		}
	}
}

func repeated(n float64, times int) []float64 {
	all := make([]float64, times)
	for i := range all {
		all[i] = n
	}
	return all
}

// TestSplitEdges has curves that say little.
func TestSplitEdges(t *testing.T) {
	const second = time.Second
	progress := func(values ...float64) (p trial.Progress) {
		for i := 0; i < len(values); i += 2 {
			p.Time, p.Bytes = append(p.Time, values[i]), append(p.Bytes, int64(values[i+1]))
		}
		return p
	}
	for _, tt := range []struct {
		name         string
		p            trial.Progress
		began, ended time.Duration
		bytes        int64
		rtt          time.Duration
		want         Phases
	}{
		{
			name: "nothing seen", ended: 2 * second, bytes: 1e6,
			want: Phases{Steady: 2 * second, Rate: 4e6},
		},
		{
			name: "nothing moved", p: progress(0, 0, 1, 5000), ended: 2 * second,
			want: Phases{Setup: 2 * second},
		},
		{
			name: "flat", p: progress(0, 7, 1, 7), ended: 2 * second, bytes: 1e6,
			want: Phases{Steady: 2 * second, Rate: 4e6},
		},
		{
			name: "no time at all", p: progress(0, 0, 1, 1), began: second, ended: second, bytes: 1,
			want: Phases{},
		},
		{
			name: "ends before it begins", began: 2 * second, ended: second, bytes: 1,
			want: Phases{},
		},
		{
			name: "all between two samples", p: progress(0, 0, 1, 0, 1.5, 1e6, 2, 1e6), ended: 2 * second, bytes: 1e6,
			want: Phases{Setup: second, Steady: second / 2, Tail: second / 2, Rate: 16e6, Stall: second},
		},
		{
			name: "tiny file", p: progress(0, 0, 0.1, 0, 0.2, 300, 0.21, 300), ended: 210 * time.Millisecond, bytes: 100,
			want: Phases{Setup: 100 * time.Millisecond, Steady: 100 * time.Millisecond, Tail: 10 * time.Millisecond, Rate: 8000},
		},
		{
			name: "tiny file on a long path", p: progress(0, 0, 0.1, 0, 0.2, 300, 0.3, 300), ended: 300 * time.Millisecond, bytes: 300, rtt: second,
			want: Phases{Setup: 100 * time.Millisecond, Ramp: 100 * time.Millisecond, Tail: 100 * time.Millisecond},
		},
		{
			name: "compressed to a fifth", p: progress(0, 0, 1, 1e6, 2, 2e6, 3, 3e6), ended: 3 * second, bytes: 15e6,
			want: Phases{Steady: 3 * second, Rate: 40e6},
		},
		{
			name: "begins and ends within the samples", p: progress(0, 50, 1, 50, 2, 1e6+50, 3, 2e6+50, 4, 2e6+50),
			began: second / 2, ended: 3500 * time.Millisecond, bytes: 2e6,
			want: Phases{Setup: second / 2, Steady: 2 * second, Tail: second / 2, Rate: 8e6},
		},
		{
			name: "last bytes counted after the end", p: progress(0, 0, 1, 1e6, 2, 2e6, 3, 2.5e6), ended: 2500 * time.Millisecond, bytes: 2.5e6,
			want: Phases{Steady: 2500 * time.Millisecond, Rate: 8e6},
		},
		{
			name: "columns of different length", p: trial.Progress{Time: []float64{0, 1, 2}, Bytes: []int64{0, 1e6}}, ended: 2 * second, bytes: 1e6,
			want: Phases{Steady: second, Tail: second, Rate: 8e6},
		},
	} {
		if got := Split(tt.p, tt.began, tt.ended, tt.bytes, tt.rtt); got != tt.want {
			t.Errorf("%s:\n got %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

// FuzzSplit feeds courses that no clock and no counter would give.
func FuzzSplit(f *testing.F) {
	f.Add([]byte{1, 1, 2, 200, 3, 3}, int64(1000), int64(9000), int64(5), int64(10))
	f.Fuzz(func(t *testing.T, steps []byte, began, ended, bytes, rtt int64) {
		const day = int64(24 * time.Hour)
		began, ended, rtt = began%day, ended%day, rtt%int64(time.Minute)
		p := trial.Progress{}
		for i := 0; i+1 < len(steps); i += 2 {
			p.Time = append(p.Time, float64(int8(steps[i]))/10)
			p.Bytes = append(p.Bytes, int64(int8(steps[i+1]))*1000)
		}
		got := Split(p, time.Duration(began), time.Duration(ended), bytes, time.Duration(rtt))
		if sum := got.Setup + got.Ramp + got.Steady + got.Tail; sum != time.Duration(max(0, ended-began)) {
			t.Errorf("phases of %v add up to %v", time.Duration(ended-began), sum)
		}
		if got.Setup < 0 || got.Ramp < 0 || got.Steady < 0 || got.Tail < 0 || got.Stall < 0 {
			t.Errorf("negative: %+v", got)
		}
		if math.IsNaN(got.Rate) || math.IsInf(got.Rate, 0) || got.Rate < 0 {
			t.Errorf("rate of %v", got.Rate)
		}
	})
}
