//go:build !linux

package zerocopy

import (
	"net"
	"os"
)

// sendfile is not offered here: Send copies.
func sendfile(*net.TCPConn, *os.File, int64, int64, *patience, *Counters) (done int64, handled bool, err error) {
	return 0, false, nil
}

// splice is not offered here: Receive copies.
func splice(*os.File, int64, *net.TCPConn, int64, *patience, *Counters) (done int64, handled bool, err error) {
	return 0, false, nil
}

// checkAppend leaves it to WriteAt to refuse append-only files.
func checkAppend(*os.File, int64) error { return nil }

func writeAt(f *os.File, b []byte, off int64) (int, error) { return f.WriteAt(b, off) }
