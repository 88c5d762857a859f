package storage

import (
	"errors"
	"fmt"
	"os"
)

// takeRoom finds room for the file on its device, and gives it its size. What is
// not allocated then stays promised until the file has its name.
func (p *Pending) takeRoom(l Limits, device uint64) error {
	before, settle := l.Ledger.promise(device, p.file, p.new.Size)
	p.settle = settle
	memory, err := l.room(p.file, p.new.Size, before)
	if err != nil {
		return err
	}
	allocated, err := allocate(p.file, p.new.Size, p.new.Sparse || memory)
	if allocated {
		settle()
	}
	return err
}

// room refuses a file that leaves less than the reserve, or does not fit at all:
// a file system may give away its last block before it finds that out, and
// starve everybody else meanwhile. f tells the file system, promised what others
// will take of it. It also tells whether f is kept in memory.
func (l Limits) room(f *os.File, size int64, promised func() int64) (memory bool, err error) {
	s, err := space(f)
	if errors.Is(err, errors.ErrUnsupported) || (err == nil && s.Blocks == 0) {
		return s.Memory, nil // Not every file system can tell; the writes will.
	}
	if err != nil {
		return false, err
	}
	free, total := s.bytes(s.Available), s.bytes(s.Blocks)
	reserve := max(l.Reserve, 0)
	if l.Reserve == 0 {
		reserve = total / 100
	}
	others := promised()
	if size > free-reserve-others {
		return false, fmt.Errorf("%w: %d bytes, %d free, %d promised to others, %d in reserve", ErrNoSpace, size, free, others, reserve)
	}
	return s.Memory, nil
}

// allocate gives f its size, and where that pays its blocks: a full disk is then
// found before the transfer, and segments written in any order stay contiguous.
//
// A file in memory has nothing to be contiguous, and its pages would be cleared
// only to be overwritten: a quarter of a second for each GiB before the first
// byte may come. There a file system that others fill up meanwhile is found by the
// writes, like one that can't allocate.
func allocate(f *os.File, size int64, sparse bool) (allocated bool, err error) {
	if sparse {
		return false, f.Truncate(size)
	}
	err = preallocate(f, size)
	if errors.Is(err, errors.ErrUnsupported) {
		return false, f.Truncate(size)
	}
	return err == nil, err
}
