package trial

import (
	"fmt"
	"math"
)

// Validate names the first value that no trial can have, so that readers of
// records need not.
func (r Record) Validate() error {
	if err := r.Cell.Validate(); err != nil {
		return err
	}
	if r.Repeat < 0 {
		return fmt.Errorf("trial: repeat %d", r.Repeat)
	}
	for _, figure := range []struct {
		name  string
		value float64
	}{
		{"bytes", float64(r.Bytes)},
		{"seconds", r.Seconds},
		{"goodput_bps", r.Goodput},
		{"setup_s", r.Setup},
		{"ramp_s", r.Ramp},
		{"steady_s", r.Flat},
		{"tail_s", r.Tail},
		{"steady_bps", r.Steady},
		{"stall_s", r.Stall},
		{"client_cpu_s", r.ClientCPU},
		{"server_cpu_s", r.ServerCPU},
		{"emulator_cpu_s", r.EmulatorCPU},
		{"client_peak_bytes", float64(r.ClientMemory)},
		{"server_peak_bytes", float64(r.ServerMemory)},
		{"streams_used", float64(r.StreamsUsed)},
		{"moving_s", r.Moving},
		{"retransmits", float64(r.Retransmits)},
	} {
		if err := figureError(figure.name, figure.value); err != nil {
			return err
		}
	}
	for _, s := range [][]Series{r.Series, r.ReceiverSeries} {
		for _, one := range s {
			if err := one.validate(); err != nil {
				return err
			}
		}
	}
	if len(r.Progress.Bytes) != len(r.Progress.Time) {
		return fmt.Errorf("trial: progress has %d times and %d counts", len(r.Progress.Time), len(r.Progress.Bytes))
	}
	return nil
}

// Validate names the first value that no cell can have.
func (c Cell) Validate() error {
	switch {
	case c.Peer == "":
		return fmt.Errorf("trial: no peer")
	case c.Direction != Put && c.Direction != Get:
		return fmt.Errorf("trial: direction %q: want %q or %q", c.Direction, Put, Get)
	case c.Path != Emulated && c.Path != Loopback && c.Path != Network:
		return fmt.Errorf("trial: path %q: want %q, %q or %q", c.Path, Emulated, Loopback, Network)
	case c.Streams < 0 || c.Files < 0:
		return fmt.Errorf("trial: %d streams, %d files", c.Streams, c.Files)
	case !(c.Loss >= 0 && c.Loss <= 1):
		return fmt.Errorf("trial: loss of %v: want a probability, 0 to 1", c.Loss)
	}
	for _, figure := range []struct {
		name  string
		value float64
	}{
		{"version", float64(c.Version)},
		{"window_bytes", float64(c.Window)},
		{"bytes_asked", float64(c.Bytes)},
		{"duration_s", c.Duration},
		{"rtt_s", c.RTT},
		{"jitter_s", c.Jitter},
		{"rate_bps", float64(c.Rate)},
		{"queue_bytes", float64(c.Queue)},
	} {
		if err := figureError(figure.name, figure.value); err != nil {
			return err
		}
	}
	return nil
}

func figureError(name string, value float64) error {
	if value >= 0 && !math.IsInf(value, 1) {
		return nil
	}
	return fmt.Errorf("trial: %s of %v: want 0 or more", name, value)
}

func (s Series) validate() error {
	for _, column := range []struct {
		name string
		len  int
	}{
		{"cwnd_bytes", len(s.Cwnd)},
		{"rtt_s", len(s.RTT)},
		{"delivery_bps", len(s.Delivery)},
		{"acked_bytes", len(s.Acked)},
		{"received_bytes", len(s.Received)},
		{"retrans_segments", len(s.Retrans)},
		{"busy_s", len(s.Busy)},
		{"rwnd_limited_s", len(s.RwndLimited)},
		{"sndbuf_limited_s", len(s.SndbufLimited)},
	} {
		if column.len != len(s.Time) {
			return fmt.Errorf("trial: the series of port %d has %d times and %d of %s", s.LocalPort, len(s.Time), column.len, column.name)
		}
	}
	return nil
}
