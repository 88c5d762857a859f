package selfcheck

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// task is what a worker is told, as its argument.
type task struct {
	Role   role
	Listen netip.Addr     // of those that wait to be sent to
	Target netip.AddrPort // of those that send

	Streams      int           // sink, bulk
	InFlight     int64         // bulk: bytes of each stream under way at most; 0: any
	Pause        time.Duration // bulk: when so many are, how long to wait; sink: between reads
	Skip, Window time.Duration // sink: what to leave out, what to count
	Packets      int64         // probe, flood (0: until told to stop)
	Interval     time.Duration // probe: between packets
	Rate         int64         // flood: bit/s of IP packets
}

// role is what a worker does.
type role string

const (
	sink  role = "sink"  // counts the bytes of TCP streams
	bulk  role = "bulk"  // sends as many as go through until the sink hangs up
	echo  role = "echo"  // returns UDP packets until told to stop
	probe role = "probe" // measures round trips to an echo
	count role = "count" // counts UDP packets until told to stop and none waits
	flood role = "flood" // sends UDP packets of wan.MTU at a rate
)

// ready is a worker's first line: it can be sent to.
type ready struct{ Port uint16 }

// done is its second and last one.
type done struct {
	Bytes int64         // sink: in Span
	Span  time.Duration // sink

	Trips []time.Duration // probe: sorted
	Lost  int             // probe: echoes that did not come

	Sent       int64 // flood, probe: packets
	Received   int64 // count: packets
	Overflowed int64 // count: packets its own socket had no room for
	Disordered int64 // count: packets that came after a later one
}

// Work is one worker's life. arg is a task; stdin ends when the worker is to
// stop. The process has to end soon after: threads stay behind in system calls.
func Work(arg string, stdin io.Reader, stdout io.Writer) error {
	var t task
	if err := json.Unmarshal([]byte(arg), &t); err != nil {
		return fmt.Errorf("self-check worker: %w", err)
	}
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		close(stop)
	}()
	out := json.NewEncoder(stdout)
	result, err := t.work(stop, func(port uint16) error { return out.Encode(ready{port}) })
	if err != nil {
		return fmt.Errorf("self-check %s: %w", t.Role, err)
	}
	return out.Encode(result)
}
