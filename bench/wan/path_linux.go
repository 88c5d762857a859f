package wan

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"

	"golang.org/x/sys/unix"
)

// The hosts' addresses, of the block kept for measuring networks (RFC 2544):
// no name service and no route of the machine's leads there.
var (
	clientAddr = netip.AddrFrom4([4]byte{198, 18, 0, 1})
	serverAddr = netip.AddrFrom4([4]byte{198, 18, 0, 2})
)

// Path is two hosts and the link between them.
type Path struct {
	client, server *Host
	devices        []*device
	forward, back  *link
	running        chan error // of each link, why it ended
	backend        string

	once   sync.Once
	report Report
}

// Open makes the hosts and starts the link. ctx bounds the making only. It
// needs the rights over namespaces and networks that root has, or what
// Isolate runs; see Privilege.
func Open(ctx context.Context, c Config) (*Path, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	p := &Path{running: make(chan error, 2)}
	if err := p.open(ctx, c.withQueues()); err != nil {
		p.free()
		return nil, err
	}
	for _, l := range []*link{p.forward, p.back} {
		go func() { p.running <- l.run() }()
	}
	return p, nil
}

func (p *Path) open(ctx context.Context, c Config) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wan: open: %w", err)
	}
	if !privileged() {
		return errors.New("wan: open: this takes the rights over namespaces and networks that root has, or a program run isolated")
	}
	if err := p.makeHosts(); err != nil {
		return err
	}
	if err := p.connect(ctx, c.Backend); err != nil {
		return err
	}
	for _, h := range []*Host{p.client, p.server} {
		if err := h.space.do(func() error { return h.tune(c) }); err != nil {
			return err
		}
	}
	client, server := p.devices[0], p.devices[1]
	var err error
	if p.forward, err = newLink(client, server, c.Forward, c.Seed); err != nil {
		return err
	}
	p.back, err = newLink(server, client, c.Back, ^c.Seed)
	return err
}

// withQueues fills in the queues left out: only the whole path knows its RTT.
func (c Config) withQueues() Config {
	rtt := c.Forward.Delay + c.Back.Delay
	for _, way := range []*Direction{&c.Forward, &c.Back} {
		if way.Queue == 0 {
			way.Queue = DefaultQueue(way.Rate, rtt)
		}
	}
	return c
}

func (p *Path) makeHosts() (err error) {
	if p.client, err = newHost(clientAddr, serverAddr); err != nil {
		return err
	}
	p.server, err = newHost(serverAddr, clientAddr)
	return err
}

// connect opens the devices of the back-end asked for, or of the first that
// works: TUN costs less, the packet socket needs less.
func (p *Path) connect(ctx context.Context, backend string) error {
	switch backend {
	case BackendTUN:
		p.backend = BackendTUN
		return p.connectTUN()
	case BackendPacket:
		p.backend = BackendPacket
		return p.connectPacket()
	case "":
	default:
		return fmt.Errorf("wan: unknown back-end %q: want %q or %q", backend, BackendTUN, BackendPacket)
	}
	tunErr := p.connect(ctx, BackendTUN)
	if tunErr == nil {
		return nil
	}
	// What TUN has left in the hosts would be in the way.
	p.free()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("wan: open: %w", err)
	}
	if err := p.makeHosts(); err != nil {
		return err
	}
	if err := p.connect(ctx, BackendPacket); err != nil {
		return fmt.Errorf("%w; nor by TUN: %w", err, tunErr)
	}
	return nil
}

func (p *Path) connectTUN() error {
	for _, h := range []*Host{p.client, p.server} {
		err := h.space.do(func() error {
			d, err := h.openTUN()
			if err == nil {
				p.devices = append(p.devices, d)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Client is the host the forward direction leads from.
func (p *Path) Client() *Host { return p.client }

// Server is the host the forward direction leads to.
func (p *Path) Server() *Host { return p.server }

// Counters are what each direction has done so far. Any goroutine may ask, also
// after Close. What the devices lost is in the report only.
func (p *Path) Counters() (forward, back Counters) {
	return p.forward.counters(), p.back.counters()
}

// Close stops the link and frees the hosts; children still running there are
// killed. The first call makes the report, later ones repeat it.
func (p *Path) Close() (Report, error) {
	p.once.Do(func() {
		p.report.Backend = p.backend
		p.stop()
		p.free()
	})
	return p.report, nil
}

func (p *Path) stop() {
	hosts := []*Host{p.client, p.server}
	// Before the memory is given back.
	for _, h := range hosts {
		short := ""
		err := h.Do(func() error { short = shortOfMemory(); return nil })
		if err == nil && short != "" {
			p.report.Faults = append(p.report.Faults, short)
			break
		}
	}
	// While the link still carries the resets to the other host.
	for _, h := range hosts {
		if err := h.Do(endConnections); err != nil {
			p.report.Faults = append(p.report.Faults, err.Error())
		}
	}
	links := []*link{p.forward, p.back}
	for _, l := range links {
		l.stop()
	}
	for range links {
		if err := <-p.running; err != nil {
			p.report.Faults = append(p.report.Faults, err.Error())
		}
	}
	for i, to := range []*DirectionReport{&p.report.Forward, &p.report.Back} {
		way, faults, cpu := links[i].report()
		*to = way
		for _, fault := range faults {
			p.report.Faults = append(p.report.Faults, [2]string{"to the server: ", "to the client: "}[i]+fault)
		}
		p.report.CPU += cpu
	}
}

func (p *Path) free() {
	for _, l := range []*link{p.forward, p.back} {
		if l != nil {
			l.close()
		}
	}
	for _, d := range p.devices {
		_ = unix.Close(d.fd)
	}
	p.devices = nil
	p.client.close()
	p.server.close()
}
