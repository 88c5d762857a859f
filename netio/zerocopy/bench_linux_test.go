package zerocopy

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// benchBytes is one iteration: long enough to outlast start-up, short enough
// that write-back to the disk stays out of the picture.
const benchBytes = 256 << 20

// BenchmarkSend measures the sender alone: the receiving kernel throws the
// bytes away without copying them.
func BenchmarkSend(b *testing.B) {
	for _, way := range []struct {
		name string
		by   Strategy
	}{{"sendfile", Kernel}, {"copy", Copy}} {
		for _, place := range benchPlaces() {
			for _, streams := range []int{1, 4} {
				b.Run(fmt.Sprintf("%s/%s/streams=%d", way.name, place.name, streams), func(b *testing.B) {
					src := fileIn(b, place.dir(b), noise(benchBytes))
					part := int64(benchBytes / streams)
					measure(b, benchBytes, func(*os.File) {
						overStreams(b, streams, func(i int, from *net.TCPConn) error {
							_, err := Send(from, src, int64(i)*part, part, Flow{By: way.by, Idle: time.Minute})
							return err
						}, func(_ int, to *net.TCPConn) error { return discard(to, part) })
					}, nil)
				})
			}
		}
	}
}

// BenchmarkReceive measures sendfile into each way of receiving. Destinations
// have their blocks or only their size; streams write in turn, but in "crowd".
func BenchmarkReceive(b *testing.B) {
	for _, way := range []struct {
		name string
		by   Strategy
		turn *sync.Mutex
	}{{"splice", Kernel, new(sync.Mutex)}, {"copy", Copy, new(sync.Mutex)}, {"crowd", Kernel, nil}} {
		for _, place := range benchPlaces() {
			for _, allocated := range []bool{true, false} {
				for _, streams := range []int{1, 4} {
					if way.turn == nil && streams == 1 {
						continue
					}
					kind := map[bool]string{true: "fallocate", false: "ftruncate"}[allocated]
					b.Run(fmt.Sprintf("%s/%s/%s/streams=%d", way.name, place.name, kind, streams), func(b *testing.B) {
						benchReceive(b, Flow{By: way.by, Turn: way.turn}, place.dir(b), allocated, streams)
					})
				}
			}
		}
	}
}

// BenchmarkReceiveDurable waits for the disk in the end, which write-behind has
// kept busy meanwhile.
func BenchmarkReceiveDurable(b *testing.B) {
	for _, behind := range []bool{true, false} {
		b.Run(fmt.Sprintf("writebehind=%v", behind), func(b *testing.B) {
			src, dir := fileIn(b, shm(b), noise(benchBytes)), b.TempDir()
			measure(b, benchBytes, func(dst *os.File) {
				once(b, src, dst, 1, Flow{WriteBehind: behind})
				if err := dst.Sync(); err != nil {
					b.Error(err)
				}
			}, func() *os.File { return destination(b, dir, true) })
		})
	}
}

// BenchmarkReceiveSparse looks for zeros, in a file without any and in one that
// is nothing else.
func BenchmarkReceiveSparse(b *testing.B) {
	for name, content := range map[string][]byte{"noise": noise(benchBytes), "zeros": make([]byte, benchBytes)} {
		b.Run(name, func(b *testing.B) {
			src, dir := fileIn(b, shm(b), content), b.TempDir()
			measure(b, benchBytes, func(dst *os.File) {
				once(b, src, dst, 1, Flow{Sparse: true})
			}, func() *os.File { return destination(b, dir, false) })
		})
	}
}

func benchReceive(b *testing.B, flow Flow, dir string, allocated bool, streams int) {
	src := fileIn(b, shm(b), noise(benchBytes))
	measure(b, benchBytes, func(dst *os.File) { once(b, src, dst, streams, flow) },
		func() *os.File { return destination(b, dir, allocated) })
}

// destination returns a fresh file of the size of src; the one before is gone.
func destination(b *testing.B, dir string, allocated bool) *os.File {
	b.Helper()
	name := filepath.Join(dir, "destination")
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		b.Fatal(err)
	}
	dst, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		b.Fatal(err)
	}
	if allocated {
		err = unix.Fallocate(int(dst.Fd()), 0, 0, benchBytes)
	} else {
		err = dst.Truncate(benchBytes)
	}
	if err != nil {
		b.Fatal(err)
	}
	return dst
}

// once moves src to dst.
func once(b *testing.B, src, dst *os.File, streams int, flow Flow) {
	part := int64(benchBytes / streams)
	flow.Idle = time.Minute
	overStreams(b, streams, func(i int, from *net.TCPConn) error {
		_, err := Send(from, src, int64(i)*part, part, Flow{Idle: time.Minute})
		return err
	}, func(i int, to *net.TCPConn) error {
		_, err := Receive(dst, int64(i)*part, to, part, flow)
		return err
	})
}

// BenchmarkReceiveSmall shows from which segment size the pipe pays.
func BenchmarkReceiveSmall(b *testing.B) {
	for _, way := range []struct {
		name string
		by   Strategy
	}{{"splice", Kernel}, {"copy", Copy}} {
		for _, size := range []int64{4 << 10, 64 << 10, 256 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%dKiB", way.name, size>>10), func(b *testing.B) {
				src := fileIn(b, shm(b), noise(int(size)))
				dst := fileOf(b, nil)
				from, to := benchPair(b)
				measure(b, size, func(*os.File) {
					if _, err := Send(from, src, 0, size, Flow{Idle: time.Minute}); err != nil {
						b.Error(err)
					}
					if _, err := Receive(dst, 0, to, size, Flow{By: way.by, Idle: time.Minute}); err != nil {
						b.Error(err)
					}
				}, nil)
			})
		}
	}
}

type benchPlace struct {
	name string
	dir  func(testing.TB) string
}

// benchPlaces are memory and the temporary directory, a disk on most systems.
func benchPlaces() []benchPlace {
	return []benchPlace{
		{"tmpfs", shm},
		{"disk", func(t testing.TB) string { return t.TempDir() }},
	}
}

func shm(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", filepath.Base(os.Args[0]))
	if err != nil {
		t.Skipf("no /dev/shm to write to: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// measure runs move once per iteration and reports MB/s and the CPU seconds
// both ends spent per GB. To make its file, if it needs one, is not counted.
func measure(b *testing.B, bytes int64, move func(*os.File), file func() *os.File) {
	b.SetBytes(bytes)
	var cpu time.Duration
	var f *os.File
	for b.Loop() {
		if file != nil {
			b.StopTimer()
			if f != nil {
				f.Close()
			}
			f = file()
			b.StartTimer()
		}
		before := cpuTime(b)
		move(f)
		cpu += cpuTime(b) - before
	}
	if f != nil {
		f.Close()
	}
	b.ReportMetric(cpu.Seconds()/(float64(bytes)*float64(b.N)/1e9), "cpu-s/GB")
}

func cpuTime(b *testing.B) time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// benchPair is connPair with a congestion control that does not pace: bbr, the
// default on some systems, is slower than loopback and would be measured
// instead. Every kernel has reno.
func benchPair(b *testing.B) (from, to *net.TCPConn) {
	from, to = connPair(b)
	raw, err := from.SyscallConn()
	if err != nil {
		b.Fatal(err)
	}
	ctlErr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno")
	})
	if err := errors.Join(ctlErr, err); err != nil {
		b.Fatal(err)
	}
	return from, to
}

// overStreams runs both ends of each stream over connections of its own.
func overStreams(b *testing.B, streams int, send func(i int, from *net.TCPConn) error, receive func(i int, to *net.TCPConn) error) {
	var wg sync.WaitGroup
	for i := range streams {
		from, to := benchPair(b)
		run := func(f func() error) {
			wg.Go(func() {
				if err := f(); err != nil {
					b.Error(err)
				}
			})
		}
		run(func() error { return send(i, from) })
		run(func() error { return receive(i, to) })
	}
	wg.Wait()
}

// discard takes n bytes off the connection without copying them (MSG_TRUNC,
// see tcp(7)).
func discard(conn *net.TCPConn, n int64) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	buf := make([]byte, bufferSize)
	for n > 0 {
		var got int
		waitErr := raw.Read(func(fd uintptr) bool {
			got, err = retry(func() (int, error) {
				got, _, err := unix.Recvfrom(int(fd), buf[:min(n, bufferSize)], unix.MSG_TRUNC)
				return got, err
			})
			return err != unix.EAGAIN
		})
		if waitErr != nil {
			return waitErr
		}
		if err != nil {
			return err
		}
		if got == 0 {
			return io.ErrUnexpectedEOF
		}
		n -= int64(got)
	}
	return nil
}
