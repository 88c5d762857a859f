package transfer

import (
	"net"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"bbftp/engine/wire"
)

// TestZeroCopy proves that raw payload stays in the kernel on both sides, the
// tail that is held back included.
func TestZeroCopy(t *testing.T) {
	const size = 1<<20 + 7
	out, in := move(t, new(Engine), new(Engine), 3, newFile(t, noise(size)), newFile(t, nil), size, Options{})
	if out != (Paths{Sendfile: size}) {
		t.Errorf("sender: %+v, want all by sendfile", out)
	}
	if in != (Paths{Splice: size}) {
		t.Errorf("receiver: %+v, want all by splice", in)
	}
}

// TestOneWritePerBlock counts segments. On an idle connection with
// TCP_NODELAY, which Go sets, what is written leaves at once: a header written
// by itself would be a segment by itself.
func TestOneWritePerBlock(t *testing.T) {
	const blocks = 20
	near, far := connect(t, 1)
	unpaced(t, near[0])
	content := noise(100)
	out := newBlockWriter(near[0], Options{Idle: time.Minute}, new(Counters))
	for i := range uint32(blocks) {
		if err := out.write(wire.BlockHeader{Len: int32(len(content))}, content); err != nil {
			t.Fatal(err)
		}
		if _, err := readBlocks(far[0], len(content)); err != nil {
			t.Fatal(err)
		}
		if got := segmentsOut(t, near[0]); got != i+1 {
			t.Fatalf("%d segments for %d blocks", got, i+1)
		}
	}
}

// unpaced takes the congestion control every kernel has: those that pace, bbr
// for one, may hold a small segment back and join it with the next.
func unpaced(t *testing.T, conn *net.TCPConn) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if e := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno")
	}); e != nil || err != nil {
		t.Fatal(e, err)
	}
}

// segmentsOut is how many segments with data the socket has sent, not counting
// those that it sent again to a machine that stood still.
func segmentsOut(t *testing.T, conn *net.TCPConn) uint32 {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var info *unix.TCPInfo
	if e := raw.Control(func(fd uintptr) {
		info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	}); e != nil || err != nil {
		t.Fatal(e, err)
	}
	return info.Data_segs_out - info.Total_retrans
}

// TestMemory bounds what ten streams take. All that is ever allocated, by both
// sides together, is more than either has at any time; so the bounds of one
// side hold if this does.
func TestMemory(t *testing.T) {
	const (
		MiB  = 1 << 20
		size = 64 * MiB
	)
	src := newFile(t, noise(size))
	for _, tt := range []struct {
		name  string
		o     Options
		limit uint64
	}{
		{"raw", Options{}, 64 * MiB},
		{"blocks", Options{Blocks: true}, 128 * MiB},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dst := newFile(t, nil)
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			move(t, new(Engine), new(Engine), 10, src, dst, size, tt.o)
			runtime.ReadMemStats(&after)
			took := after.TotalAlloc - before.TotalAlloc
			t.Logf("%.1f MiB for %d MiB over 10 streams, both sides", float64(took)/MiB, size/MiB)
			if took > tt.limit {
				t.Errorf("%d bytes allocated, limit %d", took, tt.limit)
			}
		})
	}
}
