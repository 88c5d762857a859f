package telemetry

import "fmt"

// diskHolds: calls on the file waited, though processors were free.
func diskHolds(r Report, t parts) Verdict {
	v := Verdict{Limit: DiskWrite, Share: t.disk, Advice: "a faster disk under the target"}
	op := "writing"
	if r.Sending {
		v.Limit, v.Advice, op = DiskRead, "a faster disk under the source", "reading"
	}
	v.Reason = fmt.Sprintf("%s the file waited %s of the streams' time; the disk gave %s",
		op, share(t.disk), speed(r.Rate()))
	return v
}

// processors: streams neither waited for the connection nor for the disk.
func processors(r Report, t parts, blamed float64) Verdict {
	cpu := r.User + r.System
	used := cpu.Seconds() / r.Elapsed.Seconds()
	v := Verdict{Limit: CPU, Share: min(blamed, 1)}
	switch {
	case r.Codec.Seconds() >= codecMost*cpu.Seconds() && used >= programBusy*float64(r.Cores):
		v.Limit, v.Advice = Compression, "no -c"
		v.Reason = fmt.Sprintf("zlib took %s of the %.1f processors in use", share(r.Codec.Seconds()/cpu.Seconds()), used)
	case used >= programBusy*float64(r.reach()):
		v.Reason = fmt.Sprintf("the program used %.1f of %s", used, count(r.Cores, "processor"))
		if r.reach() < r.Cores && !r.starved() {
			v.Advice = fmt.Sprintf("--streams %d", min(r.Cores, mostStreams))
		}
	case r.starved():
		v.Reason = fmt.Sprintf("the machine's processors were idle only %s of the time, and the program used %.1f of %d", share(r.Idle), used, r.Cores)
		if !r.Loopback {
			v.Advice = "less else on this machine meanwhile"
		}
	case r.Sending && t.of(sum(r).busy) >= underWay:
		// The program was quick enough for TCP never to run out of data.
		return network(r, t)
	default:
		return Verdict{}
	}
	return v
}

// reach is how many processors the streams can use: one each, but zlib takes
// what there is.
func (r Report) reach() int {
	if r.Stored+r.Deflated > 0 {
		return r.Cores
	}
	return min(len(r.Streams), r.Cores)
}
