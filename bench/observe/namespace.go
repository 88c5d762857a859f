package observe

import (
	"fmt"
	"net/netip"
	"os"
	"time"
)

// namespace is the network namespace of a host, with the connections seen in
// it.
type namespace struct {
	host   Host
	name   string // the kernel's, equal for the same namespace
	diag   *diag  // nil if the kernel has none
	accept func(local, remote netip.Addr) bool

	connections []*connection // in order of appearance
	known       map[uint64]*connection
	ignored     map[uint64]bool
	open        []*connection // those still there
	nextWalk    time.Time
	full        bool // maxConnections are there

	retransmits int64 // when the watch began
	warnings    []string
}

const (
	// Finding new connections means walking the kernel's table of all
	// connections of the machine, some 0.3 ms with a table for 262144. Asking
	// for a known one takes microseconds. walkShare keeps the walks to 0.5 %
	// of a core.
	walkShare = 200
	maxWalk   = 500 * time.Millisecond // longest time between walks
	// maxConnections bounds the memory.
	maxConnections = 4096
)

func openNamespace(h Host) (*namespace, error) {
	n := &namespace{host: h, known: make(map[uint64]*connection), ignored: make(map[uint64]bool)}
	var diagErr, countErr error
	err := h.Do(func() (err error) {
		if n.name, err = namespaceName(); err != nil {
			return err
		}
		// The socket stays in the namespace of the thread that makes it,
		// whoever uses it.
		n.diag, diagErr = openDiag()
		n.retransmits, countErr = readRetransmits()
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("observe: enter network namespace: %w", err)
	}
	if diagErr != nil {
		n.warn("no samples of connections: %v", diagErr)
	}
	if countErr != nil {
		n.retransmits = -1
		n.warn("no count of retransmissions: %v", countErr)
	}
	return n, nil
}

func namespaceName() (string, error) {
	name, err := os.Readlink("/proc/thread-self/ns/net")
	if os.IsNotExist(err) {
		return "", nil // a system that has only one
	}
	return name, err
}

func (n *namespace) close() {
	if n.diag != nil {
		n.diag.close()
		n.diag = nil
	}
}

func (n *namespace) warn(format string, args ...any) {
	n.warnings = append(n.warnings, fmt.Sprintf(format, args...))
}

// giveUp ends the samples of a namespace whose kernel answers no more.
func (n *namespace) giveUp(err error) {
	n.warn("samples of connections end early: %v", err)
	n.close()
}

// ignorePresent keeps connections that are there now out of the observation.
func (n *namespace) ignorePresent() {
	if n.diag == nil {
		return
	}
	err := n.diag.list(func(id identity, _ figures) { n.ignored[id.cookie()] = true })
	if err != nil {
		n.giveUp(err)
	}
}

// sample takes the figures of every connection for a tick.
func (n *namespace) sample(tick int, interval time.Duration) {
	if n.diag == nil {
		return
	}
	began := time.Now()
	if began.Before(n.nextWalk) {
		if err := n.diag.read(n.open, func(c *connection, f figures) { c.add(tick, f) }); err != nil {
			n.giveUp(err)
		}
	} else {
		if err := n.diag.list(func(id identity, f figures) { n.found(tick, id, f) }); err != nil {
			n.giveUp(err)
		}
		ended := time.Now()
		n.nextWalk = ended.Add(min(ended.Sub(began)*walkShare, max(maxWalk, interval)))
	}
	still := n.open[:0]
	for _, c := range n.open {
		if c.open = c.samples[len(c.samples)-1].tick == tick; c.open {
			still = append(still, c)
		}
	}
	n.open = still
}

func (n *namespace) found(tick int, id identity, f figures) {
	cookie := id.cookie()
	c := n.known[cookie]
	if c == nil {
		local, remote := id.addresses()
		if n.ignored[cookie] || !n.accept(local.Addr(), remote.Addr()) {
			return
		}
		if len(n.connections) == maxConnections {
			n.ignored[cookie] = true
			if !n.full {
				n.full = true
				n.warn("only the first %d connections are sampled", maxConnections)
			}
			return
		}
		c = &connection{id: id, local: local.Port(), remote: remote.Port()}
		n.known[cookie] = c
		n.connections = append(n.connections, c)
	}
	if !c.open { // a walk may miss one while the table changes
		c.open = true
		n.open = append(n.open, c)
	}
	c.add(tick, f)
}

// thin halves the ticks.
func (n *namespace) thin() {
	for _, c := range n.connections {
		c.thin()
	}
}

// resent is the number of segments sent again since the watch began.
func (n *namespace) resent() int64 {
	if n.retransmits < 0 {
		return 0
	}
	var now int64
	err := n.host.Do(func() (err error) {
		now, err = readRetransmits()
		return err
	})
	if err != nil {
		n.warn("no count of retransmissions: %v", err)
		return 0
	}
	return now - n.retransmits
}

func everything(_, _ netip.Addr) bool { return true }

func onLoopback(local, remote netip.Addr) bool { return local.IsLoopback() && remote.IsLoopback() }

// fromRemote accepts connections with one host; with any if it is not valid.
func fromRemote(host netip.Addr) func(_, remote netip.Addr) bool {
	if !host.IsValid() {
		return everything
	}
	host = host.Unmap().WithZone("")
	return func(_, remote netip.Addr) bool { return remote == host }
}
