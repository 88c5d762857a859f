// Package health tells those who ask how the daemon is: supervisors, load balancers,
// systemd.
package health

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// pulseLimit is how long an accept loop may take for a turn.
const pulseLimit = 5 * time.Second

var errNoPulse = errors.New("nobody accepts connections")

// Pulse is the control port with a way to feel whether somebody accepts there: it
// wakes Accept by a deadline, and whoever accepts comes back to wait again. That
// takes the poller, the scheduler and the loop itself; a counter would go on when
// one of them hangs.
type Pulse struct {
	*net.TCPListener
	turn  chan struct{} // holds one element when Accept was woken
	limit time.Duration

	checking sync.Mutex
	closed   chan struct{}
	once     sync.Once
}

// NewPulse takes over l.
func NewPulse(l *net.TCPListener) *Pulse {
	return &Pulse{TCPListener: l, turn: make(chan struct{}, 1), limit: pulseLimit, closed: make(chan struct{})}
}

// Accept waits for the next client.
func (p *Pulse) Accept() (net.Conn, error) {
	for {
		conn, err := p.AcceptTCP()
		if err == nil {
			return conn, nil
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
		if err := p.SetDeadline(time.Time{}); err != nil {
			return nil, err
		}
		select {
		case p.turn <- struct{}{}:
		default:
		}
	}
}

// Close ends Accept for good: then there is nothing left to feel.
func (p *Pulse) Close() error {
	p.once.Do(func() { close(p.closed) })
	return p.TCPListener.Close()
}

// Check makes the accept loop turn once, for which it has 5 s. A port that was closed
// on purpose is no failure.
func (p *Pulse) Check() error {
	p.checking.Lock()
	defer p.checking.Unlock()
	select { // of a check that had given up
	case <-p.turn:
	default:
	}
	limit := time.NewTimer(p.limit)
	defer limit.Stop()
	if err := p.SetDeadline(time.Now()); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("control port: %w", err)
	}
	select {
	case <-p.turn:
		return nil
	case <-p.closed:
		return nil
	case <-limit.C:
		return errNoPulse
	}
}
