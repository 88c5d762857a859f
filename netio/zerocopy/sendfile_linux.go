package zerocopy

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// sendfileChunk bounds one sendfile call. With a peer that keeps up, a call
// lasts until its length is sent, and meanwhile neither counters nor the
// caller's Close can take effect.
const sendfileChunk = 4 << 20

// sendfile sends n bytes of src from off inside the kernel. handled is false
// if this file cannot be sent that way; then nothing has happened.
func (k *carrier) sendfile(dst *net.TCPConn, src *os.File, off, n int64) (done int64, handled bool, err error) {
	conn, err := dst.SyscallConn()
	if err != nil {
		return 0, true, err
	}
	file, err := src.SyscallConn()
	if err != nil {
		return 0, true, err
	}
	// Control keeps the descriptor from being reused under us if the caller
	// closes src, and unlike Fd leaves its mode alone.
	ctlErr := file.Control(func(in uintptr) {
		for done < n {
			var sent int64
			sent, err = k.sendfileOnce(conn, int(in), off+done, k.piece(min(n-done, sendfileChunk)))
			done += sent
			k.c.Sendfile.Add(sent)
			if err == nil && sent == 0 {
				err = ErrShortSource
			}
			if err == nil {
				err = k.moved(sent)
			}
			if err != nil {
				return
			}
		}
	})
	switch {
	case ctlErr != nil:
		return done, true, ctlErr
	case done == 0 && refused(err):
		k.refusedNow(src, bySendfile, err)
		return 0, false, nil
	}
	return done, true, err
}

// sendfileOnce waits until the connection takes at least a byte. 0 without an
// error is the end of the file.
func (k *carrier) sendfileOnce(conn syscall.RawConn, in int, off, limit int64) (int64, error) {
	var n int
	err := k.await(conn.Write, func(out uintptr) (err error) {
		k.timed(limit, 0, func() {
			n, err = retry(func() (int, error) {
				at := off
				return unix.Sendfile(int(out), in, &at, int(limit))
			})
		})
		return err
	})
	return int64(n), named("sendfile", err)
}
