package wan

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// link carries the packets of one direction from one device to the other. One
// thread does all of it:
//
//	┌─► read all there is ──► deliver what is due ──► sleep until a packet comes, ─┐
//	│                                                 a piece is due, or stop      │
//	└──────────────────────────────────────────────────────────────────────────────┘
type link struct {
	*course
	from, to *device
	begin    time.Time // zero of the link's time
	wake     int       // eventfd: stop
	stopped  atomic.Bool
	watch    watch
	pace     pace
	burst    int
	cpu      time.Duration // of the thread, when it has ended
	stolen   time.Duration // of all processors, before it began

	// What system calls point to, here so that nothing is allocated for them.
	headers [maxHeader]byte
	vector  [2]unix.Iovec
	polls   [3]unix.PollFd
	timeout unix.Timespec
	blocked bool // the receiving device has no room for the oldest piece
}

// How many frames are read, and pieces delivered, before it is the other's turn.
// A host in slow start sends faster than any link delivers, and faster than the
// thread can do both; then what is due must not wait for all there is to read,
// and the frames wait in the device, as they would for a slower network card.
const (
	burstRead    = 64
	burstDeliver = 16
)

// newLink makes the link that takes packets from one device and hands them to
// the other. A queue of 0 is the default one of twice the delay.
func newLink(from, to *device, way Direction, seed uint64) (*link, error) {
	if len(from.header) != len(to.header) {
		return nil, fmt.Errorf("wan: devices %s and %s have different link-layer headers", from.name, to.name)
	}
	if way.Queue == 0 {
		way.Queue = DefaultQueue(way.Rate, 2*way.Delay)
	}
	r, err := newRing(way)
	if err != nil {
		return nil, err
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		r.free()
		return nil, fmt.Errorf("wan: eventfd: %w", err)
	}
	burst := burstRead
	if way.bound() == 0 {
		burst = 1 // straight through, while it is in the cache
	}
	reserveProcessor()
	return &link{
		course: newCourse(r, way, len(from.header), seed),
		from:   from, to: to,
		wake:  wake,
		watch: watch{way: way},
		burst: burst,

		stolen: stolen(),
	}, nil
}

// run carries packets until stop. It takes its goroutine's thread for good:
// call it as a goroutine of its own, the thread then ends with it.
func (l *link) run() error {
	runtime.LockOSThread()
	// Each makes wake-ups more punctual; without them the link's own judgement
	// says whether they were punctual enough.
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, -20) // of the thread
	// The shortest slice: a thread that asks for little at a time is let in
	// before one that asks for much (Linux 6.12).
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: -20, Runtime: 100e3}
	if unix.SchedSetAttr(0, &attr, 0) != nil {
		attr.Nice = 0
		_ = unix.SchedSetAttr(0, &attr, 0)
	}

	l.begin = time.Now()
	err := l.loop()

	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_THREAD, &used) == nil {
		l.cpu = time.Duration(used.Utime.Nano() + used.Stime.Nano())
	}
	return err
}

// now is the link's time: nanoseconds since run began.
func (l *link) now() int64 { return int64(time.Since(l.begin)) }

func (l *link) loop() error {
	for !l.stopped.Load() {
		more, err := l.read()
		if err != nil {
			return err
		}
		due, err := l.deliver()
		if err != nil {
			return err
		}
		if more || due {
			continue
		}
		if err := l.sleep(); err != nil {
			return err
		}
	}
	return nil
}

// read takes what packets there are, at most a burst, and reports whether there
// may be more.
func (l *link) read() (more bool, err error) {
	for range l.burst {
		room := l.room()
		if room == nil {
			l.watch.full(l.now())
			return false, nil
		}
		n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(l.from.fd), uintptr(unsafe.Pointer(&room[0])), uintptr(len(room)))
		now := l.now()
		switch errno {
		case 0:
		case unix.EAGAIN:
			l.watch.looked(now)
			return false, nil
		case unix.EINTR, unix.ENETDOWN: // a packet socket says once that its device went down
			continue
		case unix.EINVAL: // an offload that the kernel can't describe (UDP's before Linux 6.2); it took the packet away
			l.watch.strange++
			l.tally.packetsIn.Add(1)
			l.tally.refused.Add(1)
			continue
		default:
			return false, fmt.Errorf("wan: read from %s: %w", l.from.name, errno)
		}
		if n == 0 {
			return false, fmt.Errorf("wan: read from %s: device is gone", l.from.name)
		}
		packets, err := l.accept(now-l.pace.awoken(), room[:n])
		if errors.Is(err, errOffload) {
			l.watch.strange++
		}
		l.watch.took(now, int64(packets))
		l.pace.count(now)
	}
	return true, nil
}

// sleep waits until there is something to do.
func (l *link) sleep() error {
	until := int64(math.MaxInt64)
	if p := l.oldest(); p != nil && !l.blocked {
		until = p.due
	}
	now := l.now()
	wait, listen := l.pace.sleep(now, until)
	if wait <= 0 {
		return nil
	}
	// A negative descriptor is not looked at.
	l.polls[0] = unix.PollFd{Fd: int32(l.wake), Events: unix.POLLIN}
	l.polls[1] = unix.PollFd{Fd: -1, Events: unix.POLLIN}
	l.polls[2] = unix.PollFd{Fd: -1, Events: unix.POLLOUT}
	if listen && l.room() != nil {
		l.polls[1].Fd = int32(l.from.fd)
	}
	if l.blocked {
		l.polls[2].Fd = int32(l.to.fd)
	}
	l.timeout = unix.NsecToTimespec(wait)
	n, err := unix.Ppoll(l.polls[:], &l.timeout, nil)
	if err != nil && err != unix.EINTR {
		return fmt.Errorf("wan: wait for packets of %s: %w", l.from.name, err)
	}
	woken := l.now()
	if err == nil {
		l.pace.woken(now, wait, woken, n > 0)
	}
	if listen {
		// A packet that woke the link came now; one that did not may have
		// come when the link should have woken.
		l.watch.looked(min(woken, now+wait))
	}
	return nil
}

// stop ends run, soon. It may be called more than once, until close.
func (l *link) stop() {
	l.stopped.Store(true)
	one := [8]byte{1, 1, 1, 1, 1, 1, 1, 1}
	_, _ = unix.Write(l.wake, one[:])
}

// report is what became of the direction, and what was wrong with it. run must
// have returned.
func (l *link) report() (r DirectionReport, faults []string, cpu time.Duration) {
	r.Counters = l.counters()
	if l.from.lost != nil {
		lost, err := l.from.lost()
		if err != nil {
			faults = append(faults, fmt.Sprintf("it is not known how many packets %s lost: %v", l.from.name, err))
		}
		r.LostDevice = lost
	}
	r.Lateness = l.watch.late.lateness()
	l.watch.stolen = stolen() - l.stolen
	return r, append(faults, l.watch.faults(r)...), l.cpu
}

// close frees what the link holds; the devices are not its own. run must have
// returned, and nothing else be called afterwards.
func (l *link) close() {
	l.ring.free()
	_ = unix.Close(l.wake)
	releaseProcessor()
}
