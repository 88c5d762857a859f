package wan

import (
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// socketDevice is a device made of a pair of sockets that keep packets apart;
// the test is the host at the other end of it.
func socketDevice(t testing.TB, name string) (d *device, host int) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.Close(pair[0])
		unix.Close(pair[1])
	})
	return &device{fd: pair[0], name: name, lost: func() (int64, error) { return 0, nil }}, pair[1]
}

// testLink is a running link between two such hosts.
func testLink(t *testing.T, d Direction) (l *link, sender, receiver int, stop func()) {
	from, sender := socketDevice(t, "from")
	to, receiver := socketDevice(t, "to")
	l, err := newLink(from, to, d, 1)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- l.run() }()
	stop = sync.OnceFunc(func() {
		l.stop()
		l.stop()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Fatal("the link does not stop")
		}
	})
	t.Cleanup(func() {
		stop()
		l.close()
	})
	return l, sender, receiver, stop
}

// sendAll sends a frame n times, unless the host is closed meanwhile.
func sendAll(fd int, frame []byte, n int) {
	for n > 0 {
		switch _, err := unix.Write(fd, frame); err {
		case nil:
			n--
		case unix.EAGAIN, unix.EINTR:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 1000)
		default:
			return
		}
	}
}

// receive waits for one frame.
func receive(t testing.TB, fd int) []byte {
	t.Helper()
	b := make([]byte, maxFrame)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 1000)
		n, err := unix.Read(fd, b)
		if err == nil {
			return b[:n]
		}
		if err != unix.EAGAIN && err != unix.EINTR {
			t.Fatal(err)
		}
	}
	t.Fatalf("nothing came for %v", patience)
	return nil
}

func TestLinkCarries(t *testing.T) {
	for _, d := range []Direction{
		{},
		{Delay: 2 * time.Millisecond},
		{Rate: 100e6, Delay: 2 * time.Millisecond, Queue: 1 << 20},
		{Rate: 10e9, Jitter: time.Millisecond, Queue: 1 << 20},
	} {
		l, sender, receiver, stop := testLink(t, d)
		const frames, payload = 20, 30_000
		var sent, got []byte
		begin := time.Now()
		go sendAll(sender, super(false, 0, 1448, payload), frames)
		for range frames {
			sent = append(sent, super(false, 0, 1448, payload)[virtioHeaderLen+52:]...)
		}
		for len(got) < len(sent) {
			f := receive(t, receiver)
			p, err := parse(f, 0)
			if err != nil {
				t.Fatal(err)
			}
			if p.count == 1 {
				p.payload = virtioHeaderLen + 52
			} else if n := binary.NativeEndian.Uint16(f[virtioHdrLen:]); n != 52 {
				t.Fatalf("hdr_len %d, want 52", n)
			}
			got = append(got, f[p.payload:]...)
		}
		if !slices.Equal(got, sent) {
			t.Errorf("%+v: what arrived is not what was sent", d)
		}
		if took := time.Since(begin); took < d.Delay {
			t.Errorf("%+v: took %v", d, took)
		}
		stop()
		r, _, _ := l.report()
		if r.PacketsIn != r.PacketsOut || r.BytesIn != r.BytesOut || r.PacketsIn != frames*(payload/1448+1) {
			t.Errorf("%+v: counted %+v", d, r.Counters)
		}
	}
}

func TestLinkStopsWhileNothingComes(t *testing.T) {
	_, _, _, stop := testLink(t, Direction{Rate: 1e6, Delay: time.Second})
	stop()
}

func TestLinkWaitsForTheReceivingDevice(t *testing.T) {
	l, sender, receiver, _ := testLink(t, Direction{Delay: time.Microsecond})
	const frames = 500 // the link has memory for them
	frame := super(false, 0, 1448, 1000)
	go sendAll(sender, frame, frames)
	// Until the link has taken all, nobody reads at the other end.
	eventually(t, "the link takes all packets", func() bool { return l.counters().PacketsIn == frames })
	for range frames {
		receive(t, receiver)
	}
	eventually(t, "all are counted", func() bool { return l.counters().PacketsOut == frames })
}

func TestLinkRefusesTooMuchMemory(t *testing.T) {
	from, _ := socketDevice(t, "from")
	to, _ := socketDevice(t, "to")
	if _, err := newLink(from, to, Direction{Rate: MaxRate, Delay: MaxDelay}, 1); err == nil {
		t.Error("a link with 1.25 TB on its way was made")
	}
	to.header = make([]byte, 14)
	if _, err := newLink(from, to, Direction{}, 1); err == nil {
		t.Error("devices of different kinds were joined")
	}
}

// A garbage collection stops the link's thread for longer than a packet takes.
func TestLinkAllocatesNothing(t *testing.T) {
	from, sender := socketDevice(t, "from")
	to, receiver := socketDevice(t, "to")
	l, err := newLink(from, to, Direction{Rate: 100e6, Queue: 1 << 20, Loss: 0.01, Jitter: time.Microsecond}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	l.begin = time.Now()
	frame, sink := super(false, 0, 1448, 20_000), make([]byte, maxFrame)
	allocated := testing.AllocsPerRun(200, func() {
		if _, err := unix.Write(sender, frame); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the sleep for the packets due, and what it leaves
			if _, err := l.read(); err != nil {
				t.Fatal(err)
			}
			for {
				if more, err := l.deliver(); err != nil {
					t.Fatal(err)
				} else if !more && l.oldest() == nil {
					break
				}
				if err := l.sleep(); err != nil {
					t.Fatal(err)
				}
			}
		}
		for {
			if _, err := unix.Read(receiver, sink); err != nil {
				break
			}
		}
	})
	if allocated > 0 {
		t.Errorf("%v allocations a packet", allocated)
	}
}

func TestFaults(t *testing.T) {
	slow := func(w *watch) { w.delivered(int64(50*time.Millisecond), 1000) }
	for _, test := range []struct {
		name string
		way  Direction
		do   func(*watch)
		r    DirectionReport
		want int
	}{
		{"faithful", Direction{Delay: time.Millisecond}, func(w *watch) { w.delivered(1e5, 1000) }, DirectionReport{}, 0},
		{"late", Direction{Delay: time.Millisecond}, slow, DirectionReport{}, 1},
		{"late, but little for so long a path", Direction{Delay: 2 * time.Second}, slow, DirectionReport{}, 0},
		{"straight through there is no due time", Direction{}, slow, DirectionReport{}, 0},
		{"read late", Direction{Delay: time.Millisecond}, func(w *watch) { w.took(int64(time.Second), 5) }, DirectionReport{}, 1},
		{"lost at the device", Direction{}, func(*watch) {}, DirectionReport{Counters: Counters{LostDevice: 1}}, 1},
		{"refused", Direction{}, func(w *watch) { w.failed = unix.ENOMEM }, DirectionReport{Counters: Counters{LostRefused: 1}}, 1},
		{"no memory", Direction{Delay: 1}, func(w *watch) { w.full(0) }, DirectionReport{}, 1},
	} {
		w := &watch{way: test.way}
		test.do(w)
		if faults := w.faults(test.r); len(faults) != test.want {
			t.Errorf("%s: %q", test.name, faults)
		}
	}
}
