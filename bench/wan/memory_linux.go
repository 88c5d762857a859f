package wan

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// newRing maps the memory for what one direction can have on its way. The
// frames' is backed at once and with large pages: a page fault in the middle of
// a packet would be a stall of the link.
func newRing(d Direction) (*ring, error) {
	bytes, pieces := ringSize(d)
	var system unix.Sysinfo_t
	if err := unix.Sysinfo(&system); err != nil {
		return nil, fmt.Errorf("wan: size of memory: %w", err)
	}
	if memory := int64(system.Totalram) * int64(system.Unit); bytes > memory/4 {
		return nil, fmt.Errorf("wan: a link of %d bit/s, %v and a queue of %d bytes has up to %d MB on its way, more than a quarter of this machine's %d MB",
			d.Rate, d.Delay+d.Jitter, d.Queue, bytes>>20, memory>>20)
	}
	frames, err := mapMemory(bytes)
	if err != nil {
		return nil, err
	}
	// Both are advice: without it the link is slower at first.
	_ = unix.Madvise(frames, unix.MADV_HUGEPAGE)
	_ = unix.Madvise(frames, unix.MADV_POPULATE_WRITE)
	table, err := mapMemory(pieces * int64(unsafe.Sizeof(piece{})))
	if err != nil {
		_ = unix.Munmap(frames)
		return nil, err
	}
	return &ring{frames: frames, pieces: unsafe.Slice((*piece)(unsafe.Pointer(&table[0])), pieces)}, nil
}

func mapMemory(size int64) ([]byte, error) {
	b, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("wan: map %d MB for the packets on their way: %w", size>>20, err)
	}
	return b, nil
}

// free unmaps the ring. Nobody may use it any more.
func (r *ring) free() {
	table := unsafe.Slice((*byte)(unsafe.Pointer(&r.pieces[0])), len(r.pieces)*int(unsafe.Sizeof(piece{})))
	_ = unix.Munmap(r.frames)
	_ = unix.Munmap(table)
	r.frames, r.pieces = nil, nil
}
