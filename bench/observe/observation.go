package observe

import "bbftp/bench/trial"

// direction is the figure of a connection that counts its payload.
type direction func(figures) int64

func sent(f figures) int64  { return f.acked }
func taken(f figures) int64 { return f.received }

// observation sums up once the watch is over.
func (o *Observer) observation() Observation {
	result := Observation{Origin: o.origin}
	client, server := o.hosts[0].connections, []*connection(nil)
	var progress []*connection
	figure := taken
	switch {
	case len(o.hosts) == 2:
		server = o.hosts[1].connections
		sender, receiver := server, client
		if o.options.Put {
			sender, receiver = client, server
		}
		result.Sender, result.Receiver = o.series(sender, sent), o.series(receiver, taken)
		progress = receiver
	case o.options.Server != nil:
		// Both ends in one namespace: which is which, the bytes tell.
		var sender, receiver []*connection
		for _, c := range client {
			if f := c.last(); f.acked > f.received {
				sender = append(sender, c)
			} else {
				receiver = append(receiver, c)
			}
		}
		result.Sender, result.Receiver = o.series(sender, sent), o.series(receiver, taken)
		progress = receiver
	case o.options.Put:
		result.Sender = o.series(client, sent)
		progress, figure = client, sent
	default:
		result.Receiver = o.series(client, taken)
		progress = client
	}
	if o.options.Counters != nil {
		result.Progress = o.course.progress()
	} else {
		result.Progress = o.sum(progress, figure)
	}
	for _, n := range o.hosts {
		result.Retransmits += n.resent()
		result.Warnings = append(result.Warnings, n.warnings...)
	}
	return result
}

// controlBytes is more than any conversation on a control connection takes.
const controlBytes = 64 << 10

// series are those of the data connections.
func (o *Observer) series(connections []*connection, payload direction) []trial.Series {
	var largest int64
	for _, c := range connections {
		largest = max(largest, payload(c.last()))
	}
	var all []trial.Series
	for _, c := range connections {
		if n := payload(c.last()); n > 0 && n >= min(controlBytes, largest/8) {
			all = append(all, c.series(o.times))
		}
	}
	return all
}

// sum adds up what the connections carried. A connection that is gone keeps
// what it had.
func (o *Observer) sum(connections []*connection, payload direction) trial.Progress {
	rise := make([]int64, len(o.times))
	for _, c := range connections {
		var before int64
		for _, s := range c.samples {
			rise[s.tick] += payload(s.figures) - before
			before = payload(s.figures)
		}
	}
	var total int64
	var sums course
	for i, at := range o.times {
		total += rise[i]
		sums.add(at, total)
	}
	return sums.progress()
}
