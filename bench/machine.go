package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"bbftp/bench/observe"
	"bbftp/bench/peer"
	"bbftp/bench/trial"
	"bbftp/bench/wan"
)

// machine is the real system.
type machine struct{ local peer.Host }

func newMachine() machine { return machine{peer.Local()} }

func (machine) now() time.Time                 { return time.Now() }
func (machine) free(dir string) (int64, error) { return freeSpace(dir) }
func (machine) environment(build, files string) (trial.Environment, error) {
	return observe.Environment(build, files)
}

func (m machine) open(ctx context.Context, c trial.Cell, seed uint64) (path, error) {
	switch c.Path {
	case trial.Emulated:
		config := wan.Symmetric(c.RoundTrip(), time.Duration(c.Jitter*float64(time.Second)), c.Rate, c.Loss, c.Queue)
		config.Seed, config.Congestion = seed, c.Congestion
		p, err := wan.Open(ctx, config)
		if err != nil {
			return nil, err
		}
		return emulated{p}, nil
	case trial.Loopback:
		return direct{client: m.local, server: m.local}, nil
	case trial.Network:
		remote, err := resolve(ctx, c.Target)
		if err != nil {
			return nil, err
		}
		return direct{client: m.local, remote: remote}, nil
	}
	return nil, fmt.Errorf("no path %q", c.Path)
}

// resolve finds the address to observe connections with. Where a name has
// several, the client may take another: then nothing is seen of its streams.
func resolve(ctx context.Context, host string) (netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	switch {
	case err != nil:
		return netip.Addr{}, err
	case len(addrs) == 0:
		return netip.Addr{}, errors.New(host + " has no address")
	}
	return addrs[0].Unmap(), nil
}

func (m machine) observe(p path, c trial.Cell) (observer, error) {
	o := observe.Options{Client: p.Client(), Put: c.Direction == trial.Put}
	if server := p.Server(); server != nil {
		o.Server = server
	}
	switch p := p.(type) {
	case emulated:
		o.Counters = func() int64 {
			forward, back := p.Counters()
			if o.Put {
				return forward.BytesOut
			}
			return back.BytesOut
		}
	case direct:
		o.Remote = p.remote
	}
	return observe.Start(o)
}

// direct is a path that is there without us.
type direct struct {
	client, server peer.Host
	remote         netip.Addr
}

func (d direct) Client() peer.Host           { return d.client }
func (d direct) Server() peer.Host           { return d.server }
func (d direct) settings() map[string]string { return nil }
func (d direct) close() (link, error)        { return link{}, nil }

// emulated is a path of package wan.
type emulated struct{ *wan.Path }

func (e emulated) Client() peer.Host           { return e.Path.Client() }
func (e emulated) Server() peer.Host           { return e.Path.Server() }
func (e emulated) settings() map[string]string { return e.Path.Client().Settings() }

func (e emulated) close() (link, error) {
	report, err := e.Close()
	return link{
		backend: report.Backend, forward: linkOf(report.Forward), back: linkOf(report.Back),
		cpu: report.CPU, faults: report.Faults,
	}, err
}

func linkOf(d wan.DirectionReport) trial.Link {
	return trial.Link{
		PacketsIn: d.PacketsIn, BytesIn: d.BytesIn, PacketsOut: d.PacketsOut, BytesOut: d.BytesOut,
		LostRandom: d.LostRandom, LostQueue: d.LostQueue, LostRefused: d.LostRefused, LostDevice: d.LostDevice,
		QueueMax:    d.QueueMax,
		LatenessP50: seconds(d.Lateness.P50), LatenessP99: seconds(d.Lateness.P99), LatenessMax: seconds(d.Lateness.Max),
	}
}

func seconds(d time.Duration) float64 { return max(d, 0).Seconds() }
