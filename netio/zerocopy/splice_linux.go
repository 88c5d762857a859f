package zerocopy

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// splice receives n bytes inside the kernel and writes them to dst at off.
//
// handled is false if either side refuses to splice. Whether the file does is
// only known when data are on their way to it: those are then written by
// copying, so that the done bytes are complete and the caller goes on with
// the rest.
func (k *carrier) splice(dst *os.File, off int64, src *net.TCPConn, n int64) (done int64, handled bool, err error) {
	conn, err := src.SyscallConn()
	if err != nil {
		return 0, true, err
	}
	file, err := dst.SyscallConn()
	if err != nil {
		return 0, true, err
	}
	pipe, err := newPipe()
	if err != nil {
		// Out of descriptors or pipe memory: copying needs neither.
		k.c.because(fmt.Sprintf("no pipe: %v", err))
		return 0, false, nil
	}
	defer pipe.close()
	if pipe.size < minPipe {
		k.c.because(fmt.Sprintf("the system granted a pipe of %d bytes only", pipe.size))
		return 0, false, nil
	}

	handled = true
	// Control keeps the descriptor from being reused under us if the caller
	// closes dst.
	ctlErr := file.Control(func(fd uintptr) {
		for done < n && handled && err == nil {
			var filled, moved int64
			filled, err = k.fill(pipe, conn, k.piece(n-done))
			if done == 0 && refused(err) {
				k.c.because(fmt.Sprintf("the connection refuses splice: %v", err))
				handled, err = false, nil
				return
			}
			if err != nil {
				return
			}
			k.inTurn(filled, func() { moved, err = pipe.drain(int(fd), off+done, filled) })
			done += moved
			k.c.Splice.Add(moved)
			if refused(err) {
				k.refusedNow(dst, bySplice, err)
				handled = false
				moved, err = pipe.rescue(int(fd), off+done, filled-moved)
				done += moved
				k.c.Copied.Add(moved)
			}
			if err != nil {
				err = &os.PathError{Op: "write", Path: dst.Name(), Err: err}
				handled = true
				return
			}
			k.writeBehind(dst, off+done)
			err = k.moved(filled)
		}
	})
	if ctlErr != nil {
		return done, true, ctlErr
	}
	return done, handled || err != nil, err
}

// minPipe is the smallest pipe through which splicing measured cheaper than
// copying. A user without privilege gets 64 of the size wished for; further
// ones have two pages (pipe-user-pages-soft in pipe(7)), and cost twice as much
// as a copy.
const minPipe = 256 << 10

// pipe is the kernel buffer splice needs between a socket and a file. It is
// empty between two calls of fill; so fill never finds it full, and "try
// again" can only mean that the socket has nothing.
type pipe struct {
	r, w int
	size int64
}

func newPipe() (pipe, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return pipe{}, os.NewSyscallError("pipe2", err)
	}
	p := pipe{r: fds[0], w: fds[1]}
	// A process without privilege may get less, see "pipe-max-size" in pipe(7).
	size, err := unix.FcntlInt(uintptr(p.w), unix.F_SETPIPE_SZ, bufferSize)
	if err != nil {
		size, err = unix.FcntlInt(uintptr(p.w), unix.F_GETPIPE_SZ, 0)
	}
	if err != nil {
		p.close()
		return pipe{}, os.NewSyscallError("fcntl", err)
	}
	p.size = int64(size)
	return p, nil
}

func (p pipe) close() {
	_ = unix.Close(p.r)
	_ = unix.Close(p.w)
}

// fill waits for the peer's bytes and takes up to limit of them into p.
func (k *carrier) fill(p pipe, conn syscall.RawConn, limit int64) (n int64, err error) {
	err = k.await(conn.Read, func(in uintptr) error {
		var err error
		n, err = retry(func() (int64, error) {
			n, err := unix.Splice(int(in), nil, p.w, nil, int(min(limit, p.size)), unix.SPLICE_F_NONBLOCK)
			return int64(n), err
		})
		return err
	})
	if err == nil && n == 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, named("splice", err)
}

// drain moves the n bytes in the pipe to the file.
func (p pipe) drain(file int, off, n int64) (done int64, err error) {
	for done < n {
		m, err := retry(func() (int64, error) {
			at := off + done
			m, err := unix.Splice(p.r, nil, file, &at, int(n-done), 0)
			return int64(m), err
		})
		if err == nil && m == 0 {
			err = io.ErrShortWrite
		}
		if err != nil {
			return done, err
		}
		done += m
	}
	return done, nil
}

// rescue writes the n bytes left in the pipe by copying.
func (p pipe) rescue(file int, off, n int64) (done int64, err error) {
	buf := buffers.Get().(*[bufferSize]byte)
	defer buffers.Put(buf)
	for done < n {
		got, err := retry(func() (int, error) { return unix.Read(p.r, buf[:min(n-done, bufferSize)]) })
		if err == nil && got == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return done, err
		}
		written, err := pwrite(file, buf[:got], off+done)
		done += int64(written)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
