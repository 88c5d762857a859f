package netio

import (
	"context"
	"net"
	"sync"
	"time"
)

// Sample is one reading of TCP_INFO.
type Sample struct {
	At time.Time // with monotonic clock: differences are exact
	Info
}

// Series are the samples of one connection, in order of time.
type Series struct {
	Label   string
	Local   net.Addr
	Remote  net.Addr
	Samples []Sample
}

// Sampler reads the TCP_INFO of many connections at an interval. Connections
// come and go while it runs. All samples stay in memory, some 300 bytes each:
// the interval is the caller's way to bound that.
type Sampler struct {
	interval time.Duration

	mu     sync.Mutex // guards what follows
	series []*Series  // in order of Add
	live   map[*Series]*net.TCPConn
}

// NewSampler returns a sampler that has no connections yet. The interval must
// be positive.
func NewSampler(interval time.Duration) *Sampler {
	if interval <= 0 {
		panic("netio: sampler interval must be positive")
	}
	return &Sampler{interval: interval, live: make(map[*Series]*net.TCPConn)}
}

// Add takes a first sample of conn and more with every interval of Run, until
// conn is closed or the returned function is called. That takes the last
// sample, so call it before closing conn to have the totals; calling it again
// does nothing. The label is the caller's, "stream 3".
func (s *Sampler) Add(label string, conn *net.TCPConn) (remove func()) {
	one := &Series{Label: label, Local: conn.LocalAddr(), Remote: conn.RemoteAddr()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.series = append(s.series, one)
	s.live[one] = conn
	s.sample(one)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sample(one)
		delete(s.live, one)
	}
}

// Run samples until ctx is done, then takes a last sample of what is left and
// returns all series in the order of Add. A sampler runs once.
func (s *Sampler) Run(ctx context.Context) []Series {
	tick := time.NewTicker(s.interval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.sampleAll()
		case <-ctx.Done():
			s.sampleAll()
			return s.end()
		}
	}
}

func (s *Sampler) sampleAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for one := range s.live {
		s.sample(one)
	}
}

// end hands the series over; later Adds and removes touch none of them.
func (s *Sampler) end() []Series {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.live)
	all := make([]Series, len(s.series))
	for i, one := range s.series {
		all[i] = *one
	}
	s.series = nil
	return all
}

// sample is called with mu held. A connection that cannot be read has been
// closed, or the system has no TCP_INFO: either way its series is over.
func (s *Sampler) sample(one *Series) {
	conn, ok := s.live[one]
	if !ok {
		return
	}
	info, err := ReadInfo(conn)
	if err != nil {
		delete(s.live, one)
		return
	}
	one.Samples = append(one.Samples, Sample{At: time.Now(), Info: info})
}
