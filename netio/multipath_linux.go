package netio

import (
	"errors"

	"golang.org/x/sys/unix"
)

// mptcpInfo is MPTCP_INFO of linux/mptcp.h.
const mptcpInfo = 1

// multipath tells whether a connection uses Multipath TCP, or a listener offers
// it. A socket made for it goes on as plain TCP where the peer or the path does
// not take part, and then has no MPTCP_INFO; nor has any before Linux 5.16.
func multipath(fd int) bool {
	proto, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil || proto != unix.IPPROTO_MPTCP {
		return false
	}
	_, err = unix.GetsockoptInt(fd, unix.SOL_MPTCP, mptcpInfo)
	return err == nil
}

// notForMultipath tells whether a Multipath TCP socket does not have an option
// that TCP has.
func notForMultipath(err error) bool {
	return errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOPROTOOPT)
}
