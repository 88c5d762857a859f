//go:build !linux

package zerocopy

import (
	"net"
	"os"
)

const notHere = "this system offers nothing else"

// sendfile is not offered here: Send copies.
func (k *carrier) sendfile(*net.TCPConn, *os.File, int64, int64) (done int64, handled bool, err error) {
	k.c.because(notHere)
	return 0, false, nil
}

// splice is not offered here: Receive copies.
func (k *carrier) splice(*os.File, int64, *net.TCPConn, int64) (done int64, handled bool, err error) {
	k.c.because(notHere)
	return 0, false, nil
}

// checkAppend leaves it to WriteAt to refuse append-only files.
func checkAppend(*os.File, int64) (appending bool, err error) { return false, nil }

func writeAt(f *os.File, b []byte, off int64) (int, error) { return f.WriteAt(b, off) }

// writeBehind leaves it to the system when to write.
func (k *carrier) writeBehind(*os.File, int64) {}

func device(*os.File) (id uint64, ok bool) { return 0, false }

func fileSystem(*os.File) string { return "unknown" }
