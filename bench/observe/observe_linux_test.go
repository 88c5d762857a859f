package observe

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bbftp/bench/trial"
)

// pass sends so many bytes and waits until they have all arrived.
func pass(t testing.TB, from, to net.Conn, bytes int64) {
	t.Helper()
	sent := make(chan error, 1)
	go func() {
		chunk := make([]byte, 64<<10)
		for left := bytes; left > 0; {
			n, err := from.Write(chunk[:min(left, int64(len(chunk)))])
			if left -= int64(n); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	if _, err := io.CopyN(io.Discard, to, bytes); err != nil {
		t.Fatal(err)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}

// TestTwoHosts watches both ends of a path, in both directions.
func TestTwoHosts(t *testing.T) {
	client, server := newRoom(t), newRoom(t)
	_, address := joinRooms(t, client, server)
	for _, put := range []bool{true, false} {
		before, beforeServer := connect(t, client, server, address+":0")
		o, err := open(Options{Client: client, Server: server, Put: put})
		if err != nil {
			t.Fatal(err)
		}
		control, controlServer := connect(t, client, server, address+":0")
		pass(t, control, controlServer, 900)
		pass(t, controlServer, control, 900)
		pass(t, before, beforeServer, 1<<20)
		var ports []int
		const payload = 3 << 20
		for range 2 {
			a, b := connect(t, client, server, address+":0")
			ports = append(ports, a.LocalAddr().(*net.TCPAddr).Port)
			seen := len(ports)
			sampleUntil(t, "the connection is sampled", o, func() bool { return len(o.hosts[0].connections) > seen && len(o.hosts[1].connections) > seen })
			if put {
				pass(t, a, b, payload)
			} else {
				pass(t, b, a, payload)
			}
		}
		ends := o.hosts // the sender's, the receiver's
		if !put {
			ends = []*namespace{o.hosts[1], o.hosts[0]}
		}
		sampleUntil(t, "all is acknowledged", o, func() bool { return acknowledged(ends[0], payload) == len(ports) })
		got := o.end()
		sender, receiver := "local", "remote"
		if !put {
			sender, receiver = receiver, sender
		}
		checkSeries(t, fmt.Sprintf("put %v: sender", put), got.Sender, sender, ports, func(s trial.Series) int64 { return s.Acked[len(s.Acked)-1] }, payload)
		checkSeries(t, fmt.Sprintf("put %v: receiver", put), got.Receiver, receiver, ports, func(s trial.Series) int64 { return s.Received[len(s.Received)-1] }, payload)
		if last := got.Progress.Bytes[len(got.Progress.Bytes)-1]; last != 2*payload+900 {
			t.Errorf("put %v: progress ends at %d, want %d", put, last, 2*payload+900)
		}
		if len(got.Warnings) > 0 || got.Retransmits < 0 {
			t.Errorf("put %v: warnings %q, %d retransmits", put, got.Warnings, got.Retransmits)
		}
	}
}

// acknowledged is how many connections of a sender's host were told that so many
// bytes arrived: the receiver's kernel may take longer for it than its program.
func acknowledged(n *namespace, bytes int64) (count int) {
	for _, c := range n.connections {
		if c.last().acked >= bytes {
			count++
		}
	}
	return count
}

// patience is how long what must come may take on a busy machine.
const patience = 30 * time.Second

// sampleUntil takes samples until one of them shows what must come.
func sampleUntil(t testing.TB, what string, o *Observer, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		for _, n := range o.hosts {
			n.nextWalk = time.Time{}
		}
		if o.tick(); holds() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v still not so: %s", patience, what)
		}
	}
}

func checkSeries(t *testing.T, who string, series []trial.Series, end string, ports []int, total func(trial.Series) int64, want int64) {
	t.Helper()
	var got []int
	for _, s := range series {
		port := s.LocalPort
		if end == "remote" {
			port = s.RemotePort
		}
		got = append(got, port)
		// The acknowledgement of SYN counts as one byte.
		if n := total(s); n != want && n != want+1 {
			t.Errorf("%s: %d bytes, want %d", who, n, want)
		}
		if !slices.IsSorted(s.Time) || len(s.Time) > maxSeries+1 {
			t.Errorf("%s: %d times, sorted %v", who, len(s.Time), slices.IsSorted(s.Time))
		}
		for name, n := range map[string]int{
			"cwnd": len(s.Cwnd), "rtt": len(s.RTT), "delivery": len(s.Delivery), "acked": len(s.Acked), "received": len(s.Received),
			"retrans": len(s.Retrans), "busy": len(s.Busy), "rwnd": len(s.RwndLimited), "sndbuf": len(s.SndbufLimited),
		} {
			if n != len(s.Time) {
				t.Errorf("%s: %d times, %d of %s", who, len(s.Time), n, name)
			}
		}
		if last := len(s.Time) - 1; s.Cwnd[last] < 1000 || s.RTT[last] <= 0 {
			t.Errorf("%s: cwnd %d, rtt %v", who, s.Cwnd[last], s.RTT[last])
		}
	}
	slices.Sort(got)
	ports = slices.Clone(ports)
	slices.Sort(ports)
	if !slices.Equal(got, ports) {
		t.Errorf("%s: ports %v, want %v", who, got, ports)
	}
}

// TestOneNamespace has both ends in one place: each connection counts once at
// either end. A connection of IPv6 is seen as well.
func TestOneNamespace(t *testing.T) {
	here := newRoom(t)
	o, err := open(Options{Client: here, Server: here})
	if err != nil {
		t.Fatal(err)
	}
	if len(o.hosts) != 1 {
		t.Fatalf("%d namespaces, want 1", len(o.hosts))
	}
	// The listener at [::] makes the accepted end one of IPv6 with mapped
	// addresses.
	client, server := connect(t, here, here, ":0")
	sampleUntil(t, "both ends are sampled", o, func() bool { return len(o.hosts[0].connections) == 2 })
	pass(t, server, client, 1<<20)
	got := o.end()
	port := server.LocalAddr().(*net.TCPAddr).Port
	if len(got.Sender) != 1 || got.Sender[0].LocalPort != port || len(got.Receiver) != 1 || got.Receiver[0].RemotePort != port {
		t.Errorf("senders %v, receivers %v", got.Sender, got.Receiver)
	}
	if n := len(got.Progress.Bytes); got.Progress.Bytes[n-1] != 1<<20 {
		t.Errorf("progress ends at %d", got.Progress.Bytes[n-1])
	}
}

// TestOneEnd is a network path: only our end is there to look at.
func TestOneEnd(t *testing.T) {
	here, there := newRoom(t), newRoom(t)
	_, address := joinRooms(t, here, there)
	for _, put := range []bool{true, false} {
		o, err := open(Options{Client: here, Put: put})
		if err != nil {
			t.Fatal(err)
		}
		client, server := connect(t, here, there, address+":0")
		sampleUntil(t, "the connection is sampled", o, func() bool { return len(o.hosts[0].connections) == 1 })
		ends, want := []int{0, 1}, client
		if put {
			ends = []int{1, 0}
			pass(t, client, server, 1<<20)
			sampleUntil(t, "all is acknowledged", o, func() bool { return acknowledged(o.hosts[0], 1<<20) == 1 })
		} else {
			pass(t, server, client, 1<<20)
		}
		got := o.end()
		if len(got.Sender) != ends[0] || len(got.Receiver) != ends[1] {
			t.Errorf("put %v: %d senders, %d receivers (of %v)", put, len(got.Sender), len(got.Receiver), want.LocalAddr())
		}
		if n := len(got.Progress.Bytes); got.Progress.Bytes[n-1]>>20 != 1 {
			t.Errorf("put %v: progress ends at %d", put, got.Progress.Bytes[n-1])
		}
	}
}

// TestClosedConnection keeps what a connection had before it went.
func TestClosedConnection(t *testing.T) {
	here := newRoom(t)
	o, err := open(Options{Client: here, Server: here, Counters: func() int64 { return 7 }})
	if err != nil {
		t.Fatal(err)
	}
	client, server := connect(t, here, here, "127.0.0.1:0")
	pass(t, client, server, 1<<20)
	sampleUntil(t, "all its bytes are in a sample", o, func() bool {
		return slices.ContainsFunc(o.hosts[0].connections, func(c *connection) bool { return c.last().acked >= 1<<20 })
	})
	client.Close()
	server.Close()
	sampleUntil(t, "the end of it is seen", o, func() bool { return len(o.hosts[0].open) == 0 })
	got := o.end()
	if len(got.Sender) != 1 || got.Sender[0].Acked[len(got.Sender[0].Acked)-1] < 1<<20 {
		t.Errorf("senders %+v", got.Sender)
	}
	if p := got.Progress; len(p.Bytes) > 2 || p.Bytes[0] != 7 {
		t.Errorf("progress of an idle link: %v", p)
	}
}

// TestWithoutDiag goes on without sockets when the kernel tells no more.
func TestWithoutDiag(t *testing.T) {
	// Not on the machine itself, where others open connections.
	o, err := open(Options{Client: newRoom(t)})
	if err != nil {
		t.Fatal(err)
	}
	o.hosts[0].close()
	o.hosts[0].diag = &diag{socket: -1}
	o.hosts[0].nextWalk = time.Time{}
	got := o.end()
	if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "samples of connections end early") || len(got.Sender)+len(got.Receiver) > 0 {
		t.Errorf("%+v", got)
	}
}

// BenchmarkTick samples both ends of 25 connections in two namespaces.
func BenchmarkTick(b *testing.B) {
	client, server := newRoom(b), newRoom(b)
	_, address := joinRooms(b, client, server)
	o := &Observer{options: Options{Client: client, Server: server, Interval: defaultInterval}, interval: defaultInterval, origin: time.Now()}
	if err := o.enter(); err != nil {
		b.Fatal(err)
	}
	defer o.leave()
	for range 25 {
		connect(b, client, server, address+":0")
	}
	b.ReportAllocs()
	for _, walk := range []bool{true, false} {
		b.Run(fmt.Sprintf("walk=%v", walk), func(b *testing.B) {
			for b.Loop() {
				for _, n := range o.hosts {
					n.nextWalk = time.Time{}
					if !walk {
						n.nextWalk = time.Now().Add(time.Hour)
					}
				}
				o.tick()
			}
			if n := len(o.hosts[0].open); n != 25 {
				b.Fatalf("%d connections", n)
			}
		})
	}
}

// BenchmarkWatch gives the CPU time of watching 25 idle connections from both
// ends, as a share of one core.
func BenchmarkWatch(b *testing.B) {
	client, server := newRoom(b), newRoom(b)
	_, address := joinRooms(b, client, server)
	o, err := Start(Options{Client: client, Server: server, Counters: func() int64 { return 0 }})
	if err != nil {
		b.Fatal(err)
	}
	for range 25 {
		connect(b, client, server, address+":0")
	}
	spent := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before, began := spent(), time.Now()
	for b.Loop() {
		time.Sleep(100 * time.Millisecond)
	}
	b.ReportMetric(100*float64(spent()-before)/float64(time.Since(began)), "%core")
	o.Stop()
}
