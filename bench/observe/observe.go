// Package observe watches a trial from outside its programs: the kernel tells
// the state of every TCP socket of a network namespace (sock_diag(7)), so that
// all peers are seen alike, whoever wrote them. From the course of the bytes it
// says how long each part of a transfer took, and it describes the machine.
package observe

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"bbftp/bench/trial"
)

// Host is one end of the path: Do runs f on a thread inside its network
// namespace. A wan.Host is one, and so is the machine itself.
type Host interface {
	Do(f func() error) error
}

// Options say what to watch.
type Options struct {
	// Client and Server are the hosts. Server is nil for a network path, of
	// which only one end can be seen. Both may be the same namespace: then
	// only connections between loopback addresses count.
	Client, Server Host
	// Interval is that of the samples, 20 ms if 0. It doubles whenever there
	// are maxTicks of them; what Stop returns is thinned out further.
	Interval time.Duration
	// Counters gives the bytes that the link has delivered in the payload's
	// direction. It is cheap, so it is read four times an interval. Without it
	// the sockets are summed up.
	Counters func() int64
	// Put tells the payload's direction: from the client, or to it.
	Put bool
	// Remote limits the watch to connections with that host.
	Remote netip.Addr
}

// Observation is what was seen. Times are seconds since Origin.
type Observation struct {
	Origin time.Time // when Start was called
	// Sender and Receiver are the data connections, in order of appearance.
	// Those that carried less than 64 KiB, and less than an eighth of what the
	// largest did, are control connections and left out. So are connections
	// that were there before Start, and those too short for any sample.
	// The last sample of a connection is at most some intervals before its end.
	Sender, Receiver []trial.Series
	// Progress are the bytes in the payload's direction: those of IP packets
	// from Counters, else those in the sockets, control connections included.
	// Only the points that change its course are kept.
	Progress trial.Progress
	// Retransmits are the segments that both namespaces sent again meanwhile,
	// on whatever connection.
	Retransmits int64
	// Warnings say what could not be seen and why.
	Warnings []string
}

const (
	defaultInterval = 20 * time.Millisecond
	maxTicks        = 2000 // 40 s at the default interval
	maxSeries       = 200  // samples of a series
)

// Observer samples until Stop.
type Observer struct {
	options Options
	origin  time.Time

	hosts    []*namespace  // client, server; one if they are the same or there is no server
	course   course        // of Counters
	interval time.Duration // now
	times    []float64     // of the ticks so far

	stopOnce sync.Once
	stop     chan struct{}
	done     chan Observation
	result   Observation
}

// Start begins to watch. Call it before the programs start. It fails if a host
// cannot be entered; where the kernel has no sock_diag, it works without
// sockets and the observation has a warning.
func Start(o Options) (*Observer, error) {
	obs, err := open(o)
	if err != nil {
		return nil, err
	}
	go func() { obs.done <- obs.run() }()
	return obs, nil
}

// open takes the first sample.
func open(o Options) (*Observer, error) {
	if o.Client == nil {
		return nil, errors.New("observe: no client host")
	}
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	obs := &Observer{
		options: o, origin: time.Now(), interval: o.Interval,
		stop: make(chan struct{}), done: make(chan Observation, 1),
	}
	if err := obs.enter(); err != nil {
		obs.leave()
		return nil, err
	}
	for _, n := range obs.hosts {
		n.ignorePresent()
	}
	obs.count()
	obs.tick()
	return obs, nil
}

// enter opens the namespaces, each once.
func (o *Observer) enter() error {
	client, err := openNamespace(o.options.Client)
	if err != nil {
		return err
	}
	o.hosts = append(o.hosts, client)
	if o.options.Server == nil {
		client.accept = fromRemote(o.options.Remote)
		return nil
	}
	server, err := openNamespace(o.options.Server)
	if err != nil {
		return err
	}
	if server.name == client.name {
		server.close()
		client.accept = onLoopback
		if o.options.Remote.IsValid() {
			client.accept = fromRemote(o.options.Remote)
		}
		return nil
	}
	o.hosts = append(o.hosts, server)
	client.accept, server.accept = everything, everything
	if o.options.Remote.IsValid() {
		client.accept = fromRemote(o.options.Remote)
	}
	return nil
}

func (o *Observer) leave() {
	for _, n := range o.hosts {
		n.close()
	}
}

// Stop takes a last sample and ends the watch. Called again it returns the
// same.
func (o *Observer) Stop() Observation {
	o.stopOnce.Do(func() {
		close(o.stop)
		o.result = <-o.done
	})
	return o.result
}

func (o *Observer) run() Observation {
	fine := 1 // counter readings for one sample of the sockets
	if o.options.Counters != nil {
		fine = 4
	}
	ticker := time.NewTicker(o.options.Interval / time.Duration(fine))
	defer ticker.Stop()
	due := time.Now().Add(o.interval)
	for {
		select {
		case now := <-ticker.C:
			o.count()
			// A late tick must not make the next one late as well.
			if !now.Before(due.Add(-time.Millisecond)) {
				o.tick()
				due = now.Add(o.interval)
			}
		case <-o.stop:
			return o.end()
		}
	}
}

// end takes the last sample.
func (o *Observer) end() Observation {
	o.count()
	o.tick()
	defer o.leave()
	return o.observation()
}

func (o *Observer) now() float64 { return time.Since(o.origin).Seconds() }

// count reads the link's counters.
func (o *Observer) count() {
	if o.options.Counters != nil {
		o.course.add(o.now(), o.options.Counters())
	}
}

// tick samples all sockets.
func (o *Observer) tick() {
	if len(o.times) == maxTicks {
		o.times = thin(o.times)
		o.interval *= 2
		for _, n := range o.hosts {
			n.thin()
		}
	}
	at := len(o.times)
	o.times = append(o.times, o.now())
	for _, n := range o.hosts {
		n.sample(at, o.interval)
	}
}

// thin keeps every other value.
func thin[T any](values []T) []T {
	for i := range (len(values) + 1) / 2 {
		values[i] = values[2*i]
	}
	return values[:(len(values)+1)/2]
}
