package telemetry

import (
	"time"

	"bbftp/netio/clock"
)

// machine is the idle time of the machine's processors, counted in ticks of
// 10 ms.
type machine struct {
	known, over bool
	idle, all   time.Duration // at begin; once over, since
}

// begin takes the first reading; later calls do nothing.
func (m *machine) begin() {
	if !m.known {
		m.idle, m.all, m.known = clock.Machine()
	}
}

func (m *machine) end() {
	if !m.known {
		return
	}
	idle, all, ok := clock.Machine()
	m.idle, m.all, m.over = idle-m.idle, all-m.all, ok
}

// share is the idle part, negative where it is not known or has too few ticks.
func (m *machine) share() float64 {
	const least = 100 * time.Millisecond
	if !m.over || m.all < least {
		return -1
	}
	return min(max(m.idle.Seconds()/m.all.Seconds(), 0), 1)
}
