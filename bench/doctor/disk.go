package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"
	"unsafe"
)

const (
	mostWritten = 2 << 30         // bytes of the test file
	longest     = 3 * time.Second // for either way
	chunk       = 4 << 20         // bytes per call
	sector      = 4096            // what direct reads want to be aligned to
)

// MeasureDisk writes a file in a directory, of 2 GiB or for 3 s, whichever is
// less, waits until it is on the medium, reads it past the cache, and removes
// it. It takes at most a tenth of the room that is free.
func MeasureDisk(ctx context.Context, dir string) (d Disk, err error) {
	room, err := free(dir)
	if err != nil {
		return d, fmt.Errorf("measure the disk: %w", err)
	}
	most := min(room/10, mostWritten) / chunk * chunk
	if most == 0 {
		return d, fmt.Errorf("measure the disk: %s has room for %s only", dir, size(room))
	}
	f, err := os.CreateTemp(dir, ".bbbench-doctor-*")
	if err != nil {
		return d, fmt.Errorf("measure the disk: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	block := alignedBlock()
	written, rate, err := write(ctx, f, block, most)
	cached := memoryOnly(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return d, fmt.Errorf("measure the disk: write: %w", err)
	}
	d = Disk{Dir: dir, Write: rate, Cached: cached}
	source, err := os.OpenFile(f.Name(), os.O_RDONLY|direct, 0)
	if err != nil || direct == 0 {
		// The file system has no direct reads.
		d.Cached = true
		if source, err = os.Open(f.Name()); err != nil {
			return d, fmt.Errorf("measure the disk: %w", err)
		}
	}
	defer source.Close()
	if d.Read, err = readBack(ctx, source, block, written); err != nil {
		return d, fmt.Errorf("measure the disk: read: %w", err)
	}
	return d, nil
}

// alignedBlock is random: some disks compress.
func alignedBlock() []byte {
	room := make([]byte, chunk+sector)
	skip := int(-uintptr(unsafe.Pointer(&room[0])) % sector)
	block := room[skip : skip+chunk]
	var seed [32]byte
	_, _ = rand.NewChaCha8(seed).Read(block) // has no errors
	return block
}

func write(ctx context.Context, f *os.File, block []byte, most int64) (written int64, rate float64, err error) {
	began := time.Now()
	for written < most && time.Since(began) < longest {
		if err := ctx.Err(); err != nil {
			return written, 0, err
		}
		n, err := f.Write(block)
		if written += int64(n); err != nil {
			return written, 0, err
		}
	}
	if err := f.Sync(); err != nil {
		return written, 0, err
	}
	return written, float64(written) / time.Since(began).Seconds(), nil
}

func readBack(ctx context.Context, f *os.File, block []byte, size int64) (rate float64, err error) {
	began := time.Now()
	var got int64
	for got < size && time.Since(began) < longest {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		n, err := io.ReadFull(f, block)
		if got += int64(n); err != nil {
			return 0, err
		}
	}
	return float64(got) / time.Since(began).Seconds(), nil
}
